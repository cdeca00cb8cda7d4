"""Keyed digests, sealed values and signatures: how a number is found, and kept, without standing anywhere in clear, and
how a paper that left the house is known again.

Knows no model and no page. Keys are derived from ``SECRET_KEY``, one per use, so that a digest of a number can
never be compared with a digest of an address.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
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


@lru_cache(maxsize=16)
def _signing_key(secret: str, purpose: str) -> Ed25519PrivateKey:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"motcua:sign:" + purpose.encode())
    return Ed25519PrivateKey.from_private_bytes(kdf.derive(secret.encode()))


def sign(purpose: str, data: bytes) -> bytes:
    """Sign data as this installation (Ed25519).

    Args:
        purpose: what is signed; each purpose has a key of its own.
        data: what is signed, whole.

    Returns:
        64 bytes, which ``openssl pkeyutl -verify -rawin`` takes as they are.
    """
    return _signing_key(settings.SECRET_KEY, purpose).sign(data)


def public_key(purpose: str) -> bytes:
    """Return the key with which anybody can check what ``sign`` signed for this purpose, as PEM."""
    return _public_key(settings.SECRET_KEY, purpose)


@lru_cache(maxsize=16)
def _public_key(secret: str, purpose: str) -> bytes:
    key = _signing_key(secret, purpose).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@lru_cache(maxsize=64)
def key_id(key: bytes) -> str:
    """Return the name of a public key: the first 16 hexadecimal digits of the SHA-256 of its DER form.

    Args:
        key: the key, as PEM.

    Raises:
        ValueError: it is no Ed25519 key in PEM.
    """
    try:
        loaded = load_pem_public_key(key)
    except UnsupportedAlgorithm as error:
        raise ValueError("a key of an unknown kind") from error
    if not isinstance(loaded, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")
    der = loaded.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:16]


def verify_signature(key: bytes, data: bytes, signature: bytes) -> bool:
    """Say whether the holder of a key signed exactly this data; a key that is no Ed25519 key in PEM signed nothing."""
    try:
        loaded = load_pem_public_key(key)
        if not isinstance(loaded, Ed25519PublicKey):
            return False
        loaded.verify(signature, data)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
