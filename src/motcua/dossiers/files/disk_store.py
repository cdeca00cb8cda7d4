"""Papers as files in a folder of this machine; what ``store`` asks of a place, kept by a file system."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

_LITTLE: Final = 1024**3  # bytes; a day's papers of a busy office


class DiskStore(FileSystemStorage):
    """The folder ``MEDIA_ROOT``; nothing in it has an address on the web."""

    def url(self, name: str | None) -> str:
        """Refuse. Raises ValueError: papers are handed out by a view, which asks who wants them."""
        raise ValueError("papers have no address of their own")

    def _save(self, name: str, content: File[bytes]) -> str:
        """Keep a file so that it survives a power cut, or nothing of it. Raises OSError, say where there is no room."""
        try:
            kept: str = super()._save(name, content)  # type: ignore[misc]  # its types leave it out
            path = Path(self.path(kept))
            for what in (path, path.parent):
                written = os.open(what, os.O_RDONLY)
                try:
                    os.fsync(written)
                finally:
                    os.close(written)
        except BaseException:
            with suppress(OSError):
                self.delete(name)
            raise
        return kept

    def listed(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """List the files whose names begin with a prefix such as ``2026/11/a``, with the moment of their writing."""
        folder, _, beginning = prefix.rpartition("/")
        try:
            entries = os.scandir(self.path(folder))
        except FileNotFoundError:
            return
        with entries:
            for entry in entries:
                if entry.name.startswith(beginning) and entry.is_file(follow_symlinks=False):
                    yield (
                        f"{folder}/{entry.name}",
                        datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, UTC),
                    )

    def probe(self) -> str:
        """Write, read and delete a tiny file; see ``store.probe``."""
        name = f"probe-{uuid.uuid4().hex}"
        try:
            self.save(name, ContentFile(b"probe"))
            try:
                with self.open(name) as file:
                    if file.read() != b"probe":
                        raise OSError("what was written cannot be read")
            finally:
                self.delete(name)
            free = shutil.disk_usage(self.location).free
        except OSError as error:
            raise OSError(
                f"{self.location} cannot be written to ({error.strerror or error}); mend MOTCUA_STATE or its rights"
            ) from None
        if free < _LITTLE:
            raise OSError(
                f"{self.location} has {free // 1024**2} MB left; give MOTCUA_STATE more room, or move papers to an "
                "object store (PAPER_STORE=s3)"
            )
        return f"disk, {free // 1024**3} GB free"
