"""SOAP envelopes and faults out of bytes that nobody has vouched for: the hardened parser. Pure."""

from __future__ import annotations

import re

from lxml import etree

from motcua.identity.register import CouldNotAsk, Trouble

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
LARGEST_REPLY = 1_000_000  # bytes
_DEEPEST = 64
_DEEPER = etree.XPath("/*" * (_DEEPEST + 1))
_MOST_MARKUP = 20_000  # tags or attributes; an honest reply about one person has some two hundred
_DECLARATION = re.compile(
    rb"""^(?:\xef\xbb\xbf)?\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']"""
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]+)""", re.IGNORECASE)
_FAULT_CODES = frozenset({"Client", "Server", "Sender", "Receiver", "VersionMismatch", "MustUnderstand"})
_CODE_OF_AN_ERROR = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)+")


class FaultReceived(Exception):
    """The other side answered with a SOAP fault; `label` is its code, and never holds free text of the
    other side.
    """

    def __init__(self, label: str, *, is_ours: bool) -> None:
        super().__init__(label)
        self.label = label
        self.is_ours = is_ours  # it blames the question (Client, Sender), not itself


def unreadable(detail: str) -> CouldNotAsk:
    """Return the error of a reply that cannot be understood; `detail` never quotes it."""
    return CouldNotAsk(Trouble.UNREADABLE, detail=detail)


def wrong_encoding(detail: str) -> CouldNotAsk:
    """Return the error of a reply whose letters cannot be trusted."""
    return CouldNotAsk(Trouble.ENCODING, detail=detail)


def refuse_unfit(reply: bytes, content_type: str) -> None:
    """Refuse what no parser should see, XML or JSON: too large, empty, an HTML page, not UTF-8 and declared so.

    Raises CouldNotAsk: UNREADABLE, ENCODING, OVERSIZED.
    """
    if len(reply) > LARGEST_REPLY:
        raise CouldNotAsk(Trouble.OVERSIZED, detail=f"more than {LARGEST_REPLY} bytes")
    if not reply.strip():
        raise unreadable("empty reply")
    if "html" in content_type.lower():
        raise unreadable("an HTML page instead of a reply")
    check_encoding(reply, content_type)


def parse(reply: bytes, content_type: str = "") -> etree._Element:
    """Parse an untrusted reply: UTF-8 only and declared so, no DTD, no entities, nothing fetched, size and
    depth bounded.

    Raises CouldNotAsk: UNREADABLE, ENCODING, OVERSIZED.
    """
    refuse_unfit(reply, content_type)
    if b"<!DOCTYPE" in reply or b"<!ENTITY" in reply:
        raise unreadable("a document type definition in the reply")
    if reply.count(b"<") > _MOST_MARKUP or reply.count(b"=") > _MOST_MARKUP:
        raise unreadable("more markup than any honest reply has")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(reply, parser)
    except etree.XMLSyntaxError:
        raise unreadable("not well-formed XML") from None  # the parser's message may quote the reply
    if root.getroottree().docinfo.internalDTD is not None:
        raise unreadable("a document type definition in the reply")
    if _DEEPER(root):
        raise unreadable(f"nested deeper than {_DEEPEST}")
    return root


def check_encoding(reply: bytes, content_type: str) -> None:
    """Refuse a reply that is not UTF-8, declares to be something else, or lost letters on its way to us.

    Raises CouldNotAsk(ENCODING).
    """
    declared = [found[1].decode("ascii") for found in [_DECLARATION.match(reply[:400])] if found]
    declared += [found[1] for found in [_CHARSET.search(content_type)] if found]
    for name in declared:
        if name.lower() not in ("utf-8", "utf8"):
            raise wrong_encoding("the reply declares another encoding than UTF-8")
    if b"\x00" in reply:
        raise wrong_encoding("NUL bytes: not UTF-8 text")
    try:
        text = reply.decode("utf-8")
    except UnicodeDecodeError:
        raise wrong_encoding("the bytes are not UTF-8") from None
    if "\ufffd" in text:
        raise wrong_encoding("replacement characters: letters were lost before they reached us")


def answer_element(root: etree._Element) -> etree._Element | None:
    """Return the one element in the Body, or None for an empty Body; raises a fault wherever it stands."""
    fault = next(root.iter("{*}Fault"), None)
    if fault is not None:
        raise _fault(fault, SOAP_12 if etree.QName(fault).namespace == SOAP_12 else SOAP_11)
    soap = etree.QName(root).namespace or ""
    if soap not in (SOAP_11, SOAP_12) or etree.QName(root).localname != "Envelope":
        raise unreadable("no SOAP envelope")
    bodies = root.findall(f"{{{soap}}}Body")
    if len(bodies) != 1 or len(bodies[0]) > 1:
        raise unreadable("not exactly one body with one answer")
    if has_stray_text(bodies[0]):
        raise unreadable("bare text where the answer belongs")
    return next(iter(bodies[0]), None)


def has_stray_text(element: etree._Element) -> bool:
    """Say whether bare text stands between the parts of an element, where only elements belong."""
    return any((text or "").strip() for text in (element.text, *(part.tail for part in element)))


def _fault(fault: etree._Element, soap: str) -> FaultReceived:
    if soap == SOAP_11:
        code, reason = fault.findtext("{*}faultcode", ""), fault.findtext("{*}faultstring", "")
    else:
        code = fault.findtext(f"{{{soap}}}Code/{{{soap}}}Value", "")
        reason = fault.findtext(f"{{{soap}}}Reason/{{{soap}}}Text", "")
    kind = code.strip().rpartition(":")[2].partition(".")[0]
    known = kind if kind in _FAULT_CODES else "fault"
    named = _CODE_OF_AN_ERROR.fullmatch(reason.strip()[:80])
    return FaultReceived(f"{known} {named[0]}" if named else known, is_ours=kind in ("Client", "Sender"))


def fault_of(reply: bytes, content_type: str = "") -> FaultReceived | None:
    """Return the fault that a reply holds, or None when it holds none or cannot be read; raises nothing."""
    try:
        answer_element(parse(reply, content_type))
    except FaultReceived as fault:
        return fault
    except CouldNotAsk:
        return None
    return None
