"""A register that knows the crowd and always takes the same time: ``python -m bench.stub PORT SECONDS``.

It speaks just enough of the direct wire (C06) and verifies nothing. SIGUSR1 makes it hang: it takes questions and never
answers. SIGUSR2 makes it answer again. ``GET /asked`` lists the ids (MaYeuCau) of all whole questions that reached it,
one a line, in their order.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys

from bench.crowd import known_by

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb"MaYeuCau>([^<]{1,80})<")
_NUMBER = re.compile(rb"SoDinhDanh>(\d{12})<")
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<n:CongdanCollection xmlns:n="http://www.mic.gov.vn/dancu/1.0">{citizen}</n:CongdanCollection>'
    "</soapenv:Body></soapenv:Envelope>"
)
_PLACE = (
    "<n:MaTinhThanh>31</n:MaTinhThanh><n:MaQuanHuyen/><n:MaPhuongXa>10525</n:MaPhuongXa>"
    "<n:ChiTiet>SỐ 1 PHỐ THỬ NGHIỆM</n:ChiTiet><n:QuocGia>VN</n:QuocGia>"
)
_CITIZEN = (
    "<n:CongDan><n:SoDinhDanh>{number}</n:SoDinhDanh><n:SoCMND/>"
    "<n:HoVaTen><n:Ho/><n:ChuDem/><n:Ten>{name}</n:Ten></n:HoVaTen><n:GioiTinh>1</n:GioiTinh><n:DanToc>01</n:DanToc>"
    "<n:NgayThangNamSinh><n:Nam>{year}</n:Nam><n:NgayThangNam>{birth}</n:NgayThangNam></n:NgayThangNamSinh>"
    f"<n:QuocTich>VN</n:QuocTich><n:ThuongTru>{_PLACE}</n:ThuongTru><n:NoiOHienTai>{_PLACE}</n:NoiOHienTai></n:CongDan>"
)


class _State:
    def __init__(self) -> None:
        self.is_hanging = False
        self.asked: list[bytes] = []


class Register(asyncio.Protocol):
    """One connection."""

    def __init__(self, state: _State, seconds: float) -> None:
        self._state, self._seconds = state, seconds
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole question after the fixed time."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._read, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._read) < whole:
                return
            head, question, self._read = self._read[:end], self._read[end + 4 : whole], self._read[whole:]
            if head.startswith(b"GET "):
                self._write(b"\n".join(self._state.asked))
                continue
            self._state.asked += _ID.findall(question)
            asyncio.get_running_loop().call_later(self._seconds, self._answer, question)

    def _answer(self, question: bytes) -> None:
        if not self._state.is_hanging and not self._transport.is_closing():
            self._write(reply_to(question))

    def _write(self, body: bytes) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
            % len(body)
            + body
        )


def reply_to(question: bytes) -> bytes:
    """Return the reply to a question: the person of the crowd with this number, or nobody."""
    asked = _NUMBER.search(question)
    person = known_by(asked[1].decode()) if asked else None
    citizen = (
        _CITIZEN.format(
            number=person.number,
            name=person.full_name.upper(),
            year=person.birth[:4],
            birth=person.birth.replace("-", ""),
        )
        if person
        else ""
    )
    return _ENVELOPE.format(citizen=citizen).encode()


async def serve(port: int, seconds: float) -> None:
    """Listen on loopback until the process is ended."""
    loop, state = asyncio.get_running_loop(), _State()
    loop.add_signal_handler(signal.SIGUSR1, setattr, state, "is_hanging", True)
    loop.add_signal_handler(signal.SIGUSR2, setattr, state, "is_hanging", False)
    server = await loop.create_server(lambda: Register(state, seconds), "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
    except KeyboardInterrupt:
        sys.exit(0)
