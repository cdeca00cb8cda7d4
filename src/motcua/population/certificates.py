"""Certificates on the way to the register, ours and the other side's, and until when they hold."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from urllib3.exceptions import HTTPError

from motcua.identity.register import CouldNotAsk, Trouble
from motcua.population.settings import RegisterSettings
from motcua.population.transports.timed import TimedTLSPool

_HERE = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Expiry:
    """Until when a certificate holds; `variable` names where it is set, `serial` is in hexadecimal."""

    variable: str
    serial: str
    not_before: datetime
    expires_at: datetime

    def why_not(self, now: float) -> str:
        """Return why the certificate cannot be presented at a moment (epoch seconds), or an empty text."""
        name = f"{self.variable} (certificate {self.serial})"
        if now < self.not_before.timestamp():
            return f"{name} is not valid before {_day(self.not_before)}"
        if now >= self.expires_at.timestamp():
            return f"{name} expired on {_day(self.expires_at)}"
        return ""


def expiries(settings: RegisterSettings) -> list[Expiry]:
    """Return what is to be watched in the files of a line: our certificates, and of several authorities in one file
    the one that lasts longest.

    Raises CouldNotAsk(CONFIGURATION), which names the variable, for a file that holds no certificate.
    """
    found = [leaf(settings, certificate) for certificate, _ in pairs(settings)]
    if settings.ca:
        authorities = _in_file(settings, "ca")
        found.append(_expiry(settings, "ca", max(authorities, key=lambda one: one.not_valid_after_utc)))
    return found


def of_the_other_side(settings: RegisterSettings, seconds: float, *, field: str = "url") -> Expiry | None:
    """Fetch the certificate that the other side shows, trusted or not, sending nothing; None when it shows none.

    `field` is the setting with its address; the whole takes at most `seconds`.
    """
    address = urlsplit(getattr(settings, field))
    if address.scheme != "https":
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    pool = TimedTLSPool(
        address.hostname or "", address.port, timeout=seconds, retries=False, ssl_context=context,
        cert_reqs=ssl.CERT_NONE, assert_hostname=False,
    )  # fmt: skip
    connection = pool.ConnectionCls(
        host=pool.host, port=pool.port, timeout=seconds, ssl_context=context, cert_reqs=ssl.CERT_NONE
    )
    try:
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True)
        return _expiry(settings, field, x509.load_der_x509_certificate(shown or b""))
    except (OSError, ValueError, HTTPError):
        return None
    finally:
        connection.close()


def pairs(settings: RegisterSettings) -> list[tuple[str, str]]:
    """Return the fields of our certificates and their keys that are set: the current one, then the next."""
    both = (("client_cert", "client_key"), ("client_cert_next", "client_key_next"))
    return [pair for pair in both if getattr(settings, pair[0])]


def leaf(settings: RegisterSettings, field: str) -> Expiry:
    """Return until when the first certificate in a setting's file holds. Raises CouldNotAsk(CONFIGURATION)."""
    return _expiry(settings, field, _in_file(settings, field)[0])


def _in_file(settings: RegisterSettings, field: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(Path(getattr(settings, field)).read_bytes())
    except (OSError, ValueError):
        detail = f"{settings.variable(field)} holds no certificates in PEM form"
        raise CouldNotAsk(Trouble.CONFIGURATION, detail=detail, is_unsent=True) from None


def _expiry(settings: RegisterSettings, field: str, certificate: x509.Certificate) -> Expiry:
    return Expiry(
        settings.variable(field),
        f"{certificate.serial_number:x}",
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def _day(moment: datetime) -> str:
    return moment.astimezone(_HERE).strftime("%d/%m/%Y")
