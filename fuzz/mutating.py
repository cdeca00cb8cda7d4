"""A mutator of our own: deterministic, without knowledge of any format but what its tokens and separators tell it.

Byte flips find what nobody thought of; whole pieces doubled, swapped and spliced (an element, a member, a field, a
word) get past the parser and reach the rules behind it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SEPARATORS = (b"<", b">", b"|", b",", b'"', b" ", b"\n", b"\r\n", b"-", b"/")
_NUMBERS = (b"0", b"-1", b"1", b"2", b"64", b"255", b"9999999999", b"999085000001", b"1e999", b"\xd9\xa1")
_ANYWHERE = (
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\xcc\x81",
    b"\xc3\x90",
    b"\r\n",
    b" " * 70,
    b"'",
)

Reshape = Callable[[bytes, bytes, random.Random], bytes]


@dataclass(frozen=True)
class Mutator:
    """Makes new inputs out of known ones.

    `corpus` is what it splices from, `tokens` are pieces of the format, `longest` bounds the result in bytes. `reshape`
    knows the format and does half of the work where there is one.
    """

    corpus: Sequence[bytes]
    tokens: Sequence[bytes]
    longest: int
    reshape: Reshape | None = None

    def mutate(self, data: bytes, chance: random.Random) -> bytes:
        """Return `data` changed by one to six steps; the same `chance` gives the same result."""
        if self.reshape is not None and chance.random() < 0.5:
            shaped = self.reshape(data, chance.choice(self.corpus), chance)
            if shaped != data and len(shaped) <= self.longest:
                return shaped
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 6))):
            data = chance.choice(_STEPS)(self, data, chance)
        return data[: self.longest]

    def any_token(self, chance: random.Random) -> bytes:
        """Return a piece of the format, a number or something that hurts anywhere."""
        return chance.choice((*self.tokens, *self.tokens, *_NUMBERS, *_ANYWHERE))


def _range(data: bytes, chance: random.Random) -> tuple[int, int]:
    """Return a stretch of `data`, mostly a short one."""
    start = chance.randint(0, len(data))
    longest = chance.choice((1, 4, 16, 64, len(data)))
    return start, min(len(data), start + chance.randint(0, longest))


def _flip(_: Mutator, data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def _replace(_: Mutator, data: bytes, chance: random.Random) -> bytes:
    start, end = _range(data, chance)
    return data[:start] + chance.randbytes(min(end - start, 16)) + data[end:]


def _delete(_: Mutator, data: bytes, chance: random.Random) -> bytes:
    start, end = _range(data, chance)
    return data[:start] + data[end:]


def _repeat(mutator: Mutator, data: bytes, chance: random.Random) -> bytes:
    start, end = _range(data, chance)
    times = chance.choice((2, 2, 3, 10, 100, 1000))
    if end > start:
        times = min(times, 1 + mutator.longest // (end - start))
    return data[:start] + data[start:end] * times + data[end:]


def _insert(mutator: Mutator, data: bytes, chance: random.Random) -> bytes:
    place = chance.randint(0, len(data))
    return data[:place] + mutator.any_token(chance) + data[place:]


def _overwrite(mutator: Mutator, data: bytes, chance: random.Random) -> bytes:
    start, end = _range(data, chance)
    return data[:start] + mutator.any_token(chance) + data[end:]


def _splice(mutator: Mutator, data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(mutator.corpus)
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def _cut_out(mutator: Mutator, data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(mutator.corpus)
    start, end = _range(other, chance)
    place = chance.randint(0, len(data))
    return data[:place] + other[start:end] + data[place:]


def _pieces(mutator: Mutator, data: bytes, chance: random.Random) -> bytes:
    """Drop, double, swap or overwrite one piece between two separators."""
    separator = chance.choice([one for one in SEPARATORS if one in data] or [b"\x00"])
    pieces = data.split(separator)
    one, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    match chance.randrange(4):
        case 0:
            del pieces[one]
        case 1:
            pieces.insert(other, pieces[one])
        case 2:
            pieces[one], pieces[other] = pieces[other], pieces[one]
        case _:
            pieces[one] = mutator.any_token(chance)
    return separator.join(pieces)


_STEPS: tuple[Callable[[Mutator, bytes, random.Random], bytes], ...] = (
    _flip, _replace, _delete, _repeat, _insert, _insert, _overwrite, _splice, _cut_out, _pieces, _pieces, _pieces,
)  # fmt: skip
