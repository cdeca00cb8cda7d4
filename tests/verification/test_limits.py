"""Five counters that stop guessing and not work: what each counts, when it lets go, and that nobody slips through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.identity.claims import IdentityClaim
from motcua.identity.numbers import IdNumber
from motcua.identity.register import Answer, Inquiry, MessageIds, TouchPoint
from motcua.verification import service
from motcua.verification.models import IdentityCheck
from motcua.verification.registers import use_register
from motcua.verification.service import Asker, Limited, Purpose, check_identity, fetch_citizen
from tests.people import cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
WHY = Purpose("đăng ký tài khoản")


def wrong(place: int, number: str = cast.an.number) -> IdentityClaim:
    """Return one of as many wrong claims as one likes."""
    letters = "abcdeghiklmnopqrstuvxy"
    name = "Nguyễn Văn " + letters[place // 22 % 22].upper() + letters[place % 22]
    return IdentityClaim(name, IdNumber(number), cast.an.birth_date)


def other_number(place: int) -> str:
    """Return one of as many numbers that nobody has."""
    return f"9992980{place:05d}"


def portal(
    claim: IdentityClaim,
    *,
    user: User | None = None,
    address: str = "192.0.2.7",
    now: datetime = NOW,
) -> IdentityCheck:
    point = TouchPoint.FILING if user else TouchPoint.REGISTRATION
    return check_identity(
        claim=claim, asker=Asker(user, address=address), touch_point=point, purpose=WHY, now=now
    )


def desk(officer: User, claim: IdentityClaim, *, now: datetime = NOW) -> IdentityCheck:
    asker = Asker(officer, officer_number="999180000008", agency="000.00.01.H23", office_code="000.00.01.H23")
    return fetch_citizen(claim=claim, asker=asker, purpose=WHY, now=now).check


def at_once(many: int, one_try: Callable[[int], object]) -> int:
    """Let many try in one moment; return how many were asked about."""
    asked = []
    everybody_in = threading.Barrier(many)

    class Nobody:
        def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
            asked.append(inquiry.request_id)
            return Answer(None, False, MessageIds(inquiry.request_id), "test")

    def run(place: int) -> None:
        everybody_in.wait()
        try:
            one_try(place)
        except Limited:
            pass
        finally:
            connection.close()

    with use_register(Nobody()):
        threads = [threading.Thread(target=run, args=(place,)) for place in range(many)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    return len(asked)


def test_two_hundred_numbers_in_a_row_from_one_address_reach_the_register_as_often_as_the_address_may(
    register, settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_ADDRESS_HOUR": 5}
    scopes = []

    for place in range(200):
        try:
            portal(wrong(0, other_number(place)), now=NOW + timedelta(seconds=place / 4))
        except Limited as refusal:
            scopes.append(refusal.scope)

    assert (register.asked, scopes) == (5, ["address"] * 195)


def test_a_thousand_addresses_at_one_number_lock_the_number_on_the_portal_and_not_at_the_desk(
    register, officer
) -> None:
    scopes = set()
    for place in range(1000):
        address = f"192.0.{place // 250}.{place % 250}"
        try:
            portal(wrong(place), address=address, now=NOW + timedelta(milliseconds=place))
        except Limited as refusal:
            scopes.add(refusal.scope)

    assert register.asked == 5
    assert scopes == {"number"}
    assert desk(officer, cast.an.claim, now=NOW + timedelta(minutes=1)).is_verified


def test_the_right_birth_date_is_never_reached_by_trying_every_day_of_a_year(register) -> None:
    answers = []
    for day in range(366):
        moment = datetime(1984, 1, 1, tzinfo=UTC) + timedelta(days=day)
        claim = cast.an.born_on(moment.year, moment.month, moment.day)
        try:
            answers.append(portal(claim, address=f"192.0.2.{day % 200}").outcome)
        except Limited:
            answers.append("limited")

    assert answers == ["rejected"] * 5 + ["limited"] * 361


def test_an_account_has_its_own_counter_whatever_number_it_tries(register, citizen_an, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_ACCOUNT_HOUR": 3}
    for place in range(3):
        portal(wrong(place, other_number(place)), user=citizen_an.user, address=f"192.0.2.{place}")

    with pytest.raises(Limited) as refusal:
        portal(wrong(9, other_number(9)), user=citizen_an.user, address="192.0.2.99")

    assert refusal.value.scope == "account"
    assert portal(wrong(9, other_number(9)), address="192.0.2.99").is_rejected


def test_the_whole_portal_has_a_counter_that_no_address_and_no_number_goes_round(
    register, officer, settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_SYSTEM_5_MINUTES": 20, "WAVE_TRIES_5_MINUTES": 1000}
    for place in range(20):
        portal(wrong(0, other_number(place)), address=f"192.0.2.{place}", now=NOW + timedelta(seconds=place))

    with pytest.raises(Limited) as refusal:
        portal(cast.an.claim, address="192.0.2.99", now=NOW + timedelta(seconds=30))

    assert (refusal.value.scope, refusal.value.until) == ("system", NOW + timedelta(minutes=5))
    assert portal(cast.an.claim, address="192.0.2.99", now=refusal.value.until).is_verified
    assert desk(officer, cast.an.claim, now=NOW + timedelta(seconds=31)).is_verified


COUNTERS = {
    "number": ("TRIES_NUMBER_HOUR", lambda place: (wrong(place), None, f"192.0.2.{place}")),
    "address": ("TRIES_ADDRESS_HOUR", lambda place: (wrong(0, other_number(place)), None, "192.0.2.7")),
    "account": (
        "TRIES_ACCOUNT_HOUR",
        lambda place: (wrong(0, other_number(place)), "an", f"192.0.2.{place}"),
    ),
    "system": (
        "TRIES_SYSTEM_5_MINUTES",
        lambda place: (wrong(0, other_number(place)), None, f"192.0.2.{place}"),
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scope", COUNTERS)
def test_twelve_at_one_moment_are_let_through_exactly_as_often_as_the_counter_says(
    scope: str, settings, citizen_an
) -> None:
    name, a_try = COUNTERS[scope]
    settings.LIMITS = {**settings.LIMITS, name: 4}

    def one_try(place: int) -> None:
        claim, who, address = a_try(place)
        portal(claim, user=citizen_an.user if who else None, address=address)

    assert at_once(12, one_try) == 4


@pytest.mark.django_db(transaction=True)
def test_an_officer_at_twelve_windows_has_no_more_tries_than_at_one(settings, officer) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 4}

    assert at_once(12, lambda place: desk(officer, wrong(place, other_number(place)))) == 4


def test_two_spellings_of_tone_placement_are_one_try(register) -> None:
    hoa = IdentityClaim("Lê Hòa", IdNumber(cast.an.number), cast.an.birth_date)
    hoa_again = IdentityClaim("Lê Hoà", IdNumber(cast.an.number), cast.an.birth_date)

    assert portal(hoa).tries_left == 4
    assert portal(hoa_again).tries_left == 4
    assert portal(hoa_again).tries_left == 3


def test_the_lock_of_a_number_with_two_spellings_ends_at_the_moment_that_was_told(register, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 2}
    for minute, name in enumerate(["Lê Hòa", "Lê Hoà", "Lê Hà"]):
        portal(
            IdentityClaim(name, IdNumber(cast.an.number), cast.an.birth_date),
            now=NOW + timedelta(minutes=minute),
        )
    with pytest.raises(Limited) as refusal:
        portal(cast.an.claim, now=NOW + timedelta(minutes=5))

    just_before = refusal.value.until - timedelta(seconds=1)
    with pytest.raises(Limited):
        portal(cast.an.claim, now=just_before)
    assert portal(cast.an.claim, now=refusal.value.until).is_verified


def test_of_two_limits_that_stop_a_try_the_one_that_lasts_longer_is_told(register, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 1, "TRIES_NUMBER_DAY": 1}
    portal(wrong(0))

    with pytest.raises(Limited) as refusal:
        portal(cast.an.claim, now=NOW + timedelta(seconds=5))

    assert refusal.value.until == NOW + timedelta(days=1)


def test_what_was_verified_a_moment_ago_makes_no_lock_longer(register, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 2}
    for second, claim in enumerate([wrong(0), cast.an.claim, wrong(1)]):
        portal(claim, now=NOW + timedelta(seconds=second))

    with pytest.raises(Limited) as refusal:
        portal(cast.an.claim, now=NOW + timedelta(seconds=5))

    assert refusal.value.until == NOW + timedelta(hours=1)


def test_a_thousand_spellings_of_one_claim_go_round_no_counter(register) -> None:
    asked, until = [], None
    for place in range(1000):
        signs = zip("nguyễnvănân", f"{place:011b}", strict=True)
        spelling = "".join(sign.upper() if bit == "1" else sign for sign, bit in signs)
        moment = NOW + timedelta(seconds=place / 10)
        try:
            portal(cast.an.named(spelling), now=moment)
            asked.append(moment)
        except Limited as refusal:
            until = refusal.until

    assert len(asked) == register.asked == 17  # four times four, and the first of the fifth
    assert until == asked[0] + timedelta(hours=1)
    with pytest.raises(Limited):
        portal(cast.an.claim, now=until - timedelta(milliseconds=1))
    assert portal(cast.an.claim, now=until).is_verified


def test_tries_from_before_spellings_were_told_apart_count_once_each(register) -> None:
    for place in range(3):
        portal(wrong(place))
    IdentityCheck.objects.update(spelling_digest="")

    assert portal(wrong(9)).tries_left == 1


def test_what_is_left_counts_down_to_the_lock(register) -> None:
    left = [portal(wrong(place)).tries_left for place in range(5)]

    assert left == [4, 3, 2, 1, 0]


def test_a_released_officer_may_go_on_at_once_and_is_counted_from_then_on(
    register, officer, settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 2}
    supervisor = User.objects.get(login="oanh")
    for place in range(2):
        desk(officer, wrong(place), now=NOW + timedelta(seconds=place))
    stopped = service.officer_limit(officer=officer, now=NOW + timedelta(seconds=5))
    with pytest.raises(Limited):
        desk(officer, cast.an.claim, now=NOW + timedelta(seconds=5))

    service.release_officer(
        officer=officer,
        by=supervisor,
        office_code="000.00.01.H23",
        reason="Máy quét hỏng, đã xem",
        now=NOW + timedelta(seconds=6),
    )

    assert (stopped.left, stopped.until) == (0, NOW + timedelta(minutes=10))
    released = service.officer_limit(officer=officer, now=NOW + timedelta(seconds=7))
    assert (released.left, released.until) == (2, None)
    assert desk(officer, cast.an.claim, now=NOW + timedelta(seconds=7)).is_verified
    for place in range(2):
        desk(officer, wrong(place), now=NOW + timedelta(seconds=8 + place))
    with pytest.raises(Limited):
        desk(officer, cast.an.claim, now=NOW + timedelta(seconds=20))
    event = AuditEvent.objects.get(name="limit.released")
    assert (event.actor, event.details["reason"]) == (supervisor, "Máy quét hỏng, đã xem")


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_release_without_a_reason_is_none(officer, reason: str) -> None:
    with pytest.raises(ValueError):
        service.release_officer(
            officer=officer,
            by=User.objects.get(login="oanh"),
            office_code="000.00.01.H23",
            reason=reason,
            now=NOW,
        )


def test_nobody_releases_themselves(officer) -> None:
    with pytest.raises(ValueError):
        service.release_officer(
            officer=officer, by=officer, office_code="000.00.01.H23", reason="Tôi cần làm tiếp", now=NOW
        )


def test_a_day_of_ordinary_work_meets_no_limit(register, officer) -> None:
    """Two hundred people in eight hours, every sixth first typed wrongly and a burst after the lunch break."""
    moment = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)  # 07:30 in Vietnam
    for place in range(200):
        moment += timedelta(seconds=60 if 90 < place < 110 else 150)
        if place % 6 == 0:
            assert desk(officer, wrong(place), now=moment).is_rejected
        assert desk(officer, cast.an.claim, now=moment + timedelta(seconds=20)).is_verified

    assert not IdentityCheck.objects.exclude(marks="").exists()
