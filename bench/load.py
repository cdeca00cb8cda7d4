"""An open-model load: requests leave by the clock, whether or not earlier ones have been answered.

A latency counts from the moment at which its request was *due*, so that a server that falls behind cannot hide it.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_PATIENCE = 30.0  # seconds
TOLD_TO_WAIT = "told to wait"  # among what is wrong: status 503 with Retry-After


@dataclass(frozen=True)
class Stream:
    """Requests of one kind at a steady rate.

    ``request`` makes the whole request of a place in the row, counted from ``first``; ``mark`` is what a right answer,
    of status 200, contains.
    """

    rate: float
    request: Callable[[int], bytes]
    mark: bytes
    first: int = 0


@dataclass
class Taken:
    """How a load went; latencies in milliseconds, in the order in which requests were due."""

    rate: float
    latencies: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def answered_per_second(self) -> float:
        """Return the right answers a second that really came."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        """Return a percentile of the latencies, infinite when nothing came back right."""
        if len(self.latencies) < 2:
            return float("inf")
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1]


class _Lost(Exception):
    """The server closed the connection before it answered."""


class _Connections:
    """Kept connections; as many as are needed at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def exchange(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Send a whole request and return status, head and body; tried once more on a kept connection that had gone."""
        is_kept = bool(self._free)
        pair = self._free.pop() if is_kept else await asyncio.open_connection("127.0.0.1", self._port)
        try:
            answer = await _exchanged(*pair, request)
        except (OSError, _Lost, asyncio.IncompleteReadError):
            pair[1].close()
            if not is_kept:
                raise
            pair = await asyncio.open_connection("127.0.0.1", self._port)
            answer = await _exchanged(*pair, request)
        self._free.append(pair)
        return answer

    def close(self) -> None:
        """Close them all."""
        while self._free:
            self._free.pop()[1].close()


async def _exchanged(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes, bytes]:
    writer.write(request)
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            raise _Lost from None
        raise
    head = head.lower()
    lines = head.split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), None)
    if length is not None:
        return int(head[9:12]), head, await reader.readexactly(length)
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return int(head[9:12]), head, body


def drive(*, port: int, seconds: float, streams: list[Stream]) -> list[Taken]:
    """Send requests of every stream at its rate, and wait for the last answer.

    Args:
        port: of the product on loopback.
        seconds: for how long requests leave.
        streams: what is sent; all begin at one moment.

    Returns:
        How each stream went.
    """
    gc.disable()
    try:
        return asyncio.run(_drive(port, seconds, streams))
    finally:
        gc.enable()


def together(takens: Iterable[Taken]) -> Taken:
    """Return several loads as one."""
    whole = Taken(0.0)
    for taken in takens:
        whole.rate += taken.rate
        whole.latencies += taken.latencies
        whole.wrong += taken.wrong
        whole.seconds = max(whole.seconds, taken.seconds)
    return whole


async def _drive(port: int, seconds: float, streams: list[Stream]) -> list[Taken]:
    connections = _Connections(port)
    prepared = [
        [stream.request(stream.first + place) for place in range(round(stream.rate * seconds))]
        for stream in streams
    ]
    began = time.monotonic() + 0.1
    async with asyncio.TaskGroup() as group:
        under_way = [
            group.create_task(_send(connections, stream, requests, began))
            for stream, requests in zip(streams, prepared, strict=True)
        ]
    connections.close()
    return [task.result() for task in under_way]


async def _send(connections: _Connections, stream: Stream, prepared: list[bytes], began: float) -> Taken:
    taken = Taken(stream.rate)
    latencies: list[float | None] = [None] * len(prepared)

    async def one(place: int, due: float) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                status, head, body = await connections.exchange(prepared[place])
        except TimeoutError:
            taken.wrong["no answer"] += 1
        except (OSError, _Lost, asyncio.IncompleteReadError) as error:
            taken.wrong[type(error).__name__] += 1
        else:
            if status == 200 and stream.mark in body:
                latencies[place] = (time.monotonic() - due) * 1000
            elif status == 503 and b"\r\nretry-after:" in head:
                taken.wrong[TOLD_TO_WAIT] += 1
            else:
                taken.wrong[f"status {status}" if status != 200 else "another outcome"] += 1

    async with asyncio.TaskGroup() as group:
        for place in range(len(prepared)):
            due = began + place / stream.rate
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            group.create_task(one(place, due))
    taken.seconds = time.monotonic() - began
    taken.latencies = [latency for latency in latencies if latency is not None]
    return taken
