"""The answers that are wrong on demand. No Django, no sockets."""

import unicodedata
from dataclasses import replace
from typing import Final

from npdsandbox import writing
from npdsandbox.answers import Answer
from npdsandbox.reading import LOOKUP, Question
from npdsandbox.records import Address, Record
from npdsandbox.refusals import Refusal, XRoadRefusal
from npdsandbox.troubles import Trouble, TroubleKind

OVERSIZED_BYTES: Final = 3 * 1024 * 1024
STRANGER: Final = Record(
    "999090000999", "Người Khác Mẫu", "1990-01-01", sex="1",
    permanent_residence=Address("31", "", "10525", "Số 99 phố Giả Định", "VN"),
)  # fmt: skip
"""Whom the troubles "other person" and "two records" bring in."""


_HTML: Final = (
    b"<!DOCTYPE html>\n<html lang='vi'><head><title>SBX</title></head>"
    b"<body><h1>502 Bad Gateway</h1><p>Sandbox: a page on demand.</p></body></html>\n"
)


def broken(trouble: Trouble | None) -> Answer | None:
    """Return the answer of a trouble that can meet any call, or None; raises Refusal where it is a refusal."""
    match trouble.kind if trouble else None:
        case TroubleKind.FAULT_500:
            raise Refusal(500, "SBX.FAULT", "a fault on demand", faultcode="soapenv:Server")
        case TroubleKind.UNAVAILABLE_503 if trouble:
            raise Refusal(
                503, "SBX.UNAVAILABLE", "out of service on demand", retry_after=max(1, round(trouble.seconds)),
                faultcode="soapenv:Server",
            )  # fmt: skip
        case TroubleKind.UNAUTHORIZED_401:
            raise Refusal(401, "SBX.AUTH", "refused on demand")
        case TroubleKind.XROAD_NETWORK_ERROR:
            raise XRoadRefusal(500, "Server.ClientProxy.NetworkError", "could not connect to the service")
        case TroubleKind.HTML_200:
            return Answer(200, _HTML, content_type="text/html; charset=UTF-8")
        case TroubleKind.HTML_502:
            return Answer(502, _HTML, content_type="text/html; charset=UTF-8")
        case TroubleKind.REDIRECT_302:
            return Answer(302, b"", headers={"Location": "/elsewhere"})
        case TroubleKind.EMPTY_BODY:
            return Answer(200, b"")
    return None


def wrong_record(
    trouble: Trouble | None, question: Question, record: Record | None, *, moment: str
) -> Answer | None:
    """Return the wrong or unusual SOAP answer a trouble wants, or None when it does not change the message.

    `moment` is the ISO date and time of the answer.
    """
    if trouble is None:
        return None
    match trouble.kind:
        case TroubleKind.EMPTY_SOAP_BODY:
            return Answer(200, writing.empty_body())
        case TroubleKind.FAULT_200:
            refusal = Refusal(200, "SBX.FAULT", "a fault on demand", faultcode="soapenv:Server")
            return Answer(200, writing.fault(refusal))
    if question.operation != LOOKUP:
        return None
    asked = record or replace(STRANGER, personal_number=question.claim.personal_number or "999090000998")
    match trouble.kind:
        case TroubleKind.OTHER_PERSON:
            return Answer(200, writing.citizens([STRANGER]))
        case TroubleKind.TWO_RECORDS:
            return Answer(200, writing.citizens([asked, STRANGER]))
        case TroubleKind.QCVN109 if record is not None:
            return Answer(200, writing.citizens_qcvn109([record], moment=moment))
        case TroubleKind.PREFIX_NS2 if record is not None:
            return Answer(200, writing.citizens([record], prefix="ns2"))
        case TroubleKind.EXTRA_FIELD if record is not None:
            return Answer(200, writing.citizens([record], extra=True))
    return None


def spoiled(result: Answer) -> Answer:
    """Do to a finished message what a trouble does to its bytes."""
    match result.trouble.kind if result.trouble else None:
        case TroubleKind.WRONG_ENCODING:
            return replace(result, body=_windows_1258(result.body))
        case TroubleKind.OVERSIZED:
            # White space after the end is well-formed: only its size is wrong.
            return replace(result, body=result.body + b" " * OVERSIZED_BYTES)
    return result


def _windows_1258(message: bytes) -> bytes:
    """Write the text in windows-1258, though header and declaration still say UTF-8."""
    out = []
    for char in unicodedata.normalize("NFC", message.decode()):
        try:
            out.append(char.encode("cp1258"))
        except UnicodeEncodeError:
            # The code page has the letters with breve, circumflex and horn, and the tones as marks after them.
            parts = unicodedata.normalize("NFD", char)
            tones = "".join(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
            letter = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tones))
            out.append((letter + tones).encode("cp1258"))
    return b"".join(out)
