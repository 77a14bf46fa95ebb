"""Password hashing with a memory cost that a burst of sign-ins survives (security.md §1)."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class ModestArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with 32 MiB and one lane; Django's default of 100 MiB and eight lanes exhausts memory under load."""

    time_cost = 3
    memory_cost = 32 * 1024
    parallelism = 1
