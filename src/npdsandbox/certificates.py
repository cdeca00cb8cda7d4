"""Practice certificates, and the names in a caller's one. No Django."""

from typing import Any, Final

_KNOWN_BY: Final = ("organizationName", "commonName")


def names_in(certificate: Any) -> tuple[str, ...]:
    """Return organisation and common name of a certificate in the form of `SSLSocket.getpeercert`; none without one."""
    subject = (certificate or {}).get("subject", ())
    return tuple(value for names in subject for kind, value in names if kind in _KNOWN_BY)
