"""The server under examination: where it is, who we are to it, whom it knows; and plain HTTP to it."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from motcua.population.conformance.scenario import Mismatch

LOOKUP = "TraCuuThongTinCongDan"
CONFIRM = "XacThucThongTinCongDan"
_SECONDS = 5.0
_PATIENCE = 20  # times that a server may stay silent before nobody asks it any more
_LARGEST = 2_000_000


class TargetRefused(ValueError):
    """The address or the file of people cannot be used; the text says what is expected."""


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Somebody the server knows (or does not): numbers, the name as the register writes it, `yyyy-mm-dd` or `yyyy`."""

    number: str
    old_number: str
    name: str
    birth: str
    other_spelling: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it came; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8. Raises Mismatch when it is not."""
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError:
            raise Mismatch(f"HTTP {self.status}, thân không phải UTF-8") from None


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """The server under examination. Safe to share between threads."""

    url: str
    people: Mapping[str, Person]
    paths: Mapping[str, str]
    credentials: Mapping[str, str]
    tls: ssl.SSLContext | None
    silences: list[str] = field(default_factory=list)

    def send(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        operation: str = "",
        method: str = "POST",
    ) -> Reply:
        """Send one request on a connection of its own and return the reply.

        `path` is one of the names in `paths`, or a path itself. Raises Mismatch when no HTTP reply comes.
        """
        if len(self.silences) >= _PATIENCE:
            raise Mismatch(f"máy chủ đã {_PATIENCE} lần không trả lời, không hỏi nữa")
        address = urlsplit(self.url)
        host = address.hostname or ""
        connection = (
            http.client.HTTPSConnection(host, address.port, timeout=_SECONDS, context=self.tls)
            if address.scheme == "https"
            else http.client.HTTPConnection(host, address.port, timeout=_SECONDS)
        )
        wanted = address.path.rstrip("/") + self.paths.get(path, path).replace("{operation}", operation)
        try:
            connection.request(method, wanted, body=body, headers=dict(headers))
            response = connection.getresponse()
            content = response.read(_LARGEST)
            named = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, named, content)
        except TimeoutError:
            self.silences.append(wanted)
            raise Mismatch(f"không có trả lời trong {_SECONDS:g} giây") from None
        except (OSError, http.client.HTTPException) as error:
            raise Mismatch(f"không có trả lời HTTP: {type(error).__name__}") from None
        finally:
            connection.close()


def examine(url: str, *, credentials: Mapping[str, Any], file: Path | None = None) -> Target:
    """Return the server to examine.

    Args:
        url: its address without the paths of the façades, such as http://127.0.0.1:8001.
        credentials: the product's settings NPD_…; what is missing or empty there is the sandbox's own.
        file: JSON in the form of `sandbox.json` beside this module; each of its parts takes the place of ours.

    Raises TargetRefused.
    """
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        is_usable = is_usable and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        is_usable = False
    if not is_usable:
        raise TargetRefused("--url: expected an address such as http://127.0.0.1:8001")
    data: dict[str, dict[str, Any]] = json.loads(
        resources.files(__package__).joinpath("sandbox.json").read_text(encoding="utf-8")
    )
    given = {name: str(value) for name, value in credentials.items() if name.startswith("NPD_") and value}
    data["credentials"] |= given
    if file is not None:
        _take_over(data, file)
    try:
        people = {role: Person(**person) for role, person in data["people"].items()}
    except TypeError:
        raise TargetRefused("--people: a person has number, old_number, name, birth") from None
    return Target(url, people, data["paths"], data["credentials"], _tls(parts.scheme, data["credentials"]))


def unreachable(target: Target) -> str:
    """Say why no HTTP reply at all comes from the server; empty when one does."""
    try:
        target.send("/", b"", {}, method="GET")
    except Mismatch as mismatch:
        return str(mismatch)
    return ""


def _take_over(data: dict[str, dict[str, Any]], file: Path) -> None:
    try:
        own = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise TargetRefused(f"--people: {file} cannot be read") from None
    except ValueError:
        raise TargetRefused(f"--people: {file} is not JSON in UTF-8") from None
    for part, entries in own.items() if isinstance(own, dict) else [("", None)]:
        if part not in data or not isinstance(entries, dict) or not set(entries) <= set(data[part]):
            raise TargetRefused(
                "--people: expected an object of people, paths and credentials, with the names of sandbox.json"
            )
        data[part] |= entries


def _tls(scheme: str, credentials: Mapping[str, str]) -> ssl.SSLContext | None:
    if scheme != "https":
        return None
    try:
        context = ssl.create_default_context(cafile=credentials.get("NPD_CA") or None)
        if credentials.get("NPD_CLIENT_CERT"):
            context.load_cert_chain(credentials["NPD_CLIENT_CERT"], credentials.get("NPD_CLIENT_KEY") or None)
    except (OSError, ssl.SSLError):
        raise TargetRefused("NPD_CA, NPD_CLIENT_CERT, NPD_CLIENT_KEY: expected PEM files that fit") from None
    return context
