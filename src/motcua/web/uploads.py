"""Files that come with a form: no page takes one unless it says so before anybody looks at the form."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest


class NoFile(FileUploadHandler):
    """Refuses the whole form (400) at the first byte of a file.

    Without it any page would write files of any size to the disk before its form, or the token in it, is looked at.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Refuse. Raises TooManyFilesSent."""
        raise TooManyFilesSent("a file for a page that takes none")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Never called."""
        raise TooManyFilesSent("a file for a page that takes none")

    def file_complete(self, file_size: int) -> None:
        """Never called."""


def content_length(request: HttpRequest) -> int:
    """Return how many bytes a request says that it brings; 0 where it says nothing, or nonsense."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0


def take_files(request: HttpRequest, *, most: int) -> bool:
    """Let this request bring files, unless it says that it brings more bytes; say whether it may.

    Call it before anything of its form is read.

    Args:
        request: with a form.
        most: how many bytes all of it may have.
    """
    if content_length(request) > most:
        return False
    request.upload_handlers = [MemoryFileUploadHandler(request), TemporaryFileUploadHandler(request)]
    return True
