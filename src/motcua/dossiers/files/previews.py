"""A small picture of what a paper shows: at once where it is a picture, a little later where it is a PDF.

A PDF's first page is drawn in the background by a process of its own (``first_page``). Where that fails, say because
the file asks for a password or was made to hurt, the page shows a plain tile.
"""

from __future__ import annotations

import logging
import os
import subprocess  # nosec B404 # for our own programs
import sys
from datetime import datetime
from typing import Final

from motcua.dossiers.files import store
from motcua.dossiers.files.reading import PDF, PaperRefused, ReadPaper, one_at_a_time
from motcua.dossiers.files.thumbnails import MOST_BYTES
from motcua.dossiers.models import Paper
from motcua.outbox.service import Load, Unreachable, put
from motcua.web.connections import give_connection_back

TOPIC: Final = "preview"
_log = logging.getLogger("motcua.papers")
_PATIENCE: Final = 20  # seconds; the process itself may compute for half of it
_JPEG: Final = b"\xff\xd8\xff"
_ENCRYPTION: Final = b"/Encrypt"  # never packed: it says how all else is read
_LOCKED: Final = "locked"
_SAID_OF_LOCKED: Final = b"password-protected"  # by the renderer


class NotDrawn(Exception):
    """A PDF has no first page that can be drawn, or it takes too much."""


def order_preview(paper: Paper, *, now: datetime) -> None:
    """Have a PDF's first page drawn a little later; runs in the transaction that keeps the paper."""
    if paper.media_type == PDF:
        put(topic=TOPIC, content={"paper": str(paper.pk)}, now=now)


def draw_ordered(load: Load) -> None:
    """Draw the preview that a parcel asks for; a courier.

    A file that has no first page to draw, or takes too much, goes without: that is nobody's business but the page's.

    Raises:
        Unreachable: the store cannot be used now.
    """
    wanted = Paper.objects.exclude(scan=Paper.Scan.INFECTED).filter(pk=load.content["paper"], preview="")
    paper = wanted.first()
    if paper is None:
        return
    try:
        with paper.file.open("rb") as file:
            content = file.read()
        drawn = first_page(content)
        name = store.keep_preview(paper, drawn)
    except (FileNotFoundError, NotDrawn) as reason:
        _log.info("papers.no_preview reason=%s", str(reason) if isinstance(reason, NotDrawn) else "no_file")
        return
    except OSError as error:
        raise Unreachable(type(error).__name__) from None
    if not wanted.update(preview=name) and not Paper.objects.filter(pk=paper.pk, preview=name).exists():
        # Drawn by nobody else, whose name would be the same, but deleted, or found to be infected, while it was drawn.
        paper.file.name, paper.preview.name = "", name
        store.drop(paper)


def refuse_locked(read: ReadPaper) -> None:
    """Refuse a PDF that nobody opens without its password; one that is only kept from being changed is opened by all.

    Raises:
        PaperRefused: it asks for one; or too much is being drawn.
    """
    if read.media_type != PDF or _ENCRYPTION not in read.content:
        return
    with one_at_a_time():
        give_connection_back()
        try:
            first_page(read.content)
        except NotDrawn as reason:
            if str(reason) == _LOCKED:
                raise PaperRefused(_LOCKED) from None


def first_page(pdf: bytes) -> bytes:
    """Return the first page of a PDF as a small JPEG. Raises NotDrawn: there is none, or it takes too much."""
    command = [sys.executable, "-m", "motcua.dossiers.files.first_page"]
    surroundings = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "RAYON_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603  # nosec B603 # our own interpreter and module, no word of anybody's
            command, input=pdf, env=surroundings, cwd="/", capture_output=True, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise NotDrawn("too_slow") from None
    if done.returncode and _SAID_OF_LOCKED in done.stderr:
        raise NotDrawn(_LOCKED)
    if done.returncode or not done.stdout.startswith(_JPEG) or len(done.stdout) > MOST_BYTES:
        raise NotDrawn("cannot_be_drawn")
    return done.stdout
