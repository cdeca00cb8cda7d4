"""E-mail over SMTP: encrypted with a certificate that is verified, bounded in time, each try the same message.

What the server says decides who waits. If it is away, takes nothing, or refuses us (our log-in, our sender), all mails
wait. If it puts off one mail, or does not let us write to its recipient, that mail is tried again for as long as it is
useful; if it refuses one for good, that mail is given up. SMTP cannot do exactly once: a server that took a mail and
could not say so is given it again, with the same Message-ID and a bounded number of times.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any, Final

from django.conf import settings

from motcua.outbox.service import Courier, Failed, FateUnknown, Load, Refused, Unreachable, Unsendable

_TOTAL: Final = 45.0  # seconds for one mail, less than a courier's lease
_EACH: Final = 5.0  # seconds for one answer of the server
_TAKING: Final = (
    30.0  # seconds for the answer to a whole mail, which servers look through before they take it
)
_CLOSING: Final = 421
# Postfix and others say only when they hear of a recipient that they do not like sender, host or log-in: nobody's fault
# to whom the mail goes. The codes are of RFC 3463, the words for servers without them.
_ABOUT_US: Final = re.compile(rb"\b5\.7\.\d|\b5\.1\.[78]\b|relay|sender|authenti", re.IGNORECASE)
_HELP: Final = {
    "timeout": "it does not answer in time; see MAIL_HOST and MAIL_PORT",
    "certificate": "its certificate does not prove that it is MAIL_HOST; for a CA of your own set SSL_CERT_FILE",
    "tls": "no encrypted connection comes about; see MAIL_TLS and MAIL_PORT",
    "no_starttls": "it offers no STARTTLS; see MAIL_TLS and MAIL_PORT",
    "no_log_in": "it takes no log-in here; see MAIL_USER, MAIL_TLS and MAIL_PORT",
    "log_in_refused": "it refuses the log-in; see MAIL_USER and MAIL_PASSWORD",
}


class _Folding(EmailPolicy):
    """Folds a long subject or sender's name so that each blank is within an encoded word.

    Python 3.11 leaves one between two encoded words now and then, and there readers must drop it.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as it is sent."""
        addresses = value.addresses if name == "From" else ()
        if str(value).isascii() or (name != "Subject" and len(addresses) != 1):
            return super().fold_binary(name, value)
        text = addresses[0].display_name if addresses else str(value)
        folded = Header(text, header_name=name).encode(linesep=self.linesep)
        if addresses:
            folded += f"{self.linesep} <{addresses[0].addr_spec}>"
        return f"{name}: {folded}{self.linesep}".encode("ascii")


_FOLDING: Final = _Folding(linesep="\r\n")


def courier() -> Courier | None:
    """Return what brings a mail to the server; None when none is configured."""
    return _bring if settings.MAIL["MAIL_HOST"] else None


def probe() -> str:
    """Greet the server, encrypt, log in, and send nothing.

    Returns:
        What works, in a few words; also that none is configured.

    Raises:
        Unreachable: something does not; the text says what is wrong and which variable helps.
    """
    if courier() is None:
        return "no mail server: MAIL_HOST is not set"
    try:
        with _session() as server:
            code, _said = server.noop()
            if code != 250:
                raise Unreachable(f"noop_{code}")
            encrypted = server.sock.version() if isinstance(server.sock, ssl.SSLSocket) else "not encrypted"
    except Unreachable as error:
        reason = _HELP.get(str(error), f"{error}; see MAIL_HOST and MAIL_PORT")
        raise Unreachable(f"the mail server: {reason}") from None
    return f"server answers, {encrypted}, " + (
        "log-in accepted" if settings.MAIL["MAIL_USER"] else "no log-in"
    )


def _bring(load: Load) -> None:
    recipient, raw = _envelope(load), _message(load)
    with _session() as server:
        code, _said = server.mail(_sender())
        if code != 250:
            raise Unreachable(f"sender_{code}")
        code, said = server.rcpt(recipient)
        if 500 <= code < 600 and _ABOUT_US.search(said):
            raise Failed(f"not_allowed_{code}")
        _judge(code, "recipient")
        _judge(_handed_over(server, raw), "content")
        # Taken. Whatever becomes of the farewell, nobody needs it.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()


def _handed_over(server: smtplib.SMTP, raw: bytes) -> int:
    """Hand the mail over and return the code of the answer. Raises FateUnknown: there is none."""
    if server.sock is not None:
        server.sock.settimeout(_TAKING)
    try:
        code, _said = server.data(raw)
    except smtplib.SMTPDataError as error:
        return error.smtp_code
    except (smtplib.SMTPServerDisconnected, OSError):
        # Not "all wait": it may have been taken each time, and nobody wants the same mail for a week.
        raise FateUnknown("fate_unknown") from None
    return code


def _judge(code: int, what: str) -> None:
    """Raise what an answer about one mail means; nothing when it was taken."""
    if 200 <= code < 300:
        return
    if code == _CLOSING or code < 0:
        raise Unreachable(f"{what}_{code}")
    if 400 <= code < 500:
        raise Failed(f"{what}_{code}")
    raise Refused(f"{what}_{code}")


def _message(load: Load) -> bytes:
    """Write a mail; the same bytes at every try."""
    told = load.content
    message = EmailMessage(policy=_FOLDING)
    message["Message-ID"] = f"<{load.message_id}@{_domain()}>"
    message["Date"] = format_datetime(datetime.fromisoformat(told["at"]))
    message["From"] = settings.MAIL["MAIL_FROM"]
    try:
        message["To"] = told["to"]
        message["Subject"] = told["subject"]
    except ValueError:
        raise Unsendable("bad_header") from None
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(told["body"], charset="utf-8", cte="base64")
    return message.as_bytes()


def _envelope(load: Load) -> str:
    local, _at, domain = load.content["to"].rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise Unsendable("bad_address") from None


def _sender() -> str:
    return parseaddr(settings.MAIL["MAIL_FROM"])[1]


def _domain() -> str:
    return _sender().rpartition("@")[2]


@contextmanager
def _session() -> Iterator[smtplib.SMTP]:
    """Connect, encrypt and log in as configured; whatever the server does, it is over after ``_TOTAL`` seconds."""
    mail = settings.MAIL
    context = ssl.create_default_context()
    named = _domain()  # else smtplib looks our own name up, which can take long
    server = (
        smtplib.SMTP_SSL(local_hostname=named, timeout=_EACH, context=context)
        if mail["MAIL_TLS"] == "tls"
        else smtplib.SMTP(local_hostname=named, timeout=_EACH)
    )
    # The name with which a certificate is compared; connect() alone does not note it.
    server._host = mail["MAIL_HOST"]  # type: ignore[attr-defined]
    is_over = threading.Event()
    threading.Thread(target=_cut, args=[server, is_over], name="motcua-mail-time", daemon=True).start()
    try:
        _begin(server, context)
        yield server
    except ssl.SSLCertVerificationError:
        raise Unreachable("certificate") from None
    except ssl.SSLError:
        raise Unreachable("tls") from None
    except TimeoutError:
        raise Unreachable("timeout") from None
    except smtplib.SMTPResponseException as error:
        raise Unreachable(f"answer_{error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(type(error).__name__) from None
    finally:
        is_over.set()
        server.close()


def _begin(server: smtplib.SMTP, context: ssl.SSLContext) -> None:
    mail = settings.MAIL
    code, _said = server.connect(mail["MAIL_HOST"], mail["MAIL_PORT"])
    if code != 220:
        raise Unreachable(f"greeting_{code}")
    server.ehlo_or_helo_if_needed()
    if mail["MAIL_TLS"] == "starttls":
        try:
            server.starttls(context=context)
        except smtplib.SMTPNotSupportedError:
            raise Unreachable("no_starttls") from None
        server.ehlo_or_helo_if_needed()
    if mail["MAIL_USER"]:
        try:
            server.login(mail["MAIL_USER"], mail["MAIL_PASSWORD"])
        except smtplib.SMTPAuthenticationError:
            raise Unreachable("log_in_refused") from None
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException:
            raise Unreachable("no_log_in") from None


def _cut(server: smtplib.SMTP, is_over: threading.Event) -> None:
    """End a session that takes too long: smtplib bounds each read, and a server that drips would never be done."""
    wait = _TOTAL
    while not is_over.wait(wait):
        wait = 0.2
        if server.sock is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which would take the encryption away under the reader.
                socket.socket.shutdown(server.sock, socket.SHUT_RDWR)
