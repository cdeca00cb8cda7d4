"""What is looked at when the product starts: can messages go out with these settings, and safely?"""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

_NEAR: Final = {"127.0.0.1", "localhost", "::1"}


@register()
def messages_can_go_out(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse settings with which a configured channel cannot work, or would lead people astray."""
    mail, sms = settings.MAIL, settings.SMS
    found: list[CheckMessage] = []
    if mail["MAIL_HOST"]:
        found += _of_mail(mail)
    if sms["SMS_URL"]:
        found += _of_sms(sms["SMS_URL"])
    if (mail["MAIL_HOST"] or sms["SMS_URL"]) and settings.MOTCUA_MODE == "production":
        site = urlsplit(settings.SITE_URL)
        if site.scheme != "https" or site.hostname in _NEAR or not site.hostname:
            text = "MOTCUA_SITE_URL is not the portal's https address: links in messages would lead nowhere."
            hint = "Set MOTCUA_SITE_URL to the address that people type, such as https://dichvucong.example."
            found.append(Error(text, hint=hint, id="motcua.E040"))
    return found


def _of_mail(mail: dict[str, Any]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    _name, address = parseaddr(mail["MAIL_FROM"])
    domain = address.rpartition("@")[2]
    is_ours = settings.MOTCUA_MODE == "production" and domain in _NEAR
    if not address.isascii() or not address.rpartition("@")[0] or not domain or is_ours:
        text = "MAIL_FROM is no address that a mail can come from."
        hint = "Set MAIL_FROM to an address of yours, such as Cổng dịch vụ công <khong-tra-loi@dichvucong.example>."
        found.append(Error(text, hint=hint, id="motcua.E041"))
    is_open = mail["MAIL_TLS"] == "none" and mail["MAIL_HOST"] not in _NEAR
    if is_open and (settings.MOTCUA_MODE == "production" or mail["MAIL_USER"]):
        text = "MAIL_TLS is none: addresses, and the password, would travel in clear."
        hint = "Set MAIL_TLS to starttls or tls, or give the mails to a server on this machine."
        found.append(Error(text, hint=hint, id="motcua.E042"))
    return found


def _of_sms(url: str) -> list[CheckMessage]:
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in _NEAR:
        text = "SMS_URL is not encrypted and not on this machine."
        return [Error(text, hint="Set SMS_URL to an https address.", id="motcua.E044")]
    return []
