"""Whom a file beside the database belongs to: whoever serves must read it, also after root has seen to it."""

from __future__ import annotations

import errno
import os
import pwd
from contextlib import suppress
from pathlib import Path


def keep_owner(file: int, path: Path) -> None:
    """Give an open file that will replace another to whom that one belongs; a first one to whom the folder belongs.

    Args:
        file: descriptor of the new file.
        path: what it will replace, or where it will stand.

    Raises:
        OSError: the file that is there belongs to somebody else and we may not give him a new one; says what helps.
    """
    try:
        owner = path.stat()
    except FileNotFoundError:
        give_to_owner_of_folder(file, path)
        return
    if os.fstat(file).st_uid == owner.st_uid:
        return
    try:
        os.fchown(file, owner.st_uid, owner.st_gid)
    except PermissionError:
        user = _name(owner.st_uid)
        text = f"it belongs to {user}; run this as that user: sudo -u {user} motcua ..."
        raise PermissionError(errno.EPERM, text, str(path)) from None


def give_to_owner_of_folder(file: int, path: Path) -> None:
    """Let a file that root has just made belong to whom its folder belongs; anybody else keeps what he makes."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        with suppress(PermissionError):  # a root that may not, such as one of a container
            os.fchown(file, folder.st_uid, folder.st_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"
