"""The product's settings with a cheap password hash, for reading the processor time of pages.

One argon2 hash takes ten times as long as a page and is meant to; it is measured by itself and stands in the results.
"""

from motcua.config.settings import *  # noqa: F403

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
