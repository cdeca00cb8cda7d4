"""A stand-in for clamd that speaks its protocol over a loopback port: Debian's own takes a gigabyte of signatures."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

VIRUS = b"a stand-in for the EICAR test file"
SIGNATURE = "Eicar-Test-Signature"
_DEEPEST = 17  # files within files; what lies deeper is not looked at


class Clamd:
    """Answers one connection after another; ``says`` makes it answer otherwise, byte by byte if need be.

    Nothing larger than ``most`` is taken, and nothing larger than ``looks_up_to`` looked at; it says so of the latter
    only while ``tells_limits`` (AlertExceedsMax in clamd.conf), and "OK" otherwise.
    ``pause`` is how many seconds it thinks about a file; when it is stopped meanwhile, it hangs up.
    """

    def __init__(self, most: int = 25_000_000, *, port: int = 0) -> None:
        self.most = most
        self.looks_up_to = 100_000_000
        self.tells_limits = True
        self.pause = 0.0
        self.seen: list[bytes] = []
        self.says: Callable[[socket.socket], None] | None = None
        self._socket = socket.create_server(("127.0.0.1", port))
        self.address = self._socket.getsockname()
        self._is_to_end = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections."""
        self._is_to_end.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            with line:
                line.settimeout(5)
                with suppress(OSError):
                    self._answer(line)

    def _answer(self, line: socket.socket) -> None:
        if self.says is not None:
            return self.says(line)
        command = b""
        while not command.endswith(b"\0"):
            command += line.recv(1)
        if command == b"zINSTREAM\0":
            line.sendall(self._judged(line) + b"\0")
        else:
            line.sendall({b"zPING\0": b"PONG", b"zVERSION\0": b"ClamAV 1.4.3/27000"}[command] + b"\0")
        return None

    def _judged(self, line: socket.socket) -> bytes:
        content = b""
        while length := struct.unpack("!L", self._exactly(line, 4))[0]:
            if len(content) + length > self.most:
                return b"INSTREAM size limit exceeded. ERROR"
            content += self._exactly(line, length)
        if limit := self._exceeded(content):
            return (
                f"stream: Heuristics.Limits.Exceeded.{limit} FOUND".encode()
                if self.tells_limits
                else b"stream: OK"
            )
        if self._is_to_end.wait(self.pause):
            raise OSError("stopped")
        self.seen.append(content)
        if b"/Encrypt" in content:
            return b"stream: Heuristics.Encrypted.PDF FOUND"
        return f"stream: {SIGNATURE} FOUND".encode() if VIRUS in content else b"stream: OK"

    def _exceeded(self, content: bytes) -> str:
        if len(content) > self.looks_up_to:
            return "MaxFileSize"
        for _deeper in range(_DEEPEST):
            if not content.startswith(b"\x1f\x8b"):
                return ""
            content = gzip.decompress(content)
        return "MaxRecursion"

    def _exactly(self, line: socket.socket, length: int) -> bytes:
        got = b""
        while len(got) < length:
            more = line.recv(length - len(got))
            if not more:
                raise OSError("hung up")
            got += more
        return got
