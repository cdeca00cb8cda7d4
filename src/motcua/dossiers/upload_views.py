"""Files that come in pieces: the core of tus 1.0 (HEAD, PATCH, ``Upload-Offset``), begun by a form of our own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from motcua.accounts.access import citizen_required
from motcua.accounts.requests import CitizenRequest, UserRequest
from motcua.dossiers import uploads
from motcua.dossiers.files.reading import PaperRefused
from motcua.dossiers.models import Dossier
from motcua.dossiers.own_dossier_views import has_read_another, own_dossier
from motcua.dossiers.supplements import request_open
from motcua.dossiers.uploads import MOST_BYTES_OF_PIECE, NoUpload, OtherFile, UploadRefused, WrongPlace
from motcua.web.uploads import content_length

_VERSION = "1.0.0"
_PIECE = "application/offset+octet-stream"
_WAIT = ("busy", "away")  # reasons that pass by themselves


@citizen_required
@require_POST
def begin_upload(request: CitizenRequest, pk: UUID) -> HttpResponse:
    """Begin a file of one's own dossier."""
    own = own_dossier(request, pk)
    if "yeu-cau" in request.GET and has_read_another(request, request_open(own)):
        return words(str(uploads.TEXTS["no_such_line"]), 422)
    return begun(request, own, page="upload")


@citizen_required
@require_http_methods(["HEAD", "PATCH"])
def upload(request: CitizenRequest, pk: UUID, paper_pk: UUID) -> HttpResponse:
    """Go on with a file of one's own dossier."""
    return gone_on(request, own_dossier(request, pk), paper_pk)


@citizen_required
@require_POST
def cancel_upload(request: CitizenRequest, pk: UUID, paper_pk: UUID) -> HttpResponse:
    """Give up a file that is on its way to one's own dossier."""
    own = own_dossier(request, pk)
    uploads.cancel_upload(dossier=own, upload_id=paper_pk, by=request.user, now=timezone.now())
    return redirect("papers_step" if own.is_draft else "supplement", pk=pk)


def begun(request: UserRequest, dossier: Dossier, *, page: str) -> HttpResponse:
    """Begin a file, or find the one that broke off; say where its pieces go and from where on they are wanted.

    Args:
        request: says for which line of the page's form it is, its name and its size.
        dossier: as for ``uploads.begin_upload``.
        page: the name of the address that takes the pieces.
    """
    try:
        upload, is_new = uploads.begin_upload(
            dossier=dossier,
            key=request.POST.get("line", ""),
            name=request.POST.get("name", ""),
            size=_number(request.POST.get("size", "")) or 0,
            by=request.user,
            now=timezone.now(),
        )
    except (PaperRefused, UploadRefused) as refused:
        return words(refused.message, 422)
    where = reverse(page, args=[dossier.pk, upload.pk])
    return _answer(201 if is_new else 200, {"Location": where, "Upload-Offset": str(upload.received)})


def gone_on(request: HttpRequest, dossier: Dossier, upload_id: UUID) -> HttpResponse:
    """Say how much of a file there is (HEAD), or take its next piece (PATCH)."""
    if request.headers.get("Tus-Resumable") != _VERSION:
        return _answer(412, {"Tus-Version": _VERSION})
    which: dict[str, Any] = {
        "dossier": dossier,
        "upload_id": upload_id,
        "by": request.user,
        "now": timezone.now(),
    }
    try:
        if request.method == "HEAD":
            received, size = uploads.standing_of(**which)
            return _answer(200, {"Upload-Offset": str(received), "Upload-Length": str(size)})
        if request.content_type != _PIECE:
            return _answer(415)
        offset = _number(request.headers.get("Upload-Offset", ""))
        if offset is None:
            return _answer(400)
        if content_length(request) > MOST_BYTES_OF_PIECE:
            return _answer(413)
        beginning = request.headers.get("Upload-Beginning", "")
        received = uploads.add_piece(offset=offset, content=request.body, beginning=beginning, **which)
    except UnreadablePostError:
        return _answer(400)
    except NoUpload:
        return _answer(404)
    except WrongPlace as wrong:
        return _answer(409, {"Upload-Offset": str(wrong.received)})
    except OtherFile:
        return _answer(460)
    except UploadRefused as refused:
        return words(refused.message, 422)
    except PaperRefused as refused:
        return words(refused.message, 503 if refused.reason in _WAIT else 422)
    return _answer(204, {"Upload-Offset": str(received)})


def _number(text: str) -> int | None:
    """Return a count of bytes; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _answer(status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(status=status, headers={"Tus-Resumable": _VERSION, **(headers or {})})


def words(text: str, status: int) -> HttpResponse:
    """Answer with what the person reads."""
    return HttpResponse(
        text, status=status, headers={"Tus-Resumable": _VERSION}, content_type="text/plain; charset=utf-8"
    )
