"""What is looked at when the product starts: can slips be signed with the keys that are set up, and for how long?

Nothing here stops the product: slips are made without a signature where there is none to be had.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.utils import timezone

from motcua.slips import signing

ENDS_SOON: Final = "motcua.W044"
_TOKEN: Final = "motcua.W045"  # noqa: S105 (an id)
_HINT: Final = "Slips go out unsigned until then; docs/operations.md, Signed slips, says how."


@register()
def slips_can_be_signed(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of keys that cannot sign, or whose certificate runs out within thirty days."""
    chosen = settings.SLIP_SIGNING
    messages: list[CheckMessage] = []
    folder = chosen["SLIP_SIGNING_FOLDER"]
    if folder and not Path(folder).is_dir():
        messages.append(_warning("SLIP_SIGNING_FOLDER is not a folder.", "motcua.W040"))
    keys = [*signing.in_folder(), *signing.common()]
    if keys and not signing.is_installed():
        text = f"Keys for slips are set up, but the signing library is not installed: {signing.INSTALL}"
        return [*messages, _warning(text, "motcua.W041")]
    return messages + [
        message for key in keys for message in (_of_token(key) if key.file is None else _of_file(key))
    ]


def _of_file(key: signing.Key) -> list[CheckMessage]:
    try:
        certificate = signing.certificate_of(key)
    except signing.CannotSign as why:
        return [_warning(f"{key.name}: {why}.", "motcua.W042")]
    days = (certificate.not_valid_after_utc - timezone.now()).days
    day = timezone.localdate(certificate.not_valid_after_utc).strftime("%d/%m/%Y")
    if days < 0:
        return [_warning(f"{key.name}: the certificate expired on {day}.", "motcua.W043")]
    if days <= signing.WARNED_AT:
        return [_warning(f"{key.name}: the certificate expires on {day}, in {days} days.", ENDS_SOON)]
    return []


def _of_token(key: signing.Key) -> list[CheckMessage]:
    """Look at the settings alone: a session with the token is opened when a slip is signed."""
    missing = [
        variable
        for variable, said in (
            ("SLIP_PKCS11_TOKEN", key.token),
            ("SLIP_PKCS11_KEY", key.label),
            ("SLIP_PKCS11_PIN", key.pin),
        )
        if not said
    ]
    if not Path(key.module).is_file():
        return [_warning("SLIP_PKCS11_MODULE is not a file.", _TOKEN)]
    if missing:
        return [_warning(f"SLIP_PKCS11_MODULE is set, but not {', '.join(missing)}.", _TOKEN)]
    return []


def _warning(text: str, identity: str) -> CheckMessage:
    return Warning(text, hint=_HINT, id=identity)
