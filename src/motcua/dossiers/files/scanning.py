"""Looking for viruses in papers: clamd is shown each file once, in the background, never while somebody waits.

Which worker shows which file is decided in the database: while a file is *not scanned*, ``scanned_at`` is the moment
before which nobody takes it up, so a worker that is killed leaves it to the next one two minutes later. A file that was
taken up before comes after all that were not.

As it is set up by itself, clamd says "OK" of what it did not look at, because it is larger, or unpacks to more, than
its limits allow. So it is shown something beyond any limit beside each file, and believed only while it says so.
"""

from __future__ import annotations

import gzip
import logging
import re
import socket
import struct
import time
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.accounts.rights import Right, may
from motcua.audit.service import record
from motcua.dossiers.access import holding_office
from motcua.dossiers.files import store
from motcua.dossiers.models import Dossier, Paper
from motcua.dossiers.notifications import tell_citizen, tell_officials
from motcua.web.languages import in_vietnamese

_log = logging.getLogger("motcua.papers")
_CONNECT: Final = 2.0  # seconds
_TOTAL: Final = 60.0  # seconds for one file, far less than the lease
_PROMPT: Final = 10.0  # seconds for an answer that needs no thought
_LEASE: Final = timedelta(minutes=2)
_AGAIN: Final = timedelta(hours=6)  # to the next try at a file that the scanner could not judge
_PIECE: Final = 64 * 1024
_LONGEST_REPLY: Final = 1024  # bytes
_FOUND: Final = re.compile(r"stream: ([\x21-\x7e]{1,200}) FOUND")
_ERROR: Final = re.compile(r"[\x20-\x7e]{0,300} ERROR")
# No viruses: what clamd says, if it is told to, of what it did not look at, or could not look into.
_BEYOND: Final = "Heuristics.Limits.Exceeded"
_ENCRYPTED: Final = "Heuristics.Encrypted"
_DEEP: Final = 1000  # files within files; clamd never goes deeper than some hundred


class ScannerAway(OSError):
    """Clamd cannot be reached, is too slow, or says what is not its protocol; the text says which."""


class ScannerNotThere(ScannerAway):
    """Clamd cannot be reached: no file was shown to it."""


class ScannerHidesLimits(ScannerNotThere):
    """Clamd would say "OK" of a file that it did not look at; none was shown to it."""


class NotJudged(Exception):
    """Clamd is there and cannot judge this file, such as one that is larger than it takes."""


def scan(content: bytes) -> str:
    """Show clamd a file and return the name of the virus in it; empty when it found none.

    Raises:
        NotJudged: it cannot judge this file.
        ScannerAway: no answer, or none to be believed.
    """
    _insist_on_limits()
    if (found := _judged(content)).startswith((_BEYOND, _ENCRYPTED)):
        raise NotJudged(found)
    return found


def _insist_on_limits() -> None:
    """Insist that clamd says of something beyond its limits that it did not look at it. Raises ScannerAway."""
    try:
        found = _judged(_beyond_limits())
    except NotJudged as error:
        raise ScannerNotThere(str(error)) from None
    if not found.startswith(_BEYOND):
        raise ScannerHidesLimits("AlertExceedsMax is not set to yes in clamd.conf")


@cache
def _beyond_limits() -> bytes:
    """Return a little file in a file in a file …, deeper than clamd can be told to go: some 20 kB."""
    content = b"motcua"
    for _deeper in range(_DEEP):
        content = gzip.compress(content, 0, mtime=0)
    return content


def _judged(content: bytes) -> str:
    """Show clamd a file and return the name of what it found in it; empty for nothing."""
    said = _said(b"zINSTREAM\0", content)
    if said == "stream: OK":
        return ""
    if found := _FOUND.fullmatch(said):
        return found[1]
    if _ERROR.fullmatch(said):
        raise NotJudged(said)
    raise ScannerAway("it does not speak the protocol of clamd")


def probe() -> str:
    """Say which scanner answers.

    Raises:
        ScannerAway: what is wrong, and which setting helps.
    """
    try:
        if _said(b"zPING\0", seconds=_PROMPT) != "PONG":
            raise ScannerAway("it does not speak the protocol of clamd")
        version = _said(b"zVERSION\0", seconds=_PROMPT)
        scan(bytes(settings.PAPER_MAX_BYTES))
    except NotJudged:
        raise ScannerAway(
            "clamd does not look at files of PAPER_MAX_MB; raise StreamMaxLength, MaxFileSize and MaxScanSize in "
            "clamd.conf and restart clamd"
        ) from None
    except ScannerHidesLimits as error:
        raise ScannerAway(
            f"clamd: {error}, so it calls clean what it did not look at; no paper is shown to it. Set it and restart "
            "clamd"
        ) from None
    except ScannerAway as error:
        raise ScannerAway(
            f"clamd: {error}; look at CLAMD_ADDRESS, and whether clamd runs and may be reached"
        ) from None
    return "".join(c for c in version if c.isprintable())[:80]


def scan_next(*, now: datetime) -> bool:
    """Have the next file that waits for it scanned, and act on what is found; opens no transaction around it.

    Args:
        now: the moment.

    Returns:
        Whether one waited.

    Raises:
        ScannerAway: the file waits on, for whoever comes next.
        OSError: the store is away, or this file cannot be read; it alone waits for the end of its lease.
    """
    paper = _claim(now)
    if paper is None:
        return False
    mine = Paper.objects.filter(pk=paper.pk, scan=Paper.Scan.NOT_YET, scanned_at=paper.scanned_at)
    try:
        with paper.file.open("rb") as file:
            content = file.read()
        signature = scan(content)
    except ScannerNotThere:
        mine.update(scanned_at=None)
        raise
    except ScannerAway:
        mine.update(scanned_at=now)  # behind all others: clamd may be gone at this file alone
        raise
    except (NotJudged, FileNotFoundError) as error:
        _log.warning("papers.not_judged id=%s problem=%s", paper.pk, str(error)[:60])
        mine.update(scanned_at=now + _AGAIN)
        return True
    if not signature:
        mine.update(scan=Paper.Scan.CLEAN, scanned_at=now)
        return True
    with transaction.atomic():
        found = mine.select_for_update(of=("self",)).select_related(
            "dossier__citizen__user", "dossier__office", "supplement"
        )
        for infected in found:
            _seal_away(infected, signature, now)
    return True


def _claim(now: datetime) -> Paper | None:
    waiting = Paper.objects.filter(Q(scanned_at=None) | Q(scanned_at__lte=now), scan=Paper.Scan.NOT_YET)
    if not waiting.exists():
        return None
    with transaction.atomic():
        untried_first = waiting.order_by(F("scanned_at").asc(nulls_first=True), "uploaded_at")
        paper = untried_first.select_for_update(skip_locked=True).first()
        if paper is not None:
            paper.scanned_at = now + _LEASE
            paper.save(update_fields=["scanned_at"])
    return paper


@in_vietnamese()
def _seal_away(paper: Paper, signature: str, now: datetime) -> None:
    """Note that a file is opened by nobody any more, forget its preview, and tell whom it concerns."""
    store.forget_preview(paper, now=now)
    paper.scan, paper.scanned_at = Paper.Scan.INFECTED, now
    paper.save(update_fields=["scan", "scanned_at", "preview"])
    dossier = paper.dossier
    record(
        name="dossier.paper_infected",
        now=now,
        office_code=dossier.office.code,
        subject=str(dossier.code or dossier.pk),
        details={"paper": str(paper.pk), "kind": paper.kind, "signature": signature},
    )
    if paper.kind == Paper.Kind.RESULT:
        text = _(
            "Hồ sơ %(code)s: một tệp kết quả có mã độc nên không ai mở được nữa. Vui lòng thay tệp khác; nếu kết quả "
            "đã ghi nhận, vui lòng giao bản khác cho người nộp tại quầy."
        )
        tell_officials(dossier, _officials(dossier), text % {"code": dossier.code}, now=now)
        return
    if dossier.is_draft or paper.is_unsent:
        text = _(
            "Một tệp ông/bà tải lên cho hồ sơ %(name)s có mã độc nên không mở được. Vui lòng xóa tệp đó, quét hoặc "
            "chụp lại giấy tờ rồi tải lên tệp khác."
        )
        tell_citizen(dossier, text % {"name": dossier.code or dossier.procedure.name}, now=now)
        return
    text = _(
        "Hồ sơ %(code)s: một tệp ông/bà đã gửi có mã độc nên không mở được. Cơ quan sẽ đề nghị ông/bà nộp lại; vui "
        "lòng quét hoặc chụp lại giấy tờ đó."
    )
    tell_citizen(dossier, text % {"code": dossier.code}, now=now)
    text = _("Hồ sơ %(code)s: một tệp có mã độc, không mở được. Vui lòng đề nghị công dân nộp lại.")
    tell_officials(dossier, _officials(dossier), text % {"code": dossier.code}, now=now)


def _officials(dossier: Dossier) -> list[User]:
    """Return who deals with a dossier; while nobody does, whoever may take it up at the office that has it."""
    there = User.objects.filter(is_active=True)
    if dossier.holder_id is not None and (holder := list(there.filter(pk=dossier.holder_id))):
        return holder
    at_work = there.filter(office=holding_office(dossier)).exclude(role=User.Role.CITIZEN)
    return [one for one in at_work if may(one, Right.RECEIVE) or may(one, Right.PROCESS)]


def _said(command: bytes, content: bytes | None = None, *, seconds: float | None = None) -> str:
    """Give clamd one command, with a file where it takes one, and return its reply; within bounded time and size."""
    deadline = time.monotonic() + (_TOTAL if seconds is None else seconds)
    try:
        with _connected() as line:
            try:
                line.sendall(command)
                if content is not None:
                    for start in range(0, len(content), _PIECE):
                        piece = content[start : start + _PIECE]
                        _hurry(line, deadline)
                        line.sendall(struct.pack("!L", len(piece)) + piece)
                    line.sendall(struct.pack("!L", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has heard enough, and says why
            reply = b""
            while not reply.endswith(b"\0"):
                _hurry(line, deadline)
                more = line.recv(_LONGEST_REPLY)
                reply += more
                if not more:
                    break
                if len(reply) > _LONGEST_REPLY:
                    raise ScannerAway("it does not speak the protocol of clamd")
    except ScannerAway:
        raise
    except TimeoutError:
        raise ScannerAway("no answer in time") from None
    except OSError as error:
        raise ScannerAway(error.strerror or type(error).__name__) from None
    if not reply.endswith(b"\0"):
        raise ScannerAway("it hung up")
    return reply[:-1].decode("ascii", "replace")


def _connected() -> socket.socket:
    try:
        return _line()
    except TimeoutError:
        raise ScannerNotThere("no answer in time") from None
    except OSError as error:
        raise ScannerNotThere(error.strerror or type(error).__name__) from None


def _line() -> socket.socket:
    address = settings.CLAMD_ADDRESS
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout=_CONNECT)
    line = socket.socket(socket.AF_UNIX)
    try:
        line.settimeout(_CONNECT)
        line.connect(address)
    except BaseException:
        line.close()
        raise
    return line


def _hurry(line: socket.socket, deadline: float) -> None:
    """Let the next step on a line take no longer than is left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    line.settimeout(left)
