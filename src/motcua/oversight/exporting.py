"""All checks of a period as a file for an authority, and a signature by which it is known again.

The file is CSV, which spreadsheets open: nothing in it may become a formula there. The signature lies beside it;
whoever has our public key can tell that not one byte was changed, with our command or any tool that knows Ed25519.
"""

from __future__ import annotations

import csv
import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from motcua.accounts.models import User
from motcua.audit import service as audit
from motcua.oversight.overview import asked_in
from motcua.sealing import key_id, public_key, sign, verify_signature
from motcua.verification.models import IdentityCheck
from motcua.web.cells import safe
from motcua.web.days import Period

_PURPOSE: Final = "export"
_FORMAT: Final = "motcua export 1"
_AT_ONCE: Final = 2_000  # rows
_BLOCK: Final = 1 << 16
HEADINGS: Final = (
    "Thời điểm",
    "Mã yêu cầu",
    "Mã của CSDLQG",
    "Tên đăng nhập cán bộ",
    "Cơ quan",
    "Mã thủ tục",
    "Mục đích",
    "Nơi kiểm tra",
    "Số định danh (che)",
    "Mã băm số định danh",
    "Kết quả",
    "Nguyên nhân",
    "Đường truyền",
)


@dataclass(frozen=True, slots=True)
class Signature:
    """What the file beside an export says: which export it is, and that we said so."""

    sha256: str
    count: int
    first: str
    last: str
    office: str
    made_at: str

    def statement(self) -> str:
        """Return what is signed, one fact a line."""
        return "\n".join(
            (
                _FORMAT,
                f"sha256 {self.sha256}",
                f"count {self.count}",
                f"from {self.first}",
                f"to {self.last}",
                f"office {self.office or '*'}",
                f"made {self.made_at}",
                "",
            )
        )

    def as_json(self) -> str:
        """Return the text of the signature's file."""
        key = public_key(_PURPOSE)
        signed = self.statement()
        written = {
            "signed": signed,
            "signature": b64encode(sign(_PURPOSE, signed.encode())).decode(),
            "algorithm": "Ed25519",
            "key_id": key_id(key),
            "public_key": key.decode(),
        }
        return json.dumps(written, ensure_ascii=False, indent=1) + "\n"


class NotOurs(ValueError):
    """An export or its signature is not what was signed; ``str`` says in what."""


def export(
    *,
    period: Period,
    file: IO[bytes],
    now: datetime,
    office_code: str = "",
    by: User | None = None,
    operator: str = "",
) -> Signature:
    """Write all checks of a period into a file, a row at a time, and record that it was done.

    Args:
        period: whole local days.
        file: open for writing bytes, empty.
        now: the moment.
        office_code: of one office alone; all, the portal's own included, when empty.
        by: the administrator; None on the command line.
        operator: the operator's name on the machine, if it was done there.
    """
    checksum, count = hashlib.sha256(), 0
    for data, rows in _chunks(period, office_code):
        file.write(data)
        checksum.update(data)
        count += rows
    signature = Signature(
        sha256=checksum.hexdigest(),
        count=count,
        first=f"{period.first:%d/%m/%Y}",
        last=f"{period.last:%d/%m/%Y}",
        office=office_code,
        made_at=timezone.localtime(now).isoformat(timespec="seconds"),
    )
    audit.record(
        name="export.made",
        now=now,
        actor=by,
        office_code=office_code,
        details={
            "period": f"{signature.first}-{signature.last}",
            "count": count,
            "sha256": signature.sha256,
        }
        | ({"operator": operator} if operator else {}),
    )
    return signature


def verify(*, file: IO[bytes], signature: str, key: bytes | None = None) -> Signature:
    """Tell whether a file is the export that a signature speaks of, byte by byte.

    Args:
        file: the export, open for reading bytes.
        signature: the text of the file beside it.
        key: the public key in PEM that is trusted; this installation's own when None. The key in the signature's
            file is never trusted for standing there.

    Returns:
        What was signed.

    Raises:
        NotOurs: the file was changed, or another hand signed it.
    """
    trusted = key or public_key(_PURPOSE)
    try:
        trusted_id = key_id(trusted)
    except ValueError:
        raise NotOurs("the key that is trusted is no Ed25519 key in PEM") from None
    try:
        written = json.loads(signature)
        signed, signed_by = written["signed"], b64decode(written["signature"], validate=True)
        said = _read(signed)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotOurs("the signature's file cannot be read") from None
    if not verify_signature(trusted, signed.encode(), signed_by):
        raise NotOurs(f"the signature is not by the key {trusted_id}")
    checksum = hashlib.sha256()
    while block := file.read(_BLOCK):
        checksum.update(block)
    if checksum.hexdigest() != said.sha256:
        raise NotOurs("the file is not the one that was signed")
    return said


def own_key() -> bytes:
    """Return the public key, in PEM, with which anybody can check this installation's exports."""
    return public_key(_PURPOSE)


class _Lines:
    """Collects what the CSV writer writes until it is taken."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, text: str) -> None:
        self._parts.append(text)

    def take(self) -> bytes:
        taken, self._parts = "".join(self._parts).encode(), []
        return taken


def _chunks(period: Period, office_code: str) -> Iterator[tuple[bytes, int]]:
    """Give the file in pieces, each with the number of its rows."""
    lines = _Lines()
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL)
    lines.write("\ufeff")
    writer.writerow(HEADINGS)
    rows = 0
    for check in _checks(period, office_code):
        writer.writerow([safe(cell) for cell in _cells(check)])
        rows += 1
        if rows == _AT_ONCE:
            yield lines.take(), rows
            rows = 0
    yield lines.take(), rows


def _checks(period: Period, office_code: str) -> Iterator[dict[str, Any]]:
    checks = asked_in(period, IdentityCheck.objects.all())
    if office_code:
        checks = checks.filter(office_code=office_code)
    wanted = (
        *("asked_at", "request_id", "register_ids", "asked_by__role", "asked_by__login", "office_code"),
        *("procedure_code", "purpose", "touch_point", "number_masked", "number_digest"),
        *("outcome", "reason", "route", "line"),
    )
    rows: QuerySet[IdentityCheck, dict[str, Any]] = checks.order_by("asked_at", "pk").values(*wanted)
    return rows.iterator(chunk_size=_AT_ONCE)


def _cells(check: dict[str, Any]) -> tuple[str, ...]:
    is_citizen = check["asked_by__role"] == User.Role.CITIZEN
    return (
        timezone.localtime(check["asked_at"]).isoformat(timespec="milliseconds"),
        check["request_id"],
        " ".join(f"{name}={value}" for name, value in check["register_ids"]),
        "" if is_citizen else check["asked_by__login"] or "",
        check["office_code"],
        check["procedure_code"],
        check["purpose"],
        check["touch_point"],
        check["number_masked"],
        check["number_digest"],
        check["outcome"] or "pending",
        check["reason"],
        " ".join(word for word in (check["route"], check["line"]) if word),
    )


def _read(signed: str) -> Signature:
    """Read a signed statement back. Raises ValueError when it is none."""
    format_name, *facts, _end = signed.split("\n")
    names = ("sha256", "count", "from", "to", "office", "made")
    words = [fact.partition(" ") for fact in facts]
    if format_name != _FORMAT or tuple(name for name, _, _ in words) != names:
        raise ValueError
    sha256, count, first, last, office, made_at = (value for _, _, value in words)
    return Signature(sha256, int(count), first, last, "" if office == "*" else office, made_at)
