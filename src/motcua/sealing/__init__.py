"""Keyed digests and sealed values: how a number is found, and kept, without standing anywhere in clear.

Knows no model and no page. Keys are derived from ``SECRET_KEY``, one per use, so that a digest of a number can
never be compared with a digest of an address.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12


class BrokenSeal(ValueError):
    """Sealed bytes were changed, or sealed with another key or for another use."""


@lru_cache(maxsize=64)
def _key(secret: str, use: str) -> bytes:
    return hmac.new(secret.encode(), b"motcua:" + use.encode(), hashlib.sha256).digest()


def digest(use: str, text: str) -> str:
    """Return the keyed digest of a text, equal for equal texts and of no use to who lacks the key.

    Args:
        use: what the digest is for, such as ``"number"``; texts of different uses never compare equal.
        text: the text.

    Returns:
        64 lower-case hexadecimal digits (HMAC-SHA-256).
    """
    return hmac.new(_key(settings.SECRET_KEY, use), text.encode(), hashlib.sha256).hexdigest()


def seal(use: str, text: str) -> bytes:
    """Encrypt a text so that only this installation reads it again (AES-256-GCM).

    Args:
        use: what the value is; it must be named again to open it.
        text: the text.

    Returns:
        Nonce and ciphertext, 28 bytes longer than the text.
    """
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(settings.SECRET_KEY, "seal:" + use)).encrypt(
        nonce, text.encode(), use.encode()
    )


def unseal(use: str, sealed: bytes | memoryview) -> str:
    """Open what ``seal`` closed.

    Raises:
        BrokenSeal: the bytes were changed, or sealed for another use or with another key.
    """
    raw = bytes(sealed)
    try:
        box = AESGCM(_key(settings.SECRET_KEY, "seal:" + use))
        return box.decrypt(raw[:_NONCE], raw[_NONCE:], use.encode()).decode()
    except (InvalidTag, ValueError):
        raise BrokenSeal(f"a sealed value ({use}) cannot be opened: was MOTCUA_SECRET_KEY changed?") from None
