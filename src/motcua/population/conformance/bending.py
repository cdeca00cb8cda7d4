"""A right question to C06, of which a scenario bends one thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from motcua.population.conformance.families import c06_headers, escaped
from motcua.population.conformance.readings import QLDC, SOAP
from motcua.population.conformance.target import LOOKUP, Person, Reply, Target


class Calls:
    """Questions written element by element, so that a rule can bend one thing."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def fields(self, person: Person, **changes: str | None) -> dict[str, str]:
        """Return the elements of a right question about a person; a change to None leaves one out."""
        own = self.target.credentials
        birth = person.birth.replace("-", "")
        kind = "Nam" if len(birth) == 4 else "NgayThangNam"
        right: dict[str, str | None] = {
            "MaYeuCau": "CONFORMANCE-1",
            "MaDVC": own["NPD_PROCEDURE_CODE"],
            "MaTichHop": "037",
            "MaCanBo": own["NPD_PORTAL_OFFICER"],
            "SoDinhDanh": person.number,
            "HoVaTen": escaped(person.name),
            "NgayThangNamSinh": f"<dan:{kind}>{birth}</dan:{kind}>",
        }
        return {name: text for name, text in (right | changes).items() if text is not None}

    def body(self, fields: Mapping[str, str], *, root: str = LOOKUP) -> bytes:
        """Write the request."""
        inner = "".join(f"<dan:{name}>{text}</dan:{name}>" for name, text in fields.items())
        return (
            f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:dan="{QLDC}"><soapenv:Header/><soapenv:Body>'
            f"<dan:{root}>{inner}</dan:{root}></soapenv:Body></soapenv:Envelope>"
        ).encode()

    def send(
        self, body: bytes, headers: Mapping[str, str] | None = None, *, operation: str = LOOKUP
    ) -> Reply:
        """Post to C06, signed; a header given takes the place of ours."""
        usual = {"Content-Type": "application/xml", **c06_headers(self.target, operation)}
        return self.target.send("c06", body, usual | dict(headers or {}), operation=operation)

    def bent(
        self,
        person: Person,
        *,
        change: Callable[[bytes], bytes] = bytes,
        reorder: Callable[[Mapping[str, str]], Mapping[str, str]] = dict,
        headers: Mapping[str, str] | None = None,
        unit: str = "ms",
    ) -> Reply:
        """Ask about a person with the body, the order of its elements, the headers or the clock's unit changed."""
        body = change(self.body(reorder(self.fields(person))))
        return self.send(body, c06_headers(self.target, LOOKUP, unit=unit) | dict(headers or {}))

    def ask(self, person: Person, **changes: str | None) -> Reply:
        """Ask about a person with some elements changed."""
        return self.send(self.body(self.fields(person, **changes)))
