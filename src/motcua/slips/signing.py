"""A digital signature on a slip (PAdES) by the office's key, where it has one.

The library that signs is an extra: without it the product runs, and no slip is signed. A signature that cannot be made
never stops a slip: it goes out unsigned and says nothing else, and the operator's log tells why.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings

from motcua.accounts.models import Office
from motcua.accounts.offices import known, offices_above

if TYPE_CHECKING:
    from pyhanko.sign.signers import Signer

INSTALL: Final = "pip install --require-hashes -r requirements-signing.lock"
WARNED_AT: Final = 30  # days before a certificate's end
_FIELD: Final = "ChuKySo"
_log = logging.getLogger("motcua.slips")


class CannotSign(Exception):
    """A key is set up and cannot be used; says which and what is wrong with it, and nothing secret."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where a key is: a PKCS#12 file with its passphrase, or a key in a PKCS#11 token.

    ``name`` is what the log and the start-up check call it: a variable or a file.
    """

    name: str
    file: Path | None = None
    passphrase: str = ""
    module: str = ""
    token: str = ""
    label: str = ""
    pin: str = ""

    def __repr__(self) -> str:
        return f"Key({self.name})"


def keys_of(office: Office) -> list[Key]:
    """Return the keys that may sign for an office, the nearest first: its own, those above it, the common one."""
    above = [found.code for one in offices_above(office.pk) if (found := known(one)) is not None]
    own = [key for code in (office.code, *above) if (key := _in_folder(code)) is not None]
    return [*own, *common()]


def common() -> list[Key]:
    """Return the key of the whole installation: at most one, a file before a token."""
    chosen = settings.SLIP_SIGNING
    if chosen["SLIP_SIGNING_KEY"]:
        return [Key("SLIP_SIGNING_KEY", Path(chosen["SLIP_SIGNING_KEY"]), chosen["SLIP_SIGNING_PASSPHRASE"])]
    if chosen["SLIP_PKCS11_MODULE"]:
        return [
            Key(
                "SLIP_PKCS11_MODULE",
                module=chosen["SLIP_PKCS11_MODULE"],
                token=chosen["SLIP_PKCS11_TOKEN"],
                label=chosen["SLIP_PKCS11_KEY"],
                pin=chosen["SLIP_PKCS11_PIN"],
            )
        ]
    return []


def in_folder() -> list[Key]:
    """Return the offices' own keys, in the order of their codes."""
    folder = settings.SLIP_SIGNING["SLIP_SIGNING_FOLDER"]
    codes = sorted(path.stem for path in Path(folder).glob("*.p12")) if folder else []
    return [key for code in codes if (key := _in_folder(code)) is not None]


def sign(pdf: bytes, keys: list[Key], *, now: datetime) -> bytes | None:
    """Sign a PDF with the first of the keys (PAdES B-B), as an addition that leaves every byte of it in place.

    Args:
        pdf: what is signed.
        keys: see ``keys_of``; none leaves it unsigned.
        now: the moment, for the certificate's dates.

    Returns:
        The signed PDF; None when there is no key, or it cannot sign: then the log has told.
    """
    if not keys:
        return None
    try:
        return _signed(pdf, keys[0], now)
    except CannotSign as why:
        _log.error("slips.not_signed key=%s why=%s", keys[0].name, why)
    except Exception as error:
        # Whatever a token, a driver or a file may come up with: the citizen at the desk still gets the slip.
        _log.error("slips.not_signed key=%s why=%s", keys[0].name, type(error).__name__)
    return None


def certificate_of(key: Key) -> x509.Certificate:
    """Return the certificate of a PKCS#12 key; needs no signing library.

    Raises:
        CannotSign: the file cannot be read or opened, or has no key with a certificate.
    """
    if key.file is None:
        raise CannotSign("the certificate is in a token")
    try:
        content = key.file.read_bytes()
    except OSError as error:
        raise CannotSign(f"the file cannot be read ({error.strerror})") from None
    try:
        private, certificate, _others = pkcs12.load_key_and_certificates(
            content, key.passphrase.encode() or None
        )
    except ValueError:
        raise CannotSign("the file cannot be opened with this passphrase") from None
    if private is None or certificate is None:
        raise CannotSign("the file holds no key with a certificate")
    return certificate


def is_installed() -> bool:
    """Say whether the library that signs is there."""
    try:
        import pyhanko.sign.signers  # noqa: F401
    except ImportError:
        return False
    return True


def _in_folder(code: str) -> Key | None:
    folder = settings.SLIP_SIGNING["SLIP_SIGNING_FOLDER"]
    if not folder or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", code):
        return None
    file = Path(folder) / f"{code}.p12"
    if not file.is_file():
        return None
    own = file.with_suffix(".passphrase")
    try:
        passphrase = own.read_text(encoding="utf-8").strip() if own.exists() else ""
    except OSError:
        passphrase = ""  # nosec B105 # there is none
    return Key(file.name, file, passphrase or settings.SLIP_SIGNING["SLIP_SIGNING_PASSPHRASE"])


def _signed(pdf: bytes, key: Key, now: datetime) -> bytes:
    if not is_installed():
        raise CannotSign(f"the signing library is not installed: {INSTALL}")
    if key.file is not None:
        return _with(_file_signer(key, _changed_at(key.file)), pdf, now)
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign import pkcs11

    token = TokenCriteria(label=key.token)
    with pkcs11.open_pkcs11_session(key.module, token_criteria=token, user_pin=key.pin) as session:
        return _with(pkcs11.PKCS11Signer(session, key_label=key.label, cert_label=key.label), pdf, now)


def _with(signer: Signer, pdf: bytes, now: datetime) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    _refuse_expired(signer, now)
    how = signers.PdfSignatureMetadata(
        field_name=_FIELD, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    signed = signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), how, signer=signer)
    return bytes(signed.getvalue())


def _refuse_expired(signer: Signer, now: datetime) -> None:
    certificate = signer.signing_cert
    if certificate is None:
        raise CannotSign("there is no certificate beside the key")
    if not certificate.not_valid_before <= now <= certificate.not_valid_after:
        raise CannotSign("the certificate is over, or does not hold yet")


@lru_cache(maxsize=64)
def _file_signer(key: Key, _changed: float) -> Signer:
    from pyhanko.sign.signers import SimpleSigner

    passphrase = key.passphrase.encode() or None
    signer: Signer | None = SimpleSigner.load_pkcs12(str(key.file), passphrase=passphrase)  # type: ignore[no-untyped-call]
    if signer is None:
        raise CannotSign("the file cannot be opened with this passphrase")
    return signer


def _changed_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError as error:
        raise CannotSign(f"the file cannot be read ({error.strerror})") from None
