"""Keyed digests, sealed values and signatures: how a number is found, and kept, without standing anywhere in clear, and
how a paper that left the house is known again.

    fields                    the field of a sealed text
    keyring, resealing        the keys that seal, and sealing under a new one while the product runs
    migrating                 from clear columns into sealed ones, inside a migration
    files                     whom a file beside the database belongs to

Knows no page and no model by name. Digests and signatures are made with keys derived from ``SECRET_KEY``, one per use,
so that a digest of a number can never be compared with a digest of an address. Values are sealed under keys of their
own, which can be changed while the product runs.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from django.conf import settings

from motcua.sealing import keyring

_NONCE: Final = 12
# A sealed value begins with the form and the key's id; one sealed under SECRET_KEY with its nonce, which is random.
_FORM: Final = b"\x01"
HEAD: Final = len(_FORM) + 4  # bytes before the nonce


class BrokenSeal(ValueError):
    """Sealed bytes were changed, or sealed for another use or with a key that is not there any more."""


@lru_cache(maxsize=64)
def _key(secret: str, use: str) -> bytes:
    return hmac.new(secret.encode(), b"motcua:" + use.encode(), hashlib.sha256).digest()


@lru_cache(maxsize=256)
def _box(secret: str, use: str) -> AESGCM:
    return AESGCM(_key(secret, "seal:" + use))


def digest(use: str, text: str) -> str:
    """Return the keyed digest of a text, equal for equal texts and of no use to who lacks the key.

    Args:
        use: what the digest is for, such as ``"number"``; texts of different uses never compare equal.
        text: the text.

    Returns:
        64 lower-case hexadecimal digits (HMAC-SHA-256).
    """
    return hmac.digest(_key(settings.SECRET_KEY, use), text.encode(), "sha256").hex()


def seal(use: str, text: str) -> bytes:
    """Encrypt a text with the newest key, so that only this installation reads it again (AES-256-GCM).

    Args:
        use: what the value is; it must be named again to open it.
        text: the text.

    Returns:
        The key's id, nonce and ciphertext, 33 bytes longer than the text.
    """
    nonce, key = os.urandom(_NONCE), keyring.newest()
    if key is None:
        return nonce + _box(settings.SECRET_KEY, use).encrypt(nonce, text.encode(), use.encode())
    head = head_of(key.id)
    return head + nonce + _box(key.secret, use).encrypt(nonce, text.encode(), head + use.encode())


def unseal(use: str, sealed: bytes | memoryview) -> str:
    """Open what ``seal`` closed, with whichever key it was closed.

    Raises:
        BrokenSeal: the bytes were changed, or sealed for another use or with a key that is not there any more.
    """
    raw = bytes(sealed)
    with_key = key_id_of(raw)
    if with_key and (key := keyring.find(with_key)) is not None:
        try:
            return _opened(_box(key.secret, use), raw[HEAD:], raw[:HEAD] + use.encode())
        except (InvalidTag, ValueError):
            pass  # one in 256 nonces of the older form begins with the same byte
    try:
        return _opened(_box(settings.SECRET_KEY, use), raw, use.encode())
    except (InvalidTag, ValueError):
        which = f"was its key {with_key} dropped, or " if with_key else ""
        raise BrokenSeal(
            f"a sealed value ({use}) cannot be opened: {which}was MOTCUA_SECRET_KEY changed?"
        ) from None


def _opened(box: AESGCM, raw: bytes, bound_to: bytes) -> str:
    return box.decrypt(raw[:_NONCE], raw[_NONCE:], bound_to).decode()


def head_of(key_id: str) -> bytes:
    """Return the bytes with which every value begins that a key sealed."""
    return _FORM + bytes.fromhex(key_id)


def key_id_of(sealed: bytes) -> str:
    """Return the id of the key that a value names; nothing for one sealed under ``SECRET_KEY``, but for one in 256."""
    return sealed[len(_FORM) : HEAD].hex() if sealed.startswith(_FORM) and len(sealed) > HEAD else ""


def is_sealed_newly(sealed: bytes) -> bool:
    """Say whether a value is sealed with the key that seals at present."""
    key = keyring.newest()
    return key is None or sealed.startswith(head_of(key.id))


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
