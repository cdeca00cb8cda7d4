"""Calls the sandbox as other people's programs do; written from the protocol, shares nothing with either side."""

import base64
import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from tests.sandbox_process import SandboxProcess

LOOKUP = "TraCuuThongTinCongDan"
CONFIRM = "XacThucThongTinCongDan"
XROAD_PATH = "/r1/SANDBOX/GOV/BCA/CSDLDC/"
XROAD_HEADERS = {"X-Road-Client": "SANDBOX/GOV/HAIPHONG/MOTCUA", "ApiKey": "sbx-key-1"}
NS = {
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
    "dan": "http://dancuquocgia.bca",
    "npd": "http://www.mic.gov.vn/dancu/1.0",
}
AN = {
    "MaYeuCau": "H24-1", "MaDVC": "VPCP", "MaTichHop": "037", "MaCanBo": "999180000008", "SoDinhDanh": "999085000001",
    "HoVaTen": "NGUYENVANAN", "NgayThangNam": "19850307",
}  # fmt: skip


@dataclass
class Reply:
    """A reply as it came."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def text(self, path: str) -> str | None:
        """Return the text of the first element at an XPath."""
        found = etree.fromstring(self.body).xpath(path, namespaces=NS)
        return (found[0].text or "") if found else None

    @property
    def found_name(self) -> str | None:
        return self.text("//npd:CongDan/npd:HoVaTen/npd:Ten")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def fault(self) -> str | None:
        return self.text("//soap:Fault/faultstring")

    @property
    def fault_element(self) -> str | None:
        return self.text("//soap:Fault/detail/*[local-name()='element']")


def envelope(fields: dict[str, str], *, operation: str = LOOKUP, prefix: str = "dan") -> bytes:
    """Write a question; `Nam` and `NgayThangNam` go into NgayThangNamSinh."""
    parts = []
    for name, value in fields.items():
        element = f"<{prefix}:{name}>{value}</{prefix}:{name}>"
        if name in ("Nam", "NgayThangNam"):
            element = f"<{prefix}:NgayThangNamSinh>{element}</{prefix}:NgayThangNamSinh>"
        parts.append(element)
    return (
        f'<soapenv:Envelope xmlns:soapenv="{NS["soap"]}" xmlns:{prefix}="{NS["dan"]}"><soapenv:Header/><soapenv:Body>'
        f"<{prefix}:{operation}>{''.join(parts)}</{prefix}:{operation}></soapenv:Body></soapenv:Envelope>"
    ).encode()


def c06_headers(
    operation: str = LOOKUP,
    *,
    username: str = "sandbox_hp",
    secret: str = "sandbox-secret-1",
    unit: str = "ms",
    shift: float = 0,
) -> dict[str, str]:
    """Sign a call as C06 wants it; `shift` moves the clock by so many seconds."""
    now = time.time() + shift
    timestamp = str(int(now * 1000) if unit == "ms" else int(now))
    uri = f"/sandbox/csdldc/{operation.removesuffix('Request')}"
    digest = hashlib.sha256((uri + username + timestamp + secret).encode()).hexdigest()
    basic = base64.b64encode(f"{username}:{digest}".encode()).decode()
    return {"Authorization": f"Basic {basic}", "Timestamp": timestamp}


def send(
    sandbox: SandboxProcess,
    body: bytes | Iterable[bytes],
    *,
    path: str = f"/c06/{LOOKUP}",
    headers: dict[str, str],
    method: str = "POST",
    timeout: float = 20,
    tls: ssl.SSLContext | None = None,
) -> Reply:
    """Send one HTTP request on a connection of its own and read the whole reply; `tls` instead of the sandbox's own."""
    address = urlsplit(sandbox.url)
    connection = (
        http.client.HTTPSConnection(
            address.hostname or "", address.port, timeout=timeout, context=tls or sandbox.tls
        )
        if address.scheme == "https"
        else http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout)
    )
    try:
        connection.request(
            method, path, body=body, headers=headers, encode_chunked=not isinstance(body, bytes)
        )
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


def ask(
    sandbox: SandboxProcess,
    fields: dict[str, str] | None = None,
    *,
    operation: str = LOOKUP,
    headers: dict[str, str] | None = None,
    path: str | None = None,
    timeout: float = 20,
) -> Reply:
    """Ask a question straight, with everything right that is not said to be otherwise."""
    return send(
        sandbox, envelope(AN if fields is None else fields, operation=operation),
        path=path or f"/c06/{operation}",
        headers={"Content-Type": "application/xml", **c06_headers(operation), **(headers or {})}, timeout=timeout,
    )  # fmt: skip


def ask_xroad(
    sandbox: SandboxProcess,
    fields: dict[str, str] | None = None,
    *,
    operation: str = LOOKUP,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Ask a question through X-Road."""
    return ask(
        sandbox,
        fields,
        operation=operation,
        path=XROAD_PATH + operation,
        headers={**XROAD_HEADERS, **(headers or {})},
    )


LGSP_ACCESS = {
    "AccessKey": "sbx-access", "SecretKey": "sbx-secret", "AppName": "motcua", "PartnerCode": "000.00.00.H00",
    "PartnerCodeCus": "000.00.00.H00",
}  # fmt: skip


def lgsp_access(**changes: str) -> dict[str, str]:
    """Write the header lgspaccesstoken."""
    compact = json.dumps({**LGSP_ACCESS, **changes}, separators=(",", ":"))
    return {"lgspaccesstoken": base64.b64encode(compact.encode()).decode()}


def lgsp_token(sandbox: SandboxProcess, *, headers: dict[str, str] | None = None, **how: Any) -> Reply:
    """Fetch a token of the gateway."""
    body = how.pop("body", b"grant_type=client_credentials")
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return send(
        sandbox, body, path="/lgsp/token", headers={**kind, **lgsp_access(), **(headers or {})}, **how
    )


def ask_lgsp(
    sandbox: SandboxProcess,
    fields: dict[str, str] | None = None,
    *,
    token: str,
    officer: str = "canbo01:sandbox-pass",
    operation: str = LOOKUP,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Ask through the gateway, in the manner of S1."""
    given = {
        "Content-Type": "application/xml", "Authorization": f"Bearer {token}", **lgsp_access(),
        "AuthHash": base64.b64encode(officer.encode()).decode(),
    }  # fmt: skip
    body = envelope(AN if fields is None else fields, operation=operation, prefix="qldc")
    return send(sandbox, body, path=f"/lgsp/{operation}", headers={**given, **(headers or {})})


def json_token(sandbox: SandboxProcess, *, auth: str = "sbx-auth", **how: Any) -> Reply:
    """Fetch a token of the JSON adapters."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    path = "/lgsp-json/api/v1/Authentication/Token"
    return send(sandbox, b"", path=path, headers={**kind, "Auth": auth}, **how)


def ask_json(
    sandbox: SandboxProcess,
    style: str,
    fields: dict[str, Any] | bytes,
    *,
    token: str | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 20,
) -> Reply:
    """Ask a JSON adapter; a token is fetched when none is given, and none sent when it is empty."""
    if token is None:
        token = json_token(sandbox).json["token"]
    given = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    path = style if style.startswith("/") else f"/lgsp-json/{style}"
    return send(sandbox, body, path=path, headers={**given, **(headers or {})}, timeout=timeout)
