"""A real mail server on loopback that does as it is told, and what a courier is given."""

from __future__ import annotations

import asyncio
import datetime
import email
import ipaddress
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from motcua.outbox.service import Load
from tests.postgres import free_port

AT = "2026-11-28T09:30:00+07:00"
USER, PASSWORD = "cong", "mat khau cua may chu thu"


def load(**changes: str) -> Load:
    """Return a message as a courier is given it."""
    content = {
        "to": "an@vidu.vn",
        "subject": "Hồ sơ H24.31.01-261123-0001 đã có kết quả",
        "body": "Vui lòng xem cách nhận kết quả.\n.\nhttps://cong.example/tra-cuu/",
        "at": AT,
    }
    return Load(uuid.uuid4(), "H24.31.01-261123-0001", content | changes, 1)


@dataclass
class Post:
    """What a mail server does: ``says`` maps a command or a recipient to its answer, ``took`` is what it took."""

    port: int
    says: dict[str, str] = field(default_factory=dict)
    took: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    pause: float = 0.0  # seconds between having a mail and saying so

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.took]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.says.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.says.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.says.get("DATA", "250 OK")
        content = envelope.content
        assert isinstance(content, bytes)
        if answer.startswith("250") or "TAKE" in self.says:
            mail = email.message_from_bytes(content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.took.append(mail)
            self.recipients += envelope.rcpt_tos
            self.was_encrypted.append(session.ssl is not None)
        await asyncio.sleep(self.pause)
        return answer


@contextmanager
def mail_server(port: int = 0, *, folder: Path | None = None, implicit: bool = False) -> Iterator[Post]:
    """Run a mail server; with a folder it asks for STARTTLS and a log-in, or speaks TLS at once."""
    post = Post(port or free_port())
    options: dict[str, Any] = {}
    if folder is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(folder))
        log_in = {"authenticator": _knows, "auth_required": True}
        starttls = {"tls_context": context, "require_starttls": True, **log_in}
        options = {"ssl_context": context} if implicit else starttls
    controller = Controller(post, hostname="127.0.0.1", port=post.port, **options)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


def _knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=is_right, handled=False)


def certificate(folder: Path) -> Path:
    """Write a key and its own certificate for 127.0.0.1 into one file, and return its path."""
    path = folder / "server.pem"
    if path.exists():
        return path
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
