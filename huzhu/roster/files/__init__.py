"""
The pure half of the roster import: bytes → sheet → checked people and errors → workbooks. No database, no clock.
"""
