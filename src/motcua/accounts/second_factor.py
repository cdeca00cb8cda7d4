"""The second factor of officials: a code from their telephone that changes each half minute (TOTP, RFC 6238).

Which code was used is kept, so that one read over a shoulder opens nothing. Ten recovery codes stand in for a telephone
that was lost.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import unicodedata
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from motcua.accounts.models import RecoveryCode, User
from motcua.accounts.notices import warn_once_a_day
from motcua.accounts.recording import record_account
from motcua.accounts.service import confirm_password
from motcua.accounts.tries import forget_tries, spend_try
from motcua.sealing import digest
from motcua.web.languages import in_vietnamese

CODES: Final = 10
PASSWORD_IS_KNOWN: Final = gettext_noop(
    "Có người nhập đúng mật khẩu của ông/bà nhưng sai mã xác thực. Nếu không phải ông/bà, vui lòng đổi mật khẩu và báo "
    "quản trị hệ thống."
)
_STEP: Final = 30  # seconds, as every authenticator has it
_SECRET_BYTES: Final = 20


def is_missing(user: User) -> bool:
    """Say whether an official may see nothing before a second factor is switched on."""
    return settings.OFFICER_SECOND_FACTOR == "required" and not user.is_citizen and not user.has_second_factor


def new_secret() -> str:
    """Return a fresh secret in the letters in which it is typed into an authenticator (base32)."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def address_for_phone(user: User, secret: str) -> str:
    """Return the text of the QR code that an authenticator reads."""
    return _totp(secret).get_provisioning_uri(user.login, _("Một Cửa %s") % settings.PROVINCE_NAME)


def switch_on(*, user: User, secret: str, code: str, password: str, now: datetime) -> list[str] | None:
    """Switch the second factor on, or put a new telephone in the place of the old one.

    Args:
        user: whose.
        secret: as ``new_secret`` made it.
        code: what the authenticator shows for it.
        password: the user's own, once more.
        now: the moment.

    Returns:
        Recovery codes, to be shown this once; None when the code is not the authenticator's, and nothing was changed.

    Raises:
        service.WrongPassword: the password is not right.
        tries.LoginLimited: too many wrong passwords.
    """
    confirm_password(user, password, now)
    step = _step_of(secret, code, now)
    if step is None:
        return None
    with transaction.atomic():
        change = "renewed" if user.has_second_factor else "first"
        user.totp_secret, user.totp_since, user.totp_step = secret, now, step
        user.save(update_fields=["totp_secret", "totp_since", "totp_step"])
        codes = _write_codes(user)
        record_account(
            name="account.second_factor_on", user=user, now=now, actor=user, details={"change": change}
        )
    return codes


def renew_codes(*, user: User, password: str, now: datetime) -> list[str]:
    """Make ten new recovery codes in the place of all old ones.

    Returns:
        The codes, to be shown this once.

    Raises:
        service.WrongPassword: the password is not right.
        tries.LoginLimited: too many wrong passwords.
    """
    confirm_password(user, password, now)
    with transaction.atomic():
        codes = _write_codes(user)
        details = {"change": "recovery_codes"}
        record_account(name="account.second_factor_on", user=user, now=now, actor=user, details=details)
    return codes


def switch_off(*, user: User, by: User | None, now: datetime) -> None:
    """Switch off a factor that was lost.

    Args:
        user: whose.
        by: the administrator; None for the operator at the command line.
        now: the moment.
    """
    with transaction.atomic():
        user.totp_secret = ""  # nosec B105 # empties it
        user.totp_since = user.totp_step = None
        user.save(update_fields=["totp_secret", "totp_since", "totp_step"])
        user.recovery_codes.all().delete()
        record_account(name="account.second_factor_off", user=user, now=now, actor=by)


def confirm(*, user: User, typed: str, now: datetime) -> str:
    """Judge the code of somebody whose password was right, and use it up.

    Args:
        user: whose account.
        typed: six digits from the telephone, or a recovery code.
        now: the moment.

    Returns:
        ``"code"`` or ``"recovery_code"``: what was right; an empty text when neither was.

    Raises:
        tries.LoginLimited: too many wrong codes; this one was not looked at.
    """
    name = digest("second_factor", str(user.pk))
    spend_try(name, now)
    if user.has_second_factor:
        step = _step_of(user.totp_secret, typed, now)
        if step is not None and _use_step(user, step):
            forget_tries(name)
            return "code"
        if _use_recovery_code(user, typed):
            forget_tries(name)
            return "recovery_code"
    with transaction.atomic():
        record_account(name="account.second_factor_failed", user=user, now=now)
        with in_vietnamese():
            text = _(PASSWORD_IS_KNOWN)
        warn_once_a_day(user=user, kind="password_known", text=text, now=now, link="/tai-khoan/")
    return ""


def _totp(secret: str) -> TOTP:
    # Authenticators know SHA-1 alone; a code of half a minute does not rest on what is weak in it.
    return TOTP(base64.b32decode(secret), 6, SHA1(), _STEP)  # noqa: S303  # nosec B303 # see above


def _step_of(secret: str, typed: str, now: datetime) -> int | None:
    """Return the half minute whose code was typed: the present one, the one before or the next; None for none."""
    digits = _digits(typed)
    totp, present = _totp(secret), int(now.timestamp()) // _STEP
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp.generate(step * _STEP), digits.encode()):
            found = step
    return found


def _use_step(user: User, step: int) -> bool:
    """Say whether no code of this half minute, or a later one, was used; from now on it was."""
    unused = User.objects.filter(Q(totp_step=None) | Q(totp_step__lt=step), pk=user.pk)
    return unused.update(totp_step=step) == 1


def _use_recovery_code(user: User, typed: str) -> bool:
    codes = RecoveryCode.objects.filter(user=user, code_digest=_code_digest(user, _digits(typed)))
    # Who deletes the row has used the code: of two at one moment only one does.
    return codes.delete()[0] == 1


def _write_codes(user: User) -> list[str]:
    codes = [f"{secrets.randbelow(10**10):010}" for _turn in range(CODES)]
    user.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_digest=_code_digest(user, code)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _code_digest(user: User, digits: str) -> str:
    return digest("recovery_code", f"{user.pk} {digits}")


def _digits(typed: str) -> str:
    """Return the digits alone of what was typed, in ASCII: people group them, and some keyboards have wide ones."""
    return "".join(str(unicodedata.digit(sign)) for sign in typed if sign.isdecimal())
