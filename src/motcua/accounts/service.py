"""What one can do with an account: register it, log in to it, correct it.

The register is asked before anything is written, and never inside a transaction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from motcua.accounts.models import Citizen, User, citizen_login
from motcua.accounts.notices import warn_once_a_day
from motcua.accounts.passwords import hashed, is_right
from motcua.accounts.recording import record_account
from motcua.accounts.rights import Right, may
from motcua.accounts.tries import LoginLimited, forget_tries, spend_try
from motcua.audit.service import record
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import IdNumber, NumberRefused, parse_number
from motcua.identity.register import TouchPoint
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck
from motcua.verification.service import NO_PRESS, Asker, Limited, Press, Purpose, check_identity
from motcua.web.languages import in_vietnamese

_log = logging.getLogger("motcua.accounts")
REGISTERED_AGAIN: Final = gettext_noop(
    "Có người vừa đăng ký tài khoản bằng đúng thông tin của ông/bà. Tài khoản của ông/bà không thay đổi. "
    "Nếu không phải ông/bà, vui lòng báo bộ phận một cửa."
)
GUESSED_AT: Final = gettext_noop(
    "Có người đã nhiều lần nhập sai thông tin kèm số CCCD/CMND của ông/bà trên cổng. Việc kiểm tra trực tuyến số này "
    "đang tạm dừng; bộ phận một cửa vẫn tiếp nhận hồ sơ. Nếu không phải ông/bà nhập, vui lòng báo bộ phận một cửa."
)
_OFFICERS_FRESH: Final = 60  # seconds


class RegistrationClosed(Exception):
    """``REGISTRATION_OPEN`` is off."""


class AccountAsleep(Exception):
    """The password was right, but the account of an official was not used for ``IDLE_DAYS``."""

    def __init__(self, days: int) -> None:
        super().__init__("the account sleeps")
        self.days = days


class WrongPassword(Exception):
    """The current password, asked for once more, was wrong."""


class NumberTaken(Exception):
    """The number cannot become this account's number."""


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """How a citizen can be reached; every part may be empty."""

    phone: str = ""
    email: str = ""
    address: str = ""

    def __repr__(self) -> str:
        return "Contact(…)"


def asker_of(user: User, address: str) -> Asker:
    """Return who asks the register when this user does.

    Args:
        user: an officer, who asks with their own number (or the code that the register knows them by) for their own
            office, or a citizen, for whom the portal asks.
        address: the network address of the browser.
    """
    if not user.is_officer or user.office is None:
        return Asker(user=user, address=address)
    return Asker(
        user=user,
        officer_number=user.officer_number,
        officer_login=user.login,
        agency=user.office.code,
        office_code=user.office.code,
        address=address,
        officer_code=user.npd_officer_code,
        officer_key=user.gateway_key,
        is_licensed=user.may_query and user.is_active and may(user, Right.ASK_REGISTER),
    )


def marks_of(*, number: IdNumber, officer: User) -> frozenset[IdentityCheck.Mark]:
    """Say why a supervisor should look at an officer's question about this number.

    Costs no query at most presses: each process reads whose numbers are on file once in a minute.

    Args:
        number: whom the officer asks about.
        officer: who asks.

    Returns:
        Self, or colleague (the number of any other officer, supervisor or administrator); nothing for all others.
    """
    asked = digest("number", number.digits)
    if asked == officer.officer_number_digest:
        return frozenset({IdentityCheck.Mark.SELF})
    if asked in _officers_numbers(int(time.monotonic() // _OFFICERS_FRESH)):
        return frozenset({IdentityCheck.Mark.COLLEAGUE})
    return frozenset()


def forget_officers() -> None:
    """Let the next question read anew whose numbers are on file."""
    _officers_numbers.cache_clear()


@lru_cache(maxsize=1)
def _officers_numbers(_minute: int) -> frozenset[str]:
    officials = User.objects.exclude(role=User.Role.CITIZEN).exclude(officer_number_digest="")
    return frozenset(officials.values_list("officer_number_digest", flat=True))


def register_citizen(
    *,
    claim: IdentityClaim,
    password_hash: str,
    contact: Contact,
    address: str,
    now: datetime,
    press: Press = NO_PRESS,
) -> IdentityCheck:
    """Make an account for a person whom the register confirms.

    Somebody who already has an account gets the same answer after the same work, and a message in the inbox: nobody can
    find out here who has one.

    Args:
        claim: name, number and birth date as typed.
        password_hash: of the new password, which the validators have judged; made before anything is asked, so
            that every answer takes the same work.
        contact: telephone and e-mail.
        address: the network address of the browser.
        now: the moment.
        press: what came with the press of the button; the same press makes nothing twice.

    Returns:
        The check; there is an account if it is verified, and nothing was written otherwise.

    Raises:
        RegistrationClosed: the province takes no registrations; nothing was asked.
        NumberTaken: the person is confirmed, but the account with this old number is of its other holder.
        verification.service.Limited, ChallengeNeeded, PressReused: nothing was asked.
    """
    if not settings.REGISTRATION_OPEN:
        raise RegistrationClosed
    with owner_warned(claim.number, now=now):
        check = check_identity(
            claim=claim,
            asker=Asker(user=None, address=address),
            touch_point=TouchPoint.REGISTRATION,
            purpose=Purpose("Đăng ký tài khoản"),
            now=now,
            press=press,
        )
    if not check.is_verified:
        return check
    try:
        with transaction.atomic():
            user = User.objects.create(
                login=citizen_login(claim.number),
                full_name=claim.full_name,
                email=contact.email,
                email_since=now if contact.email else None,
                password=password_hash,
            )
            citizen = Citizen(
                user=user,
                full_name=claim.full_name,
                phone=contact.phone,
                email=contact.email,
                registration_check=check,
            )
            citizen.number, citizen.birth_date = claim.number, claim.birth_date
            citizen.save(force_insert=True)
            record(name="account.registered", now=now, actor=user, subject=citizen.number_digest)
    except IntegrityError:
        if Citizen.objects.filter(registration_check=check).exists():
            return check  # the same press made the account a moment ago
        if _is_another_holders(check):
            raise NumberTaken from None
        if not _warn_owner(claim.number, "registered_again", REGISTERED_AGAIN, now):
            raise
        record(name="account.registration_repeated", now=now, subject=digest("number", claim.number.digits))
    return check


def owner_of(*, number_digest: str) -> Citizen | None:
    """Return the citizen whose account has this number.

    Args:
        number_digest: the keyed digest of the number; empty belongs to nobody.
    """
    if not number_digest:
        return None
    return Citizen.objects.select_related("user").filter(number_digest=number_digest).first()


def owner_of_checked(*, check: IdentityCheck) -> Citizen | None:
    """Return the citizen with an account whom a check is about, as far as the register told.

    Args:
        check: answered.
    """
    named = owner_of(number_digest=check.person_digest)
    if named is not None:
        return named
    return None if _is_another_holders(check) else owner_of(number_digest=check.number_digest)


def _is_another_holders(check: IdentityCheck) -> bool:
    """Say whether a number's account is of somebody else than the check is about: some old numbers have two holders.

    The register tells, where it gives records: of each holder another personal number.
    """
    owner = owner_of(number_digest=check.number_digest)
    if owner is None or not check.person_digest:
        return False
    own = Q(pk=owner.registration_check_id) | Q(asked_by=owner.user)
    known = IdentityCheck.objects.filter(own, number_digest=check.number_digest).exclude(person_digest="")
    latest = known.order_by("-asked_at").first()
    return latest is not None and latest.person_digest != check.person_digest


@contextmanager
def owner_warned(number: IdNumber, *, now: datetime) -> Iterator[None]:
    """Ask about somebody else's number in the block; its owner is told once wrong tries have locked it on the portal.

    Args:
        number: that is asked about; told is who has an account with it, if anybody has.
        now: the moment.
    """
    try:
        yield
    except Limited as limited:
        if limited.scope == "number":
            _warn_owner(number, "guessed_at", GUESSED_AT, now)
        raise


@in_vietnamese()
def _warn_owner(number: IdNumber, kind: str, text: str, now: datetime) -> bool:
    """Put a warning in the inbox of a number's owner, once a day; say whether the number has an owner here."""
    owner = owner_of(number_digest=digest("number", number.digits))
    if owner is None:
        return False
    warn_once_a_day(user=owner.user, kind=kind, text=_(text), now=now)
    return True


def log_in(
    *, request: HttpRequest | None, word: str, password: str, now: datetime, address: str = ""
) -> User | None:
    """Find the user whose password this is, counting wrong ones for what was typed as name and for the address.

    Nobody is logged in by that: ``sessions.begin`` does it, for an official with a second factor after their code.

    Args:
        request: for Django's back end; None outside a page.
        word: number, e-mail or log-in word.
        password: the password.
        now: the moment.
        address: the network address of the browser; empty when unknown.

    Returns:
        The user, or None: the name or the password is wrong.

    Raises:
        tries.LoginLimited: too many wrong passwords within an hour; the password was not looked at.
        AccountAsleep: name and password are right.
    """
    name = digest("login_name", _login_name(word))
    try:
        spend_try(name, now, address=address)
    except LoginLimited as limited:
        record(name="account.log_in_limited", now=now, subject=name, details={"scope": limited.scope})
        _log.warning("limits.log_in scope=%s until=%s", limited.scope, f"{limited.until:%H:%M}")
        raise
    user = authenticate(request, username=word, password=password)
    if not isinstance(user, User):
        record(name="account.log_in_failed", now=now, subject=name)
        return None
    forget_tries(name, address=address)
    if _sleeps(user, now):
        _put_to_sleep(user, now)
        raise AccountAsleep(settings.IDLE_DAYS)
    return user


def wake(*, user: User, by: User | None, now: datetime) -> None:
    """Let an official whose account sleeps log in again, for another ``IDLE_DAYS``.

    Args:
        user: whose account.
        by: the administrator; None for the operator at the command line.
        now: the moment.
    """
    with transaction.atomic():
        user.asleep_since, user.woken_at = None, now
        user.save(update_fields=["asleep_since", "woken_at"])
        record_account(name="account.woken", user=user, now=now, actor=by)


def change_password(*, user: User, current: str, new: str, now: datetime) -> None:
    """Give an account another password, which the validators have judged.

    Raises:
        WrongPassword: the current one is not right.
        tries.LoginLimited: too many wrong passwords.
    """
    confirm_password(user, current, now)
    _keep_password(user, new, now, actor=user)


def give_password(*, user: User, new: str, now: datetime) -> None:
    """Give somebody who forgot theirs another password, by the operator's hand; the validators have judged it."""
    _keep_password(user, new, now, actor=None)


def _keep_password(user: User, new: str, now: datetime, *, actor: User | None) -> None:
    user.password = hashed(new)
    with transaction.atomic():
        user.save(update_fields=["password"])
        record_account(name="account.password_changed", user=user, now=now, actor=actor)


def official(login: str) -> User | None:
    """Return the officer, supervisor or administrator with a log-in word, if there is one."""
    officials = User.objects.select_related("office").exclude(role=User.Role.CITIZEN)
    return officials.filter(login=User.normalize_username(login)).first()


def _sleeps(user: User, now: datetime) -> bool:
    if user.is_citizen:
        return False
    latest = max(moment for moment in (user.last_login, user.created_at, user.woken_at) if moment)
    return now - latest >= timedelta(days=settings.IDLE_DAYS)


def _put_to_sleep(user: User, now: datetime) -> None:
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, asleep_since=None).update(asleep_since=now):
            record_account(name="account.put_to_sleep", user=user, now=now)


def _login_name(word: str) -> str:
    """Return one text for all the ways in which one log-in name can be typed."""
    try:
        return parse_number(word).digits
    except NumberRefused:
        # As PostgreSQL compares, which takes a dotless i for another spelling of i.
        return User.normalize_username(word.strip()).upper().casefold()


def update_profile(
    *,
    citizen: Citizen,
    claim: IdentityClaim,
    contact: Contact,
    current_password: str,
    address: str,
    now: datetime,
    press: Press = NO_PRESS,
) -> IdentityCheck | None:
    """Correct what an account says of its owner.

    Name and birth date are put to the register when a dossier is filed. Another number is asked about at once:
    who could take any number would keep its owner out.

    Args:
        citizen: whose account.
        claim: name, number and birth date as they shall be.
        contact: telephone, e-mail and address as they shall be.
        current_password: needed for another number or e-mail only: with either one logs in.
        address: the network address of the browser.
        now: the moment.
        press: what came with the press of the button.

    Returns:
        None when everything was written without a question; otherwise the check, and everything was written only if it
        is verified.

    Raises:
        WrongPassword: another number or e-mail, and the current password is not right.
        tries.LoginLimited: too many wrong passwords.
        NumberTaken: another account has this number.
        verification.service.Limited, ChallengeNeeded, PressReused: nothing was asked.
    """
    check = None
    if claim.number != citizen.number or contact.email != citizen.email:
        confirm_password(citizen.user, current_password, now)
    if claim.number != citizen.number:
        with owner_warned(claim.number, now=now):
            check = check_identity(
                claim=claim,
                asker=Asker(user=citizen.user, address=address),
                touch_point=TouchPoint.REGISTRATION,
                purpose=Purpose("Đổi số CCCD/CMND của tài khoản"),
                now=now,
                press=press,
            )
        if not check.is_verified:
            return check
    try:
        with transaction.atomic():
            _write_profile(citizen.pk, claim, contact, now)
    except IntegrityError:
        raise NumberTaken from None
    return check


def confirm_password(user: User, password: str, now: datetime) -> None:
    """Insist that whoever is logged in knows the password.

    Raises:
        WrongPassword: it is not right.
        tries.LoginLimited: too many wrong passwords; this one was not looked at.
    """
    name = digest("own_password", str(user.pk))
    spend_try(name, now)
    if not is_right(user, password):
        raise WrongPassword
    forget_tries(name)


def _write_profile(citizen_id: int, claim: IdentityClaim, contact: Contact, now: datetime) -> None:
    citizen = Citizen.objects.select_related("user").select_for_update(of=("self",)).get(pk=citizen_id)
    fields = ("full_name", "number", "birth", "phone", "email", "address")
    before = [getattr(citizen, field) for field in fields]
    citizen.full_name, citizen.birth_date = claim.full_name, claim.birth_date
    if claim.number != citizen.number:
        citizen.number = claim.number
    citizen.phone, citizen.email, citizen.address = contact.phone, contact.email, contact.address
    changed = [field for field, old in zip(fields, before, strict=True) if old != getattr(citizen, field)]
    citizen.save()
    user = citizen.user
    if contact.email.upper() != user.email.upper():
        user.email_since = now if contact.email else None
    user.full_name, user.email, user.login = claim.full_name, contact.email, citizen_login(claim.number)
    user.save(update_fields=["full_name", "email", "email_since", "login"])
    record(
        name="account.profile_changed",
        now=now,
        actor=user,
        subject=citizen.number_digest,
        details={"changed": changed},
    )
