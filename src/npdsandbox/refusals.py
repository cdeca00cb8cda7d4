"""What the sandbox refuses, and with which status. Every code is a CHOICE and starts with `SBX.` (protocol §9.5)."""

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
class XRoadRefusal(Exception):
    """An answer of the X-Road security server itself: JSON with an `X-Road-Error` header (X-Road pr-rest)."""

    status: int
    type: str
    message: str


def not_xml(message: str) -> Refusal:
    """The body is not an XML message that can be read."""
    return Refusal(400, "SBX.XML", message)


def not_valid(element: str, message: str) -> Refusal:
    """One element is missing, too long or of the wrong form; `element` is its name, never its value."""
    return Refusal(500, "SBX.VALIDATION", message, element=element)
