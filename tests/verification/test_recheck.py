"""Later checks: one question for one id, and a repeated one says what it repeats."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from motcua.audit.models import AuditEvent
from motcua.identity.claims import IdentityClaim
from motcua.identity.register import Answer, Inquiry, MessageIds, TouchPoint
from motcua.verification.models import IdentityCheck, WaitingRecord
from motcua.verification.registers import use_register
from motcua.verification.service import (
    AlreadyAsked,
    Asker,
    Purpose,
    check_identity,
    fetch_citizen,
    recheck_identity,
)
from tests.people import cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
WHY = Purpose("kiểm tra lại hồ sơ đã tiếp nhận", procedure_code="1.001193", npd_code="G15-TP110")


def desk(officer, **more) -> Asker:
    return Asker(officer, officer_number="999180000008", officer_login="lan", agency="000.00.01.H23", **more)


def recheck(asker: Asker, check_id: uuid.UUID, *, claim=cast.an.claim, repeats=None, now=NOW, why=WHY):
    return recheck_identity(
        claim=claim, asker=asker, purpose=why, check_id=check_id, repeats=repeats, now=now
    )


def test_a_later_check_is_written_under_the_id_it_was_given_and_keeps_no_record(register, officer) -> None:
    check_id = uuid.uuid4()

    check = recheck(desk(officer), check_id)

    assert (check.pk, check.outcome, check.touch_point) == (check_id, "verified", "recheck")
    assert register.inquiries[0].officer == "999180000008"
    assert not WaitingRecord.objects.exists()


def test_a_second_question_under_one_id_is_not_asked(register, officer) -> None:
    check_id = uuid.uuid4()
    recheck(desk(officer), check_id)

    with pytest.raises(AlreadyAsked):
        recheck(desk(officer), check_id, now=NOW + timedelta(minutes=1))

    assert register.asked == 1
    assert IdentityCheck.objects.get().asked_at == NOW


def test_a_question_whose_fate_is_unknown_is_named_by_the_one_that_repeats_it(register, officer) -> None:
    lost = IdentityCheck.objects.create(
        request_id="MC-LOST", touch_point="recheck", purpose="x", number_digest="x", asked_at=NOW
    )

    check = recheck(desk(officer), uuid.uuid4(), repeats=lost.pk, now=NOW + timedelta(minutes=1))

    assert IdentityCheck.objects.get(pk=check.pk).repeats == lost
    lost.refresh_from_db()
    assert lost.outcome == ""


def test_later_checks_are_outside_the_limits_of_persons_and_use_up_none(register, officer, settings) -> None:
    settings.LIMITS = dict.fromkeys(settings.LIMITS, 2)
    wrong = cast.an.named("Nguyễn Văn Ân")

    for _ in range(5):
        assert recheck(desk(officer), uuid.uuid4(), claim=wrong).is_rejected

    assert check_identity(
        claim=cast.an.claim,
        asker=Asker(officer),
        touch_point=TouchPoint.FILING,
        purpose=WHY,
        now=NOW,
    ).is_verified


def test_a_year_alone_agrees_as_it_would_have_at_the_desk(register, officer) -> None:
    assert recheck(desk(officer), uuid.uuid4(), claim=cast.an.born_on(1985)).is_verified


def test_later_checks_leave_the_desks_their_share_of_the_line(register, officer, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_IN_FLIGHT": 2, "NPD_IN_FLIGHT_DESK": 1}
    IdentityCheck.objects.create(
        request_id="MC-OTHER", touch_point="recheck", purpose="x", number_digest="x", asked_at=NOW
    )

    assert recheck(desk(officer), uuid.uuid4()).reason == "crowded"
    assert fetch_citizen(claim=cast.an.claim, asker=desk(officer), purpose=WHY, now=NOW).check.is_verified


@pytest.mark.parametrize(
    ("asker", "why", "reason"),
    [
        ({"is_licensed": False}, {}, "officer"),
        ({}, {"is_licensed": False}, "procedure"),
        ({"is_licensed": False}, {"is_licensed": False}, "officer"),
    ],
)
def test_who_is_not_licensed_is_told_so_before_any_question(
    register, officer, asker: dict[str, bool], why: dict[str, bool], reason: str
) -> None:
    purpose = Purpose("x", procedure_code="1.001193", **why)

    checks = [
        fetch_citizen(claim=cast.an.claim, asker=desk(officer, **asker), purpose=purpose, now=NOW).check,
        recheck(desk(officer, **asker), uuid.uuid4(), why=purpose),
        check_identity(
            claim=cast.an.claim,
            asker=desk(officer, **asker),
            touch_point=TouchPoint.FILING,
            purpose=purpose,
            now=NOW,
        ),
    ]

    assert {(check.outcome, check.reason, check.route) for check in checks} == {("not_allowed", reason, "")}
    assert register.asked == 0
    events = AuditEvent.objects.filter(name="check.not_licensed")
    assert {event.subject for event in events} == {checks[0].number_digest}
    assert len(events) == 3


def test_nobody_is_asked_in_the_name_of_an_officer_whose_number_is_gone(register, officer) -> None:
    check = recheck(Asker(officer), uuid.uuid4())

    assert (check.outcome, check.reason) == ("not_allowed", "officer")
    assert register.asked == 0


def test_the_officers_own_code_and_key_go_with_the_question_and_the_portal_has_its_own(
    register, officer, settings
) -> None:
    recheck(desk(officer, officer_code="HP-017", officer_key="lan:sandbox-pass"), uuid.uuid4())
    check_identity(
        claim=cast.an.claim, asker=Asker(None), touch_point=TouchPoint.REGISTRATION, purpose=WHY, now=NOW
    )

    by_officer, by_portal = register.inquiries
    assert (by_officer.officer, by_officer.officer_key) == ("HP-017", "lan:sandbox-pass")
    assert (by_portal.officer, by_portal.officer_key) == (
        settings.NPD["NPD_PORTAL_OFFICER"],
        settings.NPD["NPD_PORTAL_OFFICER_KEY"],
    )
    assert "sandbox-pass" not in repr(desk(officer, officer_key="lan:sandbox-pass"))


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_that_take_one_id_at_one_moment_one_asks(officer) -> None:
    asked: list[str] = []
    start = threading.Barrier(8)
    check_id = uuid.uuid4()
    told: list[str] = []

    class Nobody:
        def ask(self, claim: IdentityClaim, inquiry: Inquiry) -> Answer:
            asked.append(inquiry.request_id)
            return Answer(None, False, MessageIds(inquiry.request_id), "test")

    def work() -> None:
        try:
            start.wait(10)
            told.append(recheck(desk(officer), check_id).outcome)
        except AlreadyAsked:
            told.append("already asked")
        finally:
            connection.close()

    with use_register(Nobody()):
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert len(asked) == 1
    assert sorted(told) == ["already asked"] * 7 + ["rejected"]
