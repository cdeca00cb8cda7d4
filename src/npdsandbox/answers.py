"""An answer before it goes out, and the shapes a refusal has. No Django, no sockets."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from npdsandbox import writing
from npdsandbox.refusals import Refusal
from npdsandbox.troubles import Trouble


@dataclass(frozen=True)
class Answer:
    """What goes back, and what the delivery does to it on the way."""

    status: int
    body: bytes
    content_type: str = "text/xml; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    trouble: Trouble | None = None


def as_json(fields: Mapping[str, Any], *, status: int = 200) -> Answer:
    """Write an answer in JSON."""
    body = json.dumps(fields, ensure_ascii=False).encode()
    return Answer(status, body, content_type="application/json; charset=UTF-8")


def soap_fault(refusal: Refusal) -> Answer:
    """Write a refusal as a SOAP fault."""
    return Answer(refusal.status, writing.fault(refusal))


def xroad_error(refused: Refusal) -> Answer:
    """Write an error as an X-Road security server does (pr-rest)."""
    body = {"type": refused.code, "message": refused.message, "detail": str(uuid.uuid4())}
    return Answer(
        refused.status, json.dumps(body).encode(), content_type="application/json;charset=utf-8",
        headers={"X-Road-Error": refused.code},
    )  # fmt: skip
