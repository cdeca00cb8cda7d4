"""How an answer goes out: at once, late, byte by byte, half, or never."""

import errno
import select
import socket
import struct
import time
from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from npdsandbox.answers import Answer
from npdsandbox.troubles import TroubleKind


def deliver(answer: Answer, connection: socket.socket | None) -> HttpResponseBase:
    """Turn an answer into a response.

    Args:
        answer: what to send, and the trouble that meets it.
        connection: the caller's socket, needed for the troubles of the connection itself.
    """
    trouble = answer.trouble
    body = answer.body
    content: Iterator[bytes] | None = None
    match trouble.kind if trouble else None:
        case TroubleKind.DELAY if trouble:
            time.sleep(trouble.seconds)
        case TroubleKind.TRUNCATED_XML:
            body = body[: len(body) // 2]
        case TroubleKind.DRIP if trouble:
            content = _drip(body, trouble.seconds)
        case TroubleKind.HALF_BODY:
            content = _half(body, connection)
        case TroubleKind.RESET:
            content = _hang_up(connection, 0)
        case TroubleKind.NO_ANSWER if trouble:
            content = _hang_up(connection, trouble.seconds)
    response: HttpResponseBase
    if content is None:
        response = HttpResponse(body, status=answer.status, content_type=answer.content_type)
    else:
        response = StreamingHttpResponse(content, status=answer.status, content_type=answer.content_type)
    for name, value in answer.headers.items():
        response[name] = value
    response["Content-Length"] = str(len(body))
    return response


def _drip(body: bytes, seconds: float) -> Iterator[bytes]:
    for place in range(len(body)):
        yield body[place : place + 1]
        time.sleep(seconds)


def _half(body: bytes, connection: socket.socket | None) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    yield from _hang_up(connection, 0)


def _hang_up(connection: socket.socket | None, seconds: float) -> Iterator[bytes]:
    """Hold the connection until the caller leaves or the time is over, then reset it."""
    if connection is not None:
        if seconds:
            select.select([connection], [], [], seconds)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # With its number gunicorn takes it for a caller who left, and writes nothing.
    raise ConnectionResetError(errno.ECONNRESET, "hung up on demand")
    yield b""
