"""The keys under which values are sealed: outside the database, several at a time, read anew while the product runs.

A key is a line "id secret" of the file ``sealing.keys``, or of the variable that stands for it; the last line seals,
every line opens. Where there is none, and for values of the time before there were any, the key is the one derived
from ``SECRET_KEY``.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.conf import settings

from motcua.sealing.files import keep_owner

_log = logging.getLogger("motcua.sealing")
LOOK_EVERY: Final = 1.0  # seconds between two looks at the file
_BETWEEN: Final = re.compile(r"[\r\n,]")
_LINE: Final = re.compile(r"([0-9a-f]{8})[ \t]+([^\s,]{32,})")


class BadKeys(ValueError):
    """The text of the keys cannot be read; says which line, and nothing of what stands there."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """One key: eight hexadecimal digits that stand before every value it sealed, and the secret."""

    id: str
    secret: str


@dataclass(slots=True)
class _Ring:
    """The keys as they were read last, and from where."""

    source: tuple[str, Path]
    stamp: tuple[int, ...]
    keys: tuple[Key, ...]
    looked_at: float
    unknown: set[str] = field(default_factory=set)  # ids that a second reading did not bring either


_ring: _Ring | None = None
_reading = threading.Lock()


def read_keys(text: str) -> tuple[Key, ...]:
    """Read keys, oldest first.

    Args:
        text: one key a line (or before a comma) as "id secret": eight hexadecimal digits, and 32 or more signs without
            blanks. Empty lines and lines that begin with "#" are left out.

    Raises:
        BadKeys: a line is none of these, or an id comes twice.
    """
    keys: dict[str, Key] = {}
    for number, line in enumerate(_BETWEEN.split(text), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None or found[1] in keys:
            raise BadKeys(f'line {number}: expected "id secret", each id once (eight of 0-9a-f)')
        keys[found[1]] = Key(*found.groups())
    return tuple(keys.values())


def known() -> tuple[Key, ...]:
    """Return all keys, oldest first; a changed file is noticed within ``LOOK_EVERY`` seconds."""
    return _current().keys


def newest() -> Key | None:
    """Return the key that seals; None where values are sealed under the key derived from ``SECRET_KEY``."""
    keys = known()
    return keys[-1] if keys else None


def find(key_id: str) -> Key | None:
    """Return the key with an id; one that is not known yet is looked for in the file once more."""
    ring = _current()
    for key in ring.keys:
        if key.id == key_id:
            return key
    if key_id in ring.unknown:
        return None
    ring = _read(ring.source, before=ring)
    found = next((key for key in ring.keys if key.id == key_id), None)
    if found is None:
        ring.unknown.add(key_id)
    return found


def new_key() -> Key:
    """Draw a key, without writing it anywhere."""
    return Key(secrets.token_hex(4), secrets.token_urlsafe(48))


def add_key() -> Key:
    """Make a new key and write it as the last line of the file, which is made if it is missing.

    Every process seals with it as soon as it looks at the file.

    Raises:
        BadKeys: what stands in the file cannot be read.
        OSError: the file cannot be written.
    """
    key = new_key()
    with _changing() as keys:
        _write([*keys, key])
    return key


def remove_key(key_id: str) -> None:
    """Take a key out of the file for ever.

    Raises:
        KeyError: there is no such key, or it is the one that seals.
        BadKeys: what stands in the file cannot be read.
        OSError: the file cannot be written.
    """
    with _changing() as keys:
        if key_id not in [key.id for key in keys[:-1]]:
            raise KeyError(key_id)
        _write([key for key in keys if key.id != key_id])


def is_given() -> bool:
    """Say whether the keys come from a variable's value, which only the operator can change."""
    return bool(settings.SEALING_KEYS)


def seconds_since_change() -> float:
    """Return for how long the file has been as it is."""
    return time.time() - settings.SEALING_KEYS_FILE.stat().st_mtime


def make_first_key(path: Path) -> None:
    """Make the file with its first key, unless somebody else was faster."""
    make_once(path, _line_of(new_key()))


def make_once(path: Path, text: str) -> bool:
    """Make a file that its owner alone reads, unless it is there; it is never there half written.

    Returns:
        Whether it was made; False where somebody else was faster.

    Raises:
        OSError: it cannot be written.
    """
    written = _beside(path, text)
    try:
        os.link(written, path)
    except FileExistsError:
        return False
    finally:
        written.unlink()
    return True


def _current() -> _Ring:
    ring, source = _ring, (settings.SEALING_KEYS, settings.SEALING_KEYS_FILE)
    if ring is None or ring.source != source:
        return _read(source)
    now = time.monotonic()
    if now - ring.looked_at >= LOOK_EVERY:
        if not source[0] and _stamp(source[1]) != ring.stamp:
            return _read(source, before=ring)
        ring.looked_at = now
    return ring


def _read(source: tuple[str, Path], before: _Ring | None = None) -> _Ring:
    """Read the keys; where that fails, those that were read before still hold."""
    global _ring
    text, path = source
    with _reading:
        now, stamp = time.monotonic(), () if text else _stamp(path)
        try:
            if not stamp and before is not None and before.stamp:
                raise FileNotFoundError(path)
            keys = read_keys(text or (path.read_text(encoding="ascii") if stamp else ""))
        except (OSError, ValueError) as error:
            if before is None:
                raise
            _log.error("sealing.keys_unreadable error=%s", type(error).__name__)
            keys, stamp = before.keys, before.stamp
        _ring = _Ring(source, stamp, keys, now)
        return _ring


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what changes whenever the file does; nothing when there is no file."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_mtime_ns, found.st_size)


@contextmanager
def _changing() -> Iterator[tuple[Key, ...]]:
    """Keep everybody else from changing the file, and give what stands in it."""
    path: Path = settings.SEALING_KEYS_FILE
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield read_keys(path.read_text(encoding="ascii") if path.exists() else "")
    finally:
        os.close(folder)


def _write(keys: Sequence[Key]) -> None:
    path: Path = settings.SEALING_KEYS_FILE
    _beside(path, _line_of(*keys)).replace(path)


def _line_of(*keys: Key) -> str:
    return "".join(f"{key.id} {key.secret}\n" for key in keys)


def _beside(path: Path, text: str) -> Path:
    """Write a file in the same folder, down to the disk, for the owner of the one at the path alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            keep_owner(handle, path)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        os.unlink(name)
        raise
    return Path(name)
