"""
Bank statements: from a file as the bank's corporate internet banking exports it to lines with an identity.

`layouts` says what each bank's table looks like, `reading` turns bytes into a `StatementFile` or refuses it by
name, `identity` makes importing again harmless, `writing` makes files as the banks do, for demos and tests.
"""
