"""The two doors: what is asked, what is kept, and who may ask how often."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from motcua.audit.models import AuditEvent
from motcua.identity.claims import IdentityClaim
from motcua.identity.register import (
    Answer,
    Barred,
    CouldNotAsk,
    Inquiry,
    MessageIds,
    NotPermitted,
    TouchPoint,
    Trouble,
)
from motcua.verification import line, service, waiting_records
from motcua.verification.models import IdentityCheck, WaitingRecord
from motcua.verification.registers import use_register
from motcua.verification.service import (
    Asker,
    Limited,
    MissingOfficerNumber,
    OpenTransaction,
    Purpose,
    carries,
    check_identity,
    fetch_citizen,
    line_status,
    ping,
    read_record,
    spend_record,
)
from tests.conftest import raw
from tests.people import cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
WHY = Purpose("đăng ký tài khoản")
NOBODY = Asker(None, address="192.0.2.7")


def ask(
    claim: IdentityClaim,
    *,
    asker: Asker = NOBODY,
    now: datetime = NOW,
    at: TouchPoint = TouchPoint.REGISTRATION,
):
    return check_identity(claim=claim, asker=asker, touch_point=at, purpose=WHY, now=now)


def trouble(kind: Trouble) -> CouldNotAsk:
    return CouldNotAsk(kind, detail="for a test", messages=None)


def desk(officer) -> Asker:
    return Asker(officer, officer_number="999180000008", officer_login="lan", agency="000.00.01.H23")


class WatchingRegister:
    """Answers "nobody" and remembers what the database looked like while the question was out."""

    def __init__(self) -> None:
        self.seen: list[tuple[bool, int]] = []
        self.inquiries: list[Inquiry] = []

    def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
        in_block = any(not block._from_testcase for block in connection.atomic_blocks)
        self.seen.append((in_block, IdentityCheck.objects.filter(outcome="").count()))
        self.inquiries.append(inquiry)
        return Answer(None, False, MessageIds(inquiry.request_id), "test")


def test_the_intent_is_written_before_the_question_leaves_and_no_transaction_is_open_then() -> None:
    with use_register(WatchingRegister()) as register:
        check = ask(cast.an.claim)

    assert register.seen == [(False, 1)]
    assert check.outcome == "rejected"
    assert IdentityCheck.objects.get().answered_at is not None


def test_asking_inside_a_transaction_is_refused_as_a_mistake_of_ours(register) -> None:
    with pytest.raises(OpenTransaction), transaction.atomic():
        ask(cast.an.claim)

    assert register.asked == 0


def test_the_right_three_are_verified_and_nothing_in_clear_is_kept(register) -> None:
    check = ask(cast.an.claim)

    assert check.is_verified
    row = IdentityCheck.objects.values().get()
    told = " ".join(str(value) for value in row.values())
    assert cast.an.claim.number.digits not in told
    assert cast.an.claim.full_name not in told
    assert row["number_masked"] == cast.an.claim.number.masked
    assert row["address_digest"] != "192.0.2.7"


def test_a_bare_yes_names_nobody_else() -> None:
    class Word:
        def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
            return Answer(None, True, MessageIds(inquiry.request_id), "test")

    with use_register(Word()):
        check = ask(cast.an.claim)

    assert (check.outcome, check.matched_by, check.person_digest) == ("verified", "register_alone", "")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [(kind, "unanswered") for kind in Trouble],
)
def test_no_trouble_of_the_register_ever_counts_as_a_no(register, kind: Trouble, outcome: str) -> None:
    register.trouble = trouble(kind)

    check = ask(cast.an.claim)

    assert (check.outcome, check.reason) == (outcome, kind.value)


@pytest.mark.parametrize("barred", list(Barred))
def test_a_missing_licence_is_told_apart_from_a_no(register, barred: Barred) -> None:
    register.trouble = NotPermitted(barred, detail="for a test", messages=None)

    check = ask(cast.an.claim)

    assert (check.outcome, check.reason) == ("not_allowed", barred.value)


def test_a_crash_of_our_own_client_leaves_an_unanswered_check_and_not_an_open_one() -> None:
    class Broken:
        def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
            raise ZeroDivisionError

    with use_register(Broken()):
        check = ask(cast.an.claim)

    assert (check.outcome, check.reason) == ("unanswered", "fate_unknown")


def test_a_sixth_wrong_try_at_one_number_is_not_asked_whatever_address_it_comes_from(register) -> None:
    wrong = cast.an.named("Nguyễn Văn Ân")
    for place in range(5):
        ask(wrong, asker=Asker(None, address=f"192.0.2.{place}"), now=NOW + timedelta(minutes=place))

    with pytest.raises(Limited) as refusal:
        ask(cast.an.claim, asker=Asker(None, address="192.0.2.99"), now=NOW + timedelta(minutes=6))

    assert register.asked == 5
    assert refusal.value.scope == "number"
    assert refusal.value.until == NOW + timedelta(hours=1)
    assert AuditEvent.objects.exclude(name="check.answered").get().name == "check.limited"


def test_the_try_passes_again_at_the_very_moment_that_was_told(register) -> None:
    wrong = cast.an.named("Nguyễn Văn Ân")
    for place in range(5):
        ask(wrong, now=NOW + timedelta(minutes=place))
    with pytest.raises(Limited) as refusal:
        ask(cast.an.claim, now=NOW + timedelta(minutes=6))

    assert ask(cast.an.claim, now=refusal.value.until).is_verified


def test_ten_wrong_tries_a_day_lock_the_number_for_the_day_and_the_desk_stays_open(register, officer) -> None:
    wrong = cast.an.named("Nguyễn Văn Ân")
    for place in range(10):
        ask(wrong, asker=Asker(None, address=f"192.0.2.{place}"), now=NOW + timedelta(hours=2 * place))

    with pytest.raises(Limited):
        ask(cast.an.claim, now=NOW + timedelta(hours=22))
    answer = fetch_citizen(
        claim=cast.an.claim, asker=desk(officer), purpose=WHY, now=NOW + timedelta(hours=22)
    )

    assert answer.check.is_verified


def test_unanswered_questions_use_up_no_tries(register) -> None:
    register.trouble = trouble(Trouble.OTHER_PERSON)
    for place in range(12):
        ask(cast.an.claim, now=NOW + timedelta(seconds=place))
    register.trouble = None

    assert ask(cast.an.claim, now=NOW + timedelta(seconds=60)).is_verified


def test_an_officer_is_stopped_after_thirty_wrong_tries_in_ten_minutes(register, officer, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 3}
    wrong = cast.an.named("Nguyễn Văn Ân")
    for place in range(3):
        fetch_citizen(claim=wrong, asker=desk(officer), purpose=WHY, now=NOW + timedelta(seconds=place))

    with pytest.raises(Limited) as refusal:
        fetch_citizen(claim=cast.an.claim, asker=desk(officer), purpose=WHY, now=NOW + timedelta(minutes=1))

    assert refusal.value.scope == "officer"


def test_two_spellings_of_tone_placement_are_one_claim() -> None:
    one = cast.cuc.claim
    other = cast.cuc.named("Phạm Thị Thúy Cúc")

    assert service.claim_digest(one) == service.claim_digest(other)
    assert service.claim_digest(one) != service.claim_digest(cast.an.claim)


def test_an_officer_without_a_number_on_file_cannot_ask(register, officer) -> None:
    with pytest.raises(MissingOfficerNumber):
        fetch_citizen(claim=cast.an.claim, asker=Asker(officer), purpose=WHY, now=NOW)

    assert register.asked == 0


def test_the_desk_asks_in_the_officers_name_and_the_portal_in_the_configured_one(officer, settings) -> None:
    with use_register(WatchingRegister()) as register:
        fetch_citizen(
            claim=cast.an.claim, asker=desk(officer), purpose=Purpose("x", npd_code="G15-TP110"), now=NOW
        )
        ask(cast.an.claim)

    at_desk, at_portal = register.inquiries
    assert (at_desk.officer, at_desk.agency, at_desk.procedure) == (
        "999180000008",
        "000.00.01.H23",
        "G15-TP110",
    )
    assert at_portal.officer == settings.NPD["NPD_PORTAL_OFFICER"]
    assert (at_portal.agency, at_portal.procedure) == (settings.NPD["NPD_AGENCY_CODE"], "VPCP")


def test_the_record_waits_sealed_and_is_erased_at_use(register, officer) -> None:
    answer = fetch_citizen(claim=cast.an.claim, asker=desk(officer), purpose=WHY, now=NOW)
    kept = WaitingRecord.objects.get()

    assert cast.an.number in kept.said
    assert cast.an.number.encode() not in raw(kept, "said")
    asked = {
        "user": officer,
        "claim": cast.an.claim,
        "procedure_code": "",
        "office_code": answer.check.office_code,
        "now": NOW,
    }
    assert read_record(**asked) == (answer.check, answer.record)
    with transaction.atomic():
        assert spend_record(**asked) == (answer.check, answer.record)
    with transaction.atomic():
        assert spend_record(**asked) is None
    assert not WaitingRecord.objects.exists()


def test_a_record_that_nobody_came_back_for_is_erased(register, officer, monkeypatch) -> None:
    monkeypatch.setattr(waiting_records, "_erased_at", NOW)
    fetch_citizen(claim=cast.an.claim, asker=desk(officer), purpose=WHY, now=NOW)

    fetch_citizen(claim=cast.cuc.claim, asker=desk(officer), purpose=WHY, now=NOW + timedelta(minutes=32))

    assert WaitingRecord.objects.get().expires_at > NOW + timedelta(minutes=60)


@pytest.mark.parametrize(
    "what", ["other claim", "other officer", "too late", "other procedure", "other office"]
)
def test_a_record_is_spent_only_by_its_officer_in_time_and_for_its_claim(
    register, officer, other_officer, what: str
) -> None:
    answer = fetch_citizen(claim=cast.an.claim, asker=desk(officer), purpose=WHY, now=NOW)
    asked = {
        "user": officer,
        "claim": cast.an.claim,
        "procedure_code": "",
        "office_code": answer.check.office_code,
        "now": NOW + timedelta(minutes=29),
    }
    asked |= {
        "other claim": {"claim": cast.an2.claim},
        "other officer": {"user": other_officer},
        "too late": {"now": NOW + timedelta(minutes=31)},
        "other procedure": {"procedure_code": "1.001193"},
        "other office": {"office_code": "000.00.99.H23"},
    }[what]

    with transaction.atomic():
        assert spend_record(**asked) is None


def test_the_desk_gets_the_hint_of_accents_and_nothing_of_the_record(register, officer) -> None:
    claim = cast.an.named("Nguyen Van An")

    answer = fetch_citizen(claim=claim, asker=desk(officer), purpose=WHY, now=NOW)

    assert answer.check.is_rejected
    assert answer.is_accents_hint
    assert answer.record is None
    assert not WaitingRecord.objects.exists()


def test_a_year_alone_agrees_with_any_record_at_the_desk_and_only_with_a_year_on_the_portal(
    register, officer
) -> None:
    year = cast.an.born_on(1985)

    at_desk = fetch_citizen(claim=year, asker=desk(officer), purpose=WHY, now=NOW)

    assert at_desk.check.is_verified
    assert at_desk.check.birth_match == "year"
    assert ask(year).is_rejected
    assert ask(cast.dung.claim).is_verified


def test_the_deceased_are_rejected_everywhere(register, officer) -> None:
    assert ask(cast.giang.claim).is_rejected
    assert fetch_citizen(claim=cast.giang.claim, asker=desk(officer), purpose=WHY, now=NOW).check.is_rejected


def test_a_check_carries_a_draft_only_for_its_user_its_claim_and_its_time(
    register, officer, other_officer
) -> None:
    check = ask(cast.an.claim, asker=Asker(officer), at=TouchPoint.FILING)
    asked = {
        "check": check,
        "claim": cast.an.claim,
        "user": officer,
        "max_age": timedelta(hours=24),
        "now": NOW,
    }

    assert carries(**asked)
    assert not carries(**asked | {"user": other_officer})
    assert not carries(**asked | {"claim": cast.an2.claim})
    assert not carries(**asked | {"now": NOW + timedelta(hours=25)})


def test_after_five_failures_nobody_waits_and_one_probe_in_ten_seconds_heals_the_line(register) -> None:
    register.trouble = trouble(Trouble.TIMEOUT)
    for place in range(5):
        ask(cast.an.claim, now=NOW + timedelta(seconds=place))
    assert register.asked == 5

    refused = [ask(cast.an.claim, now=NOW + timedelta(seconds=5 + place / 10)) for place in range(5)]

    assert register.asked == 5
    assert {check.reason for check in refused} == {"breaker_open"}
    assert not line_status(now=NOW + timedelta(seconds=6)).is_open
    assert register.probes == 0
    for place in range(3):
        ask(cast.an.claim, now=NOW + timedelta(seconds=20 + place))
    assert register.probes == 1

    register.trouble = None
    assert ping(now=NOW + timedelta(seconds=25))[0].is_rejected
    assert ask(cast.an.claim, now=NOW + timedelta(seconds=26)).is_verified
    assert line_status(now=NOW + timedelta(seconds=27)).is_open


def test_the_light_tells_since_when_and_lets_the_line_heal_without_a_question(register) -> None:
    register.trouble = trouble(Trouble.CONNECTION)
    for place in range(5):
        ask(cast.an.claim, now=NOW + timedelta(seconds=place))

    status = line_status(now=NOW + timedelta(seconds=30))

    assert abs(status.since - NOW) < timedelta(seconds=1)  # the first failure, not the one that shut the line
    assert register.probes == 1


def test_a_reply_about_another_person_does_not_shut_the_line() -> None:
    record = cast.an2.record

    class Confused:
        def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
            return Answer(record, True, MessageIds(inquiry.request_id), "test")

    with use_register(Confused()):
        checks = [ask(cast.an.claim, now=NOW + timedelta(seconds=place)) for place in range(7)]

    assert {check.reason for check in checks} == {"other_person"}
    assert line_status(now=NOW + timedelta(seconds=8)).is_open


def test_the_portal_leaves_the_desks_their_share_of_the_line(register, officer, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_IN_FLIGHT": 3, "NPD_IN_FLIGHT_DESK": 1}
    for _ in range(2):
        _under_way(TouchPoint.FILING, NOW)

    assert ask(cast.an.claim).reason == "crowded"
    assert fetch_citizen(claim=cast.an.claim, asker=desk(officer), purpose=WHY, now=NOW).check.is_verified


def test_a_probe_under_way_takes_nobody_s_place(register, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_IN_FLIGHT": 2, "NPD_IN_FLIGHT_DESK": 1}
    _under_way(TouchPoint.OPERATION, NOW)

    assert ask(cast.an.claim).is_verified


def test_a_question_whose_process_was_killed_gives_its_place_back_by_growing_old(register, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_IN_FLIGHT": 2, "NPD_IN_FLIGHT_DESK": 1}
    _under_way(TouchPoint.FILING, NOW)

    assert ask(cast.an.claim).reason == "crowded"
    assert ask(cast.an.claim, now=NOW + line.longest_question()).is_verified


def _under_way(touch_point: TouchPoint, asked_at: datetime) -> None:
    request_id = uuid.uuid4().hex
    IdentityCheck.objects.create(
        request_id=request_id,
        touch_point=touch_point.value,
        purpose="x",
        number_digest=request_id,
        asked_at=asked_at,
    )


@pytest.mark.django_db(transaction=True)
def test_twenty_tries_at_one_moment_are_no_way_round_a_limit_of_five() -> None:
    asked = []
    everybody_in = threading.Barrier(20)

    class Slow:
        def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
            asked.append(inquiry.request_id)
            return Answer(None, False, MessageIds(inquiry.request_id), "test")

    def one_try(place: int) -> None:
        everybody_in.wait()
        try:
            ask(cast.hanh.claim, asker=Asker(None, address=f"192.0.2.{place}"))
        except Limited:
            pass
        finally:
            connection.close()

    with use_register(Slow()):
        tries = [threading.Thread(target=one_try, args=(place,)) for place in range(20)]
        for each in tries:
            each.start()
        for each in tries:
            each.join()

    assert len(asked) == 5


def test_ping_is_good_only_when_the_register_says_nobody(register) -> None:
    check, _ = ping(now=NOW)
    assert (check.outcome, check.purpose) == ("rejected", "vận hành: thăm dò")


def test_numbers_of_nine_digits_are_checked_against_the_old_number(register) -> None:
    old = cast.duc.old_claim

    assert ask(old).is_verified
    assert ask(cast.hoa.old_claim).is_verified


def test_a_request_id_passes_the_filter_of_the_logs_unharmed(register) -> None:
    request_id = ask(cast.an.claim).request_id

    assert len(request_id) <= 40
    assert not any(letter.isdigit() for letter in request_id)


def test_a_new_address_of_the_same_ipv6_line_is_no_new_address(register, settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_ADDRESS_HOUR": 2}
    ask(cast.hanh.claim, asker=Asker(None, address="2001:db8:1:2::1"))
    ask(cast.hanh.claim, asker=Asker(None, address="2001:db8:1:2:ffff::2"))

    with pytest.raises(Limited) as refusal:
        ask(cast.an.claim, asker=Asker(None, address="2001:db8:1:2::3"))

    assert refusal.value.scope == "address"
    assert ask(cast.an.claim, asker=Asker(None, address="2001:db8:1:3::1")).is_verified
