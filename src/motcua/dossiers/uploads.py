"""A file that comes in pieces over a slow line: it goes on where it broke off, and is a paper once it is whole.

Nothing of it is in a process's memory between two pieces, so any web process takes any piece. A piece is taken at the
place where the file ends so far and nowhere else, so one that comes twice changes nothing. The whole file goes the way
of every other one (``papers``): a paper is a paper however it came, and has the id of its upload.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.dossiers.files.reading import PaperRefused
from motcua.dossiers.filing_holds import HOLD_TEXTS, Held, NotADraft, refuse_held
from motcua.dossiers.models import Dossier, Paper, Upload, UploadPiece
from motcua.dossiers.paper_lines import PaperLine, paper_lines_of
from motcua.dossiers.papers import store
from motcua.dossiers.results import UNDECIDED
from motcua.dossiers.states import MoveRefused
from motcua.dossiers.steps import NotYours
from motcua.dossiers.supplements import NothingAsked

MOST_BYTES_OF_PIECE: Final = 256 * 1024
KEPT: Final = timedelta(days=2)
_LEAST_BYTES_OF_PIECE: Final = 8 * 1024  # on the whole: nobody fills the table with single bytes
_FEW_PIECES: Final = 1000
_MOST_OF_DOSSIER: Final = 10
_MOST_OF_PERSON: Final = 20
_MOST_FILES_OF_PERSON: Final = 10  # of the largest size
_MAX_NAME: Final = 200
# The file itself cannot be taken; what else stands in its way may be out of it later.
_FOR_GOOD: Final = frozenset({"empty", "too_large", "type", "broken", "locked", "too_many_pixels"})

TEXTS: Final[dict[str, Promise]] = {
    "no_such_line": _("Mục này không nhận giấy tờ nữa. Vui lòng tải lại trang."),
    "closed": _(
        "Hồ sơ đã sang bước khác nên không nhận thêm tệp ở đây. Các giấy tờ đã nộp vẫn còn nguyên. Vui lòng mở lại "
        "trang hồ sơ."
    ),
    "too_many": _(
        "Đang có quá nhiều tệp tải dở. Vui lòng tải tiếp cho xong hoặc bỏ bớt tệp tải dở, rồi chọn lại tệp này."
    ),
    "pieces": _("Tệp bị chia quá nhỏ. Vui lòng bỏ tệp tải dở này rồi chọn lại."),
    "longer": _("Tệp dài hơn lúc bắt đầu tải. Vui lòng bỏ tệp tải dở này rồi chọn lại."),
}


class UploadRefused(Exception):
    """A file or a piece of it is not taken; ``message`` is what the person reads."""

    def __init__(self, message: str) -> None:
        super().__init__("upload refused")
        self.message = message


class NoUpload(Exception):
    """There is no such upload here: it was given up, is too old, or never was."""


class WrongPlace(Exception):
    """A piece does not begin where the file ends so far, which is at ``received``."""

    def __init__(self, received: int) -> None:
        super().__init__(f"received {received}")
        self.received = received


class OtherFile(Exception):
    """What was received so far is not the beginning of the file that goes on: another one of the same name and size."""


def begin_upload(
    *, dossier: Dossier, key: str, name: str, size: int, by: User, now: datetime
) -> tuple[Upload, bool]:
    """Begin a file, or return the one of the same name and size that broke off.

    Args:
        dossier: the citizen's own; for its result, one that the official sees.
        key: of the component that it is for.
        name: as the browser gives it.
        size: in bytes.
        by: the citizen, or the official.
        now: the moment.

    Returns:
        The upload, and whether it is new.

    Raises:
        PaperRefused: it is empty or too large.
        UploadRefused: the dossier takes no papers there, or too many are on their way.
    """
    if size <= 0:
        raise PaperRefused("empty")
    if size > settings.PAPER_MAX_BYTES:
        raise PaperRefused("too_large")
    name = _name_of(name)
    with transaction.atomic():
        fresh = Dossier.objects.locked(dossier.pk)
        line = paper_lines_of(fresh, by).get(key)
        if line is None:
            raise _refused("no_such_line" if fresh.is_draft or not by.is_citizen else "closed")
        try:
            if fresh.is_draft:
                refuse_held(fresh, now)
        except Held as held:
            raise UploadRefused(str(HOLD_TEXTS[held.hold])) from None
        same = _of(by, fresh, now).filter(line=key, supplement=line.supplement, name=name, size=size)
        if (found := same.first()) is not None:
            return found, False
        _refuse_too_many(fresh, size, by, now)
        begun = Upload.objects.create(
            dossier=fresh,
            kind=line.kind,
            document=line.document,
            supplement=line.supplement,
            line=key,
            name=name,
            size=size,
            begun_at=now,
            touched_at=now,
        )
    return begun, True


def add_piece(
    *, dossier: Dossier, upload_id: UUID, offset: int, content: bytes, beginning: str, by: User, now: datetime
) -> int:
    """Take one piece of a file; with the last one it becomes a paper.

    Args:
        dossier: the citizen's own; for its result, one that the official sees.
        upload_id: of the upload.
        offset: where the piece begins in the file, in bytes.
        content: at most ``MOST_BYTES_OF_PIECE``; an empty piece at the end asks once more for the paper.
        beginning: SHA-256 (hex) of the file before this piece, so that no two files are put together; empty for none.
        by: the citizen, or the official.
        now: the moment.

    Returns:
        How many bytes there are now.

    Raises:
        NoUpload: there is none.
        WrongPlace: the piece begins elsewhere; nothing was changed.
        OtherFile: it belongs to another file; nothing was changed.
        PaperRefused: the whole file cannot be taken; ``busy`` and its like may be tried again.
        UploadRefused: nothing more is taken.
    """
    if _papers_of(by, dossier).filter(pk=upload_id).exists():
        return offset + len(content)
    if beginning and offset:
        _refuse_other_file(dossier, upload_id, offset, beginning)
    with transaction.atomic():
        own = _of(by, dossier, now).select_for_update(of=("self",))
        upload = own.select_related("dossier", "supplement", "document").filter(pk=upload_id).first()
        if upload is None:
            raise NoUpload
        if not _is_open(upload):
            raise _refused("closed")
        if offset != upload.received:
            raise WrongPlace(upload.received)
        if offset + len(content) > upload.size:
            raise _refused("longer")
        if content:
            if upload.pieces.count() >= max(_FEW_PIECES, upload.size // _LEAST_BYTES_OF_PIECE):
                raise _refused("pieces")
            UploadPiece.objects.create(upload=upload, offset=offset, content=content)
            upload.received += len(content)
            upload.touched_at = now
            upload.save(update_fields=["received", "touched_at"])
    if upload.received == upload.size:
        _make_paper(upload, by=by, now=now)
    return upload.received


def standing_of(*, dossier: Dossier, upload_id: UUID, by: User, now: datetime) -> tuple[int, int]:
    """Return how many bytes of a file there are, and how many it has; equal once it is a paper. Raises NoUpload."""
    found = _of(by, dossier, now).filter(pk=upload_id).values_list("received", "size").first()
    if found is None:
        found = _papers_of(by, dossier).filter(pk=upload_id).values_list("size", "size").first()
    if found is None:
        raise NoUpload
    return found


def cancel_upload(*, dossier: Dossier, upload_id: UUID, by: User, now: datetime) -> None:
    """Give up a file that is on its way; one that is not there any more is no mistake."""
    _of(by, dossier, now).filter(pk=upload_id).delete()


def unfinished(*, dossier: Dossier, by: User, now: datetime) -> dict[str, list[Upload]]:
    """Return the files that somebody may go on with in a dossier, by the key of their component."""
    found: dict[str, list[Upload]] = {}
    for upload in _of(by, dossier, now).select_related("supplement").order_by("begun_at"):
        upload.dossier = dossier
        if _is_open(upload):
            found.setdefault(upload.line, []).append(upload)
    return found


def delete_old_uploads(*, now: datetime, dry_run: bool = False) -> int:
    """Delete, or only count, the files of which nothing came for two days, with their pieces."""
    old = Upload.objects.filter(touched_at__lt=now - KEPT)
    count = old.count()
    if not dry_run:
        old.delete()
    return count


def _name_of(given: str) -> str:
    """Return a file's name without folders; one that names no file gets another."""
    name = given.replace("\0", "").replace("\\", "/").rsplit("/", 1)[-1][-_MAX_NAME:]
    return "giay-to" if name in {"", ".", ".."} else name


def _make_paper(upload: Upload, *, by: User, now: datetime) -> None:
    """Put the pieces together and keep them as a paper; who comes second finds it done."""
    content = b"".join(bytes(piece) for piece in upload.pieces.values_list("content", flat=True))
    line = _line_of(upload)
    paper, allow = line.paper_in(upload.dossier, by=by, now=now)
    paper.pk = upload.pk

    def spend() -> None:
        allow()
        if not Upload.objects.select_for_update().filter(pk=upload.pk).exists():
            raise NoUpload
        Upload.objects.filter(pk=upload.pk).delete()

    file = InMemoryUploadedFile(BytesIO(content), None, upload.name, "", len(content), None)
    try:
        store(paper, file, now=now, allow=spend)
    except PaperRefused as refused:
        if refused.reason in _FOR_GOOD:
            Upload.objects.filter(pk=upload.pk).delete()
        raise
    except Dossier.DoesNotExist:  # the draft was deleted, and this with it
        raise NoUpload from None
    except NoUpload:
        if not Paper.objects.filter(pk=upload.pk).exists():
            raise
    except Held as held:
        raise UploadRefused(str(HOLD_TEXTS[held.hold])) from None
    except (NotADraft, NothingAsked, NotYours, MoveRefused):
        raise _refused("closed") from None


def _line_of(upload: Upload) -> PaperLine:
    name = ""
    if upload.supplement is not None and upload.line != "other":
        name = upload.supplement.documents[int(upload.line.removeprefix("item-"))]["name"]
    return PaperLine(upload.line, name, Paper.Kind(upload.kind), upload.document, upload.supplement)


def _is_open(upload: Upload) -> bool:
    """Say whether an upload's dossier may still take it."""
    if upload.kind == Paper.Kind.RESULT:
        return upload.dossier.status in UNDECIDED
    if upload.supplement is None:
        return upload.dossier.is_draft
    return upload.supplement.answered_at is None and upload.supplement.closed_at is None


def _refuse_other_file(dossier: Dossier, upload_id: UUID, offset: int, beginning: str) -> None:
    pieces = UploadPiece.objects.filter(upload=upload_id, upload__dossier=dossier, offset__lt=offset)
    known = hashlib.sha256()
    count = 0
    for piece in pieces.values_list("content", flat=True):
        known.update(piece)
        count += len(piece)
    if count == offset and known.hexdigest() != beginning:
        raise OtherFile


def _refuse_too_many(dossier: Dossier, size: int, by: User, now: datetime) -> None:
    """Refuse a file more than a dossier and a citizen may have on their way. Raises UploadRefused."""
    here = _of(by, dossier, now)
    others = _alive(now).filter(dossier__citizen__user=by).exclude(kind=Paper.Kind.RESULT)
    theirs = others if by.is_citizen else here
    total = theirs.aggregate(total=Sum("size"))["total"] or 0
    if (
        here.count() >= _MOST_OF_DOSSIER
        or theirs.count() >= _MOST_OF_PERSON
        or total + size > _MOST_FILES_OF_PERSON * settings.PAPER_MAX_BYTES
    ):
        raise _refused("too_many")


def _of(by: User, dossier: Dossier, now: datetime) -> QuerySet[Upload]:
    """Return what somebody has on its way to a dossier: officials the result, the citizen all else."""
    uploads = _alive(now).filter(dossier=dossier)
    is_result = Q(kind=Paper.Kind.RESULT)
    return uploads.exclude(is_result) if by.is_citizen else uploads.filter(is_result)


def _papers_of(by: User, dossier: Dossier) -> QuerySet[Paper]:
    is_result = Q(kind=Paper.Kind.RESULT)
    papers = Paper.objects.filter(dossier=dossier)
    return papers.exclude(is_result) if by.is_citizen else papers.filter(is_result)


def _alive(now: datetime) -> QuerySet[Upload]:
    return Upload.objects.filter(touched_at__gte=now - KEPT)


def _refused(reason: str) -> UploadRefused:
    return UploadRefused(str(TEXTS[reason]))
