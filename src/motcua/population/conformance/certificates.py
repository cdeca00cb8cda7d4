"""Scenarios: TLS and certificates of both sides before our client. Certificates are made anew for each run.

On the day on which a certificate ends nothing is known about anybody: never a no.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from motcua.identity.register import CouldNotAsk, Trouble
from motcua.population.conformance.exchange import VERIFIED, Group, ask, line, told, unanswered
from motcua.population.conformance.messages import MATCH
from motcua.population.conformance.replay import Replay, http_reply, says
from motcua.population.conformance.scenario import Mismatch, Scenario

_TLS = unanswered(Trouble.TLS)


def certificate_scenarios() -> Iterator[Scenario]:
    """Yield all of them."""
    group = Group("Phần mềm của ta trước TLS và chứng thư")
    for name, server, client, expected in (
        ("chứng thư máy chủ do cơ quan được tin cấp", "good", (), VERIFIED),
        ("chứng thư máy chủ do cơ quan lạ cấp", "stranger", (), _TLS),
        ("chứng thư máy chủ đã hết hạn", "expired", (), _TLS),
        ("chứng thư máy chủ chưa đến ngày hiệu lực", "early", (), _TLS),
        ("chứng thư máy chủ mang tên khác", "other name", (), _TLS),
        ("máy chủ đòi chứng thư của ta và ta có", "good, asks", ("good",), VERIFIED),
        ("máy chủ đòi chứng thư của ta mà ta không có", "good, asks", (), _TLS),
        ("chứng thư của ta do cơ quan lạ cấp", "good, asks", ("stranger",), _TLS),
        ("chứng thư của ta đã hết hạn", "good, asks", ("expired",), _TLS),
        ("chứng thư của ta chưa đến ngày hiệu lực", "good, asks", ("early",), _TLS),
        (
            "chứng thư của ta đã hết hạn, chứng thư kế tiếp còn hạn",
            "good, asks",
            ("expired", "good"),
            VERIFIED,
        ),
        (
            "chứng thư của ta còn hạn, chứng thư kế tiếp chưa đến ngày",
            "good, asks",
            ("good", "early"),
            VERIFIED,
        ),
        ("cả hai chứng thư của ta đã hết hạn", "good, asks", ("expired", "expired"), _TLS),
    ):
        yield group.scenario(f"TLS, {name}: {expected}", expected, _over_tls(server, client, expected))
    yield group.scenario(
        "TLS, tệp chứng thư của ta không phải chứng thư: chưa kiểm tra được",
        unanswered(Trouble.CONFIGURATION),
        _no_certificate,
    )


class _Office:
    """An authority in a folder, and what it signs."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._now = datetime.now(UTC)

    @cached_property
    def _authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        return self._make_authority("trusted")

    def _make_authority(self, name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(name, name, key.public_key(), -1, 1).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return builder.sign(key, hashes.SHA256()), key

    def _builder(
        self, name: str, issuer: str, key: ec.EllipticCurvePublicKey, first: int, last: int
    ) -> x509.CertificateBuilder:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        return (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(issuer))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now + timedelta(days=first))
            .not_valid_after(self._now + timedelta(days=last))
        )

    def authority_file(self) -> str:
        """Return the path of the trusted authority's certificate."""
        path = self._folder / "authority.pem"
        path.write_bytes(self._authority[0].public_bytes(Encoding.PEM))
        return str(path)

    def certificate_files(self, kind: str, place: str) -> tuple[str, str]:
        """Make a certificate: good, expired, early, "other name", or signed by a stranger; return it and its key."""
        first, last = {"expired": (-3, -1), "early": (1, 3)}.get(kind, (-1, 1))
        _, issuer_key = self._make_authority("stranger") if kind == "stranger" else self._authority
        alternative: x509.GeneralName = x509.IPAddress(IPv4Address("127.0.0.1"))
        if kind == "other name":
            alternative = x509.DNSName("elsewhere.example")
        key = ec.generate_private_key(ec.SECP256R1())
        issuer_name = "stranger" if kind == "stranger" else "trusted"
        certificate = (
            self._builder(kind, issuer_name, key.public_key(), first, last)
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .sign(issuer_key, hashes.SHA256())
        )
        paths = self._folder / f"{place}.pem", self._folder / f"{place}.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return str(paths[0]), str(paths[1])


def _over_tls(server: str, client: tuple[str, ...], expected: str) -> Callable[[], str]:
    def observe() -> str:
        with TemporaryDirectory(prefix="motcua-conformance-") as folder:
            office = _Office(folder)
            kind, _, wish = server.partition(", ")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*office.certificate_files(kind, "server"))
            if wish:
                context.load_verify_locations(office.authority_file())
                context.verify_mode = ssl.CERT_REQUIRED
            ours: dict[str, Any] = {"ca": office.authority_file()}
            for own, after in zip(client, ("", "_next"), strict=False):
                ours[f"client_cert{after}"], ours[f"client_key{after}"] = office.certificate_files(
                    own, f"client{after}"
                )
            with Replay(says(http_reply(MATCH)), tls=context) as replay:
                outcome = told(ask(line(replay.url, **ours)))
                if expected != VERIFIED and replay.received:
                    raise Mismatch(f"{outcome}, nhưng câu hỏi đã đến nơi")
                # A server that refuses our certificate may be gone before its word of it is read.
                is_cut = bool(wish) and outcome == unanswered(Trouble.CONNECTION)
                return _TLS if is_cut and expected == _TLS else outcome

    return observe


def _no_certificate() -> str:
    with TemporaryDirectory(prefix="motcua-conformance-") as folder:
        path = Path(folder) / "client.pem"
        path.write_text("không phải chứng thư", encoding="utf-8")
        try:
            return told(ask(line("https://127.0.0.1:9", client_cert=str(path), client_key=str(path))))
        except CouldNotAsk as error:  # raised where the gateway is opened: nothing can be asked at all
            return unanswered(error.trouble)
