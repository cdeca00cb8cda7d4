"""The files of papers, wherever they lie: kept before their row, deleted after it, and never forgotten.

A file is written outside any transaction and belongs to nobody until its row is committed. A file whose row is gone is
deleted by a parcel, which waits while the store is away. What a killed process leaves behind, a file without a row, is
found by the daily sweep. ``DiskStore`` and ``ObjectStore`` are the two places; both tell by an ``OSError`` that they
cannot be used now.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils import timezone

from motcua.dossiers.models import Paper
from motcua.outbox.service import Load, Unreachable, put

if TYPE_CHECKING:
    from motcua.dossiers.files.disk_store import DiskStore
    from motcua.dossiers.files.object_store import ObjectStore

_log = logging.getLogger("motcua.papers")
TOPIC: Final = "store"
_YOUNG: Final = timedelta(days=1)  # far longer than a request may take between a file and its row
_SLICES: Final = 16  # names begin with a random hexadecimal digit
_OLDER_MONTHS: Final = 58
_MOST_LISTED: Final = 100_000
_FEW: Final = 20


def keep(paper: Paper, content: bytes, preview: bytes) -> None:
    """Keep the files of a paper that has no row yet, under a name that tells nothing.

    Args:
        paper: the row to be.
        content: the file.
        preview: a small picture of it (JPEG); empty for none.

    Raises:
        OSError: the store cannot be used now; nothing is kept.
    """
    paper.file.save(paper.random_file_name(), ContentFile(content), save=False)
    try:
        if preview:
            paper.preview.name = keep_preview(paper, preview)
    except BaseException:
        drop(paper)
        raise


def keep_preview(paper: Paper, preview: bytes) -> str:
    """Keep a small picture of a paper beside its file, and return its name. Raises OSError."""
    name = PurePosixPath(str(paper.file.name))
    return default_storage.save(str(name.with_name(f"{name.stem}-preview.jpg")), ContentFile(preview))


class FileChanged(OSError):
    """A file is not the one that was kept."""


def opened(paper: Paper) -> File[bytes]:
    """Open a paper's file, which is looked through first: what was changed in the store is no paper of anybody's.

    Raises:
        OSError: the store cannot be used now; FileNotFoundError or FileChanged where it has the file no more.
    """
    file: File[bytes] = paper.file.open("rb")
    try:
        found = hashlib.sha256()
        for piece in file.chunks():
            found.update(piece)
        if found.hexdigest() != paper.sha256:
            raise FileChanged("not the file that was kept")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def drop(paper: Paper) -> None:
    """Delete the files of a paper that was given up before its row was kept; the sweep finds what is left."""
    for name in _names(paper):
        try:
            default_storage.delete(name)
        except OSError as error:
            _log.warning("papers.left_behind error=%s", type(error).__name__)


def forget(papers: Iterable[Paper], *, now: datetime) -> None:
    """Write down that the files of papers go, in the transaction in which their rows go."""
    if names := [name for paper in papers for name in _names(paper)]:
        put(topic=TOPIC, content={"names": names}, now=now)


def forget_preview(paper: Paper, *, now: datetime) -> None:
    """Write down that a paper's preview goes, and take its name off the row, which the caller saves."""
    if paper.preview.name:
        put(topic=TOPIC, content={"names": [paper.preview.name]}, now=now)
        paper.preview.name = ""


def delete_forgotten(load: Load) -> None:
    """Delete the files that a parcel names, but those that a row still names; a courier. Raises Unreachable."""
    try:
        names = load.content["names"]
        rows = Paper.objects.filter(Q(file__in=names) | Q(preview__in=names)).values_list("file", "preview")
        for name in set(names).difference(*rows):
            default_storage.delete(name)
    except OSError as error:
        raise Unreachable(type(error).__name__) from None


def sweep(*, now: datetime, dry_run: bool) -> int:
    """Delete, or only count, files older than a day that no row names; each day looks at a sixteenth of some months.

    The present month and the one before are gone through in sixteen days, each older one of five years in its turn.

    Returns:
        How many.

    Raises:
        RuntimeError: so many files have no row that this is hardly the database that belongs to them; none is deleted.
        OSError: the store cannot be used now.
    """
    day = timezone.localdate(now).toordinal()
    digit, older = f"{day % _SLICES:x}", 2 + day // _SLICES % _OLDER_MONTHS
    prefixes = [f"{_month(now, back)}/{digit}" for back in (0, 1, older)]
    listed = (found for prefix in prefixes for found in _place().listed(prefix))
    seen = [name for name, written in islice(listed, _MOST_LISTED) if written < now - _YOUNG]
    if not seen:
        return 0
    named = Q()
    for prefix in prefixes:
        named |= Q(file__startswith=prefix) | Q(preview__startswith=prefix)
    known = {name for pair in Paper.objects.filter(named).values_list("file", "preview") for name in pair}
    orphans = [name for name in seen if name not in known]
    if len(orphans) > max(_FEW, len(seen) // 10):
        raise RuntimeError(f"{len(orphans)} of {len(seen)} files have no row: is this their database?")
    for name in orphans if not dry_run else ():
        default_storage.delete(name)
    return len(orphans)


def probe() -> str:
    """Say what of the store works, by writing, reading and deleting something tiny.

    Raises:
        OSError: what is wrong, and which setting helps.
    """
    return _place().probe()


def _place() -> DiskStore | ObjectStore:
    return cast("DiskStore | ObjectStore", default_storage)


def _names(paper: Paper) -> list[str]:
    return [str(one.name) for one in (paper.file, paper.preview) if one.name]


def _month(now: datetime, back: int) -> str:
    """Return the folder of a month so many months back."""
    today = timezone.localdate(now)
    years, month = divmod(today.year * 12 + today.month - 1 - back, 12)
    return f"{years:04}/{month + 1:02}"
