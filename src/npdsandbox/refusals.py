"""What the sandbox refuses, and with which status (protocol §9.5).

Codes that start with `SBX.` are CHOICES. `Client.…` and `Server.…` are X-Road's own, 001 to 005 those of one
provincial gateway (§2.5).
"""

from dataclasses import dataclass, field


@dataclass(eq=False)
class Refusal(Exception):
    """An answer that is a SOAP fault. Nothing personal goes into it."""

    status: int
    code: str
    message: str
    element: str = ""
    retry_after: int | None = None
    faultcode: str = "soapenv:Client"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class XRoadRefusal(Refusal):
    """An answer of the X-Road security server itself: JSON with an `X-Road-Error` header (X-Road pr-rest)."""


@dataclass(eq=False)
class GatewayRefusal(Refusal):
    """An answer of a provincial gateway itself: JSON with `message` and `errorCode` (protocol §2.5)."""


def not_xml(message: str) -> Refusal:
    """The body is not an XML message that can be read."""
    return Refusal(400, "SBX.XML", message)


def not_valid(element: str, message: str) -> Refusal:
    """One element is missing, too long or of the wrong form; `element` is its name, never its value."""
    return Refusal(500, "SBX.VALIDATION", message, element=element)
