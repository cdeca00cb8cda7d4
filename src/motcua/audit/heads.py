"""Signed heads outside the database: a file of one line a batch, and a copy of it where an operator wants one.

Who can write to the database can cut its end or put yesterday's back; he cannot also take the heads out of a file that
he cannot reach. The last line is what matters: it vouches for everything before it.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from motcua.audit.chain import Header, as_json
from motcua.sealing import key_id, public_key, sign, verify_signature
from motcua.sealing.files import give_to_owner_of_folder, keep_owner

_PURPOSE: Final = "audit"
_LARGEST: Final = 16 << 20  # bytes after which the older three quarters of the file are dropped
_FIELDS: Final = tuple(field.name for field in fields(Header))


@dataclass(frozen=True, slots=True)
class Head:
    """A header with its head and the signature over it."""

    header: Header
    head: str
    signature: str

    def line(self) -> str:
        """Return it as one line of the file, without the line's end."""
        return as_json(
            {field: getattr(self.header, field) for field in _FIELDS}
            | {"head": self.head, "signature": self.signature}
        )

    def trouble(self) -> str:
        """Say what is wrong with it in itself; nothing when it is ours, or of a key that is not here any more."""
        if self.header.head != self.head:
            return "its fields do not give its head"
        if self.header.key not in keys():
            return ""
        if not verify_signature(keys()[self.header.key], self.header.text(), _bytes(self.signature)):
            return "its signature is not ours"
        return ""

    @property
    def is_of_a_known_key(self) -> bool:
        """Say whether the key of its signature is one of ours today."""
        return self.header.key in keys()


def keys() -> dict[str, bytes]:
    """Return the public keys whose signatures are ours, by their names."""
    return {present_key(): head_key()}


def head_key() -> bytes:
    """Return the public key of this installation's heads, as PEM."""
    return public_key(_PURPOSE)


def present_key() -> str:
    """Return the name of the key that signs now."""
    return key_id(head_key())


def signed(header: Header) -> Head:
    """Return a header signed as this installation."""
    return Head(header, header.head, sign(_PURPOSE, header.text()).hex())


@dataclass(frozen=True, slots=True)
class Heads:
    """What a file of heads holds.

    ``bad_lines`` are the numbers of lines that are no heads, or not ours; ``is_end_bad`` when one of them is the last.
    """

    path: Path
    is_there: bool
    heads: list[Head]
    bad_lines: list[int]
    is_end_bad: bool

    @property
    def highest(self) -> Head | None:
        """Return the head of the highest batch."""
        return max(self.heads, key=lambda one: one.header.number, default=None)


def read(path: Path) -> Heads:
    """Read a file of heads.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Heads(path, False, [], [], False)
    return _heads(path, raw.split(b"\n"))


def read_end(path: Path) -> Heads:
    """Read the last line of a file of heads, which is quick however long the file is.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        with path.open("rb") as file:
            size, block = file.seek(0, os.SEEK_END), 4096
            while True:
                file.seek(max(0, size - block))
                whole, _, last = file.read().rstrip().rpartition(b"\n")
                if whole or block >= size:
                    return _heads(path, [last])
                block *= 4
    except FileNotFoundError:
        return Heads(path, False, [], [], False)


def append(path: Path, head: Head) -> None:
    """Add a head to a file that does not end with it or a later one, and wait until the disk has it.

    Raises:
        OSError: it cannot be written.
    """
    with _locked(path) as file:
        highest = read_end(path).highest
        if highest is not None and highest.header.number >= head.header.number:
            return
        size = os.fstat(file).st_size
        is_torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        os.write(file, (b"\n" if is_torn else b"") + head.line().encode() + b"\n")
        os.fsync(file)


def begin(path: Path) -> None:
    """Make a file of heads, empty, where there is none.

    Raises:
        OSError: it cannot be written.
    """
    with _locked(path) as file:
        os.fsync(file)


def shorten(path: Path) -> None:
    """Drop the older lines of a file that has grown large.

    Raises:
        OSError: it cannot be written.
    """
    if path.stat().st_size <= _LARGEST:
        return
    with _locked(path) as old:
        size, quarter = os.fstat(old).st_size, _LARGEST // 4
        if size <= _LARGEST:
            return
        kept = os.pread(old, quarter, size - quarter).partition(b"\n")[2]
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as new:
                keep_owner(handle, path)
                new.write(kept)
                new.flush()
                os.fsync(handle)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open a file of heads, made if it is missing, and keep every other sealer from writing to it meanwhile."""
    while True:
        is_new = not path.exists()
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
                if is_new:
                    give_to_owner_of_folder(file, path)
                yield file
                return
        finally:
            os.close(file)
        # Somebody put a shortened file there while we waited.


def _heads(path: Path, lines: list[bytes]) -> Heads:
    found, bad, is_end_bad = [], [], False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        head = _parsed(line)
        is_end_bad = head is None
        if head is None:
            bad.append(number)
        else:
            found.append(head)
    return Heads(path, True, found, bad, is_end_bad)


def _parsed(line: bytes) -> Head | None:
    try:
        found: dict[str, Any] = json.loads(line)
        header = Header(**{field: found[field] for field in _FIELDS})
        head = Head(header, found["head"], found["signature"])
        return None if head.trouble() else head
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
