"""Later checks: what a ticket may go through, whoever dies when, and what is told at its end."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from motcua.accounts.models import Citizen, Notice, User
from motcua.audit.models import AuditEvent
from motcua.dossiers import rechecks, service, states
from motcua.dossiers.models import Dossier, Recheck, RecheckPace
from motcua.dossiers.service import Applicant, run_next_recheck
from motcua.dossiers.steps import go
from motcua.identity.numbers import IdNumber
from motcua.identity.register import Answer, Barred, CouldNotAsk, NotPermitted, TouchPoint, Trouble
from motcua.verification.models import IdentityCheck, LineRow
from motcua.verification.service import Asker, Purpose, check_identity, fetch_citizen
from tests.conftest import ToldRegister, sealed_long_ago
from tests.dossiers.filing import procedure_of
from tests.people import Person, cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AFTER_THE_LEASE = timedelta(minutes=1)


class Killed(BaseException):
    """The process dies here."""


def applicant(person: Person = cast.an, **other: Any) -> Applicant:
    """Return somebody at the desk."""
    said = Applicant(
        person.full_name, IdNumber(person.number), birth=person.birth_date.canonical(), phone="0912345678"
    )
    return replace(said, **other)


def received(
    officer: User, who: Applicant | None = None, *, reason: str = "unanswered", at: datetime = NOW
) -> Dossier:
    """Receive a dossier by hand, "xác thực sau" if nothing else is said."""
    return service.receive_at_desk(
        officer=officer,
        office=officer.office,
        procedure=procedure_of(),
        applicant=who or applicant(),
        check=None,
        by_hand_reason=reason,
        received_documents=[],
        press_key=uuid.uuid4(),
        now=at,
    )


def fresh(dossier: Dossier) -> Dossier:
    """Return the dossier as it stands now."""
    return Dossier.objects.select_related("identity_check", "recheck").get(pk=dossier.pk)


def shut_line(now: datetime) -> None:
    """Let the breaker of the line be open."""
    LineRow.objects.update_or_create(
        pk="primary", defaults={"opened_at": now.timestamp(), "next_probe_at": now.timestamp() + 3600}
    )


def drain(now: datetime, step: timedelta = SECOND, most: int = 100) -> datetime:
    """Let the clock run until nothing waits; return when that was."""
    for _ in range(most):
        if not Recheck.objects.filter(state="waiting").exists():
            break
        run_next_recheck(now=now)
        now += step
    return now


class TestReceivedForLater:
    """What "Tiếp nhận, xác thực sau" promises."""

    def test_the_dossier_gets_a_ticket_and_no_decision_may_be_taken(self, officer: User) -> None:
        dossier = received(officer)

        assert dossier.recheck.state == Recheck.State.WAITING
        assert dossier.recheck.officer == officer
        assert dossier.is_decision_barred
        assert not dossier.is_identity_verified

    @pytest.mark.parametrize("reason", ["rejected", "not_allowed", "newborn"])
    def test_other_receptions_by_hand_wait_for_nothing(self, officer: User, reason: str) -> None:
        dossier = received(officer, reason=reason)

        assert not dossier.is_decision_barred
        assert not Recheck.objects.exists()

    @pytest.mark.parametrize("missing", [{"number": None}, {"birth": ""}])
    def test_without_number_or_birth_date_nothing_could_be_asked_later(
        self, officer: User, missing: dict[str, Any]
    ) -> None:
        with pytest.raises(ValueError):
            received(officer, applicant(**missing))

        assert not Dossier.objects.exists()

    def test_the_database_itself_refuses_a_decision_before_the_check(self, officer: User) -> None:
        dossier = received(officer)

        with pytest.raises(IntegrityError), transaction.atomic():
            Dossier.objects.filter(pk=dossier.pk).update(status=9, finished_at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            Dossier.objects.filter(pk=dossier.pk).update(is_decision_barred=False)

    def test_the_table_of_moves_refuses_a_decision_before_the_check(self) -> None:
        with pytest.raises(states.DecisionBarred):
            states.target_of(states.MOVES["finish"], origin=states.RECEIVED, is_barred=True)

    def test_one_press_sent_twice_queues_one_ticket(self, officer: User) -> None:
        key = uuid.uuid4()
        for _ in range(2):
            service.receive_at_desk(
                officer=officer,
                office=officer.office,
                procedure=procedure_of(),
                applicant=applicant(),
                check=None,
                by_hand_reason="unanswered",
                received_documents=[],
                press_key=key,
                now=NOW,
            )

        assert Recheck.objects.count() == 1


class TestTheAnswer:
    """What each outcome does to dossier, ticket and inboxes."""

    def test_a_yes_takes_the_mark_away_and_tells_both(
        self, officer: User, citizen_an: Citizen, register: ToldRegister
    ) -> None:
        dossier = received(officer)

        assert run_next_recheck(now=NOW + SECOND)

        seen = fresh(dossier)
        assert seen.is_identity_verified
        assert not seen.is_decision_barred
        assert seen.identity_check.touch_point == TouchPoint.RECHECK
        assert seen.identity_check.dossier_id == dossier.pk
        assert seen.identity_check.repeats_id is None
        assert seen.recheck.state == Recheck.State.SETTLED
        assert "đã được xác thực" in officer.notices.get().text
        assert officer.notices.get().link == f"/mot-cua/ho-so/{dossier.pk}/"
        assert "đã được xác thực" in citizen_an.user.notices.get().text
        assert citizen_an.user.notices.get().link == f"/ho-so/{dossier.pk}/"
        assert AuditEvent.objects.get(name="dossier.rechecked").details["outcome"] == "verified"

    def test_a_yes_brings_the_dossier_into_the_account_as_one_at_the_desk_does(
        self, officer: User, an_client: Client, register: ToldRegister
    ) -> None:
        dossier = received(officer)
        assert str(dossier.code) not in an_client.get("/ho-so/").content.decode()
        run_next_recheck(now=NOW + SECOND)

        assert str(dossier.code) in an_client.get("/ho-so/").content.decode()
        assert an_client.get(f"/ho-so/{dossier.pk}/").status_code == 200

    def test_a_yes_to_an_old_number_brings_the_dossier_into_no_account(
        self, officer: User, citizen_an: Citizen, register: ToldRegister
    ) -> None:
        citizen_an.number = IdNumber(cast.hoa2.old_number)
        citizen_an.save()
        register._service = "003"
        dossier = received(officer, replace(applicant(cast.hoa2), number=citizen_an.number))
        run_next_recheck(now=NOW + SECOND)

        assert fresh(dossier).is_identity_verified
        assert fresh(dossier).citizen is None

    def test_the_officer_who_received_is_who_asks(self, officer: User, register: ToldRegister) -> None:
        received(officer)
        run_next_recheck(now=NOW)

        asked = register.inquiries[0]
        assert (asked.officer, asked.officer_login) == (officer.officer_number, "lan")
        assert asked.agency == officer.office.code
        assert asked.officer_key == "lan:sandbox-pass"

    def test_a_code_of_the_officers_own_is_told_instead_of_the_number(
        self, officer: User, register: ToldRegister
    ) -> None:
        officer.npd_officer_code = "MA-CAN-BO-7"
        officer.save()
        received(officer)
        run_next_recheck(now=NOW)

        assert register.inquiries[0].officer == "MA-CAN-BO-7"

    def test_a_no_marks_the_dossier_and_tells_both_what_to_do(
        self, officer: User, citizen_an: Citizen, register: ToldRegister
    ) -> None:
        dossier = received(officer, applicant(full_name="Nguyễn Văn Ân"))
        run_next_recheck(now=NOW)

        seen = fresh(dossier)
        assert (seen.by_hand_reason, seen.identity_check.outcome) == ("rejected", "rejected")
        assert seen.is_decision_barred
        assert "xác thực thất bại" in officer.notices.get().text
        assert "mang thẻ căn cước và giấy tờ gốc" in citizen_an.user.notices.get().text
        assert citizen_an.user.notices.get().link == f"/tra-cuu/?ma={dossier.code}"
        assert seen.citizen is None

    def test_of_the_two_holders_of_an_old_number_only_the_one_meant_is_told(
        self, officer: User, citizen_an: Citizen, register: ToldRegister
    ) -> None:
        holder = {"touch_point": TouchPoint.REGISTRATION, "purpose": Purpose("Đăng ký tài khoản")}
        check = check_identity(claim=cast.hoa.old_claim, asker=Asker(None), now=NOW, **holder)
        citizen_an.number, citizen_an.registration_check = cast.hoa.old_claim.number, check
        citizen_an.save()
        for person in (cast.hoa2, cast.hoa):
            received(officer, applicant(person, number=IdNumber(person.old_number)))

        drain(NOW)

        assert Recheck.objects.filter(state="settled").count() == 2
        of_hoa = Dossier.objects.get(identity_check__claim_digest=check.claim_digest)
        assert of_hoa.code in citizen_an.user.notices.get().text

    def test_who_has_no_account_is_to_be_called(self, officer: User, register: ToldRegister) -> None:
        received(officer, applicant(cast.hanh))
        run_next_recheck(now=NOW)

        text = officer.notices.get().text
        assert "số điện thoại ghi trên trang hồ sơ" in text
        assert "0912345678" not in text
        assert cast.hanh.number not in text
        assert Notice.objects.count() == 1

    def test_after_a_no_decisions_wait_until_an_officer_saw_the_originals(
        self, officer: User, other_officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer, applicant(cast.hanh))
        with pytest.raises(service.NotRecheckable):
            service.confirm_originals(dossier=dossier, officer=officer, now=NOW)
        run_next_recheck(now=NOW)
        with pytest.raises(service.NotThisOffice):
            service.confirm_originals(dossier=dossier, officer=other_officer, now=NOW)

        for _ in range(2):
            service.confirm_originals(dossier=dossier, officer=officer, now=NOW)

        assert not fresh(dossier).is_decision_barred
        assert not fresh(dossier).is_identity_verified
        assert AuditEvent.objects.get(name="dossier.originals_confirmed").subject == dossier.code

    @pytest.mark.parametrize("barred", [Barred.OFFICER, Barred.PROCEDURE])
    def test_a_missing_licence_at_the_register_is_told_to_the_officer_alone(
        self, officer: User, citizen_an: Citizen, register: ToldRegister, barred: Barred
    ) -> None:
        dossier = received(officer)
        register.trouble = NotPermitted(barred)
        run_next_recheck(now=NOW)

        assert fresh(dossier).by_hand_reason == "not_allowed"
        assert fresh(dossier).is_decision_barred
        assert "chưa được phép tra cứu" in officer.notices.get().text
        assert not citizen_an.user.notices.exists()

    @pytest.mark.parametrize(
        "changed",
        [
            {"may_query": False},
            {"is_active": False},
            {"role": "citizen"},
            {"officer_digits": ""},
        ],
        ids=str,
    )
    def test_an_officer_who_may_not_ask_any_more_asks_nothing(
        self, officer: User, second_officer: User, register: ToldRegister, changed: dict[str, Any]
    ) -> None:
        dossier = received(officer)
        User.objects.filter(pk=officer.pk).update(**changed)
        run_next_recheck(now=NOW)

        assert register.asked == 0
        assert fresh(dossier).by_hand_reason == "not_allowed"
        is_gone = "is_active" in changed or "role" in changed
        assert second_officer.notices.exists() == is_gone
        assert officer.notices.exists() != is_gone

    def test_nothing_is_asked_for_a_procedure_without_licence(
        self, officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer)
        type(dossier.procedure).objects.update(may_query=False)
        run_next_recheck(now=NOW)

        assert register.asked == 0
        assert fresh(dossier).identity_check.reason == "procedure"

    def test_no_answer_puts_the_ticket_back_and_tells_nobody(
        self, officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer)
        register.is_down()
        run_next_recheck(now=NOW)

        seen = fresh(dossier)
        assert (seen.recheck.state, seen.recheck.check_id) == ("waiting", None)
        assert seen.by_hand_reason == "unanswered"
        assert not Notice.objects.exists()
        register.is_up()
        assert not run_next_recheck(now=NOW + SECOND)
        assert run_next_recheck(now=NOW + timedelta(minutes=2))
        assert fresh(dossier).is_identity_verified
        assert all(check.repeats_id is None for check in IdentityCheck.objects.all())

    @pytest.mark.parametrize("trouble", [Trouble.UNREADABLE, Trouble.TWO_CITIZENS, Trouble.OTHER_PERSON])
    def test_answers_that_cannot_be_trusted_are_given_to_an_officer_after_the_third(
        self, officer: User, register: ToldRegister, trouble: Trouble
    ) -> None:
        dossier = received(officer)
        register.is_down(trouble)
        for place in range(6):
            run_next_recheck(now=NOW + timedelta(minutes=20) * place)

        seen = fresh(dossier)
        assert register.asked == 3
        assert (seen.recheck.state, seen.by_hand_reason) == ("parked", "unusable")
        assert seen.is_decision_barred
        assert "nhiều lần không nhận được câu trả lời dùng được" in officer.notices.get().text

    @pytest.mark.parametrize("trouble", [Trouble.TIMEOUT, Trouble.CONNECTION, Trouble.BUSY])
    def test_a_line_in_trouble_never_uses_a_ticket_up(
        self, officer: User, register: ToldRegister, trouble: Trouble
    ) -> None:
        dossier = received(officer)
        register.is_down(trouble)
        for place in range(12):
            LineRow.objects.all().delete()
            run_next_recheck(now=NOW + timedelta(minutes=20) * place)

        assert register.asked == 12
        assert fresh(dossier).recheck.state == "waiting"

    def test_a_register_that_lets_nobody_of_ours_ask_uses_no_ticket_up_and_is_asked_ever_more_rarely(
        self, officer: User, register: ToldRegister
    ) -> None:
        dossiers = [received(officer) for _ in range(5)]
        register.trouble = NotPermitted(Barred.CLIENT)
        for second in range(600):
            run_next_recheck(now=NOW + SECOND * second)

        assert register.asked < 20
        assert {fresh(dossier).by_hand_reason for dossier in dossiers} == {"unanswered"}
        assert not Notice.objects.exists()
        register.trouble = None
        drain(NOW + timedelta(minutes=20), most=600)
        assert all(fresh(dossier).is_identity_verified for dossier in dossiers)


class TestWhoeverDies:
    """The ticket after a process died between two steps."""

    def test_before_the_question_the_next_claim_asks_under_the_same_id(
        self, officer: User, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dossier = received(officer)
        with monkeypatch.context() as patched:
            patched.setattr(rechecks, "recheck_identity", _dies)
            with pytest.raises(Killed):
                run_next_recheck(now=NOW)
        claimed = Recheck.objects.get()

        assert not run_next_recheck(now=NOW + SECOND)
        assert run_next_recheck(now=NOW + AFTER_THE_LEASE)
        assert fresh(dossier).identity_check_id == claimed.check_id
        assert register.asked == 1

    def test_after_the_answer_the_next_claim_asks_nobody(
        self, officer: User, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dossier = received(officer)
        with monkeypatch.context() as patched:
            patched.setattr(rechecks, "_settle", _dies)
            with pytest.raises(Killed):
                run_next_recheck(now=NOW)
        assert fresh(dossier).identity_check is None

        assert run_next_recheck(now=NOW + AFTER_THE_LEASE)
        assert fresh(dossier).is_identity_verified
        assert register.asked == 1

    def test_with_the_question_under_way_the_next_one_says_which_it_repeats(
        self, officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer)
        register.before_answer = _dies
        with pytest.raises(Killed):
            run_next_recheck(now=NOW)
        lost = IdentityCheck.objects.get(outcome="")
        register.before_answer = None

        assert not run_next_recheck(now=NOW + SECOND)
        assert run_next_recheck(now=NOW + AFTER_THE_LEASE)
        assert fresh(dossier).is_identity_verified
        assert fresh(dossier).identity_check.repeats_id == lost.pk

    def test_twice_in_a_row_each_question_says_which_it_repeats(
        self, officer: User, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        received(officer)
        register.before_answer = _dies
        with pytest.raises(Killed):
            run_next_recheck(now=NOW)
        register.before_answer = None
        with monkeypatch.context() as patched:
            patched.setattr(rechecks, "recheck_identity", _dies)
            with pytest.raises(Killed):
                run_next_recheck(now=NOW + AFTER_THE_LEASE)

        run_next_recheck(now=NOW + 2 * AFTER_THE_LEASE)
        asked_again = IdentityCheck.objects.get(outcome="verified")
        assert asked_again.repeats == IdentityCheck.objects.get(outcome="")

    def test_half_of_the_settling_is_none_of_it(
        self, officer: User, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dossier = received(officer)
        with monkeypatch.context() as patched:
            patched.setattr(rechecks, "tell_of_recheck", _dies)
            with pytest.raises(Killed):
                run_next_recheck(now=NOW)
        assert not fresh(dossier).is_identity_verified
        assert not AuditEvent.objects.filter(name="dossier.rechecked").exists()

        run_next_recheck(now=NOW + AFTER_THE_LEASE)
        assert fresh(dossier).is_identity_verified
        assert (register.asked, officer.notices.count()) == (1, 1)

    def test_who_was_overtaken_under_the_same_id_asks_nobody_and_settles_nothing(
        self, officer: User, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One process sleeps longer than its lease between claim and question; another does the work meanwhile."""
        dossier = received(officer)
        honest = rechecks.recheck_identity

        def sleeps(**asked: Any) -> IdentityCheck:
            monkeypatch.setattr(rechecks, "recheck_identity", honest)
            assert run_next_recheck(now=NOW + AFTER_THE_LEASE)
            return honest(**asked)

        monkeypatch.setattr(rechecks, "recheck_identity", sleeps)
        assert run_next_recheck(now=NOW)

        assert register.asked == 1
        assert officer.notices.count() == 1
        assert fresh(dossier).is_identity_verified

    def test_an_answer_that_comes_after_its_lease_does_not_undo_the_newer_one(
        self, officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer)

        def hangs() -> None:
            register.before_answer = None
            assert run_next_recheck(now=NOW + AFTER_THE_LEASE)

        register.before_answer = hangs
        assert run_next_recheck(now=NOW)

        late, newer = IdentityCheck.objects.order_by("asked_at")
        assert fresh(dossier).identity_check == newer
        assert newer.repeats == late
        assert officer.notices.count() == 1


class TestPace:
    """How fast tickets are taken."""

    @pytest.mark.parametrize(
        "unreadable",
        [{"applicant_number": sealed_long_ago()}, {"applicant_name": "?"}],
    )
    def test_tickets_that_cannot_be_read_hold_up_nobody_and_keep_waiting(
        self, officer: User, register: ToldRegister, unreadable: dict[str, Any], caplog: Any
    ) -> None:
        broken = [received(officer, at=NOW + SECOND * place) for place in range(3)]
        good = received(officer, applicant(cast.binh), at=NOW + 5 * SECOND)
        Dossier.objects.filter(pk__in=[dossier.pk for dossier in broken]).update(**unreadable)

        drain(NOW + timedelta(hours=1), most=60)

        assert fresh(good).is_identity_verified
        assert register.asked == 1
        waiting = Recheck.objects.filter(pk__in=[dossier.pk for dossier in broken])
        assert {ticket.state for ticket in waiting} == {"waiting"}
        assert all(ticket.tries > 1 for ticket in waiting)
        assert "work.unreadable_ticket" in caplog.text

    def test_tickets_that_fail_by_a_mistake_of_ours_hold_up_nobody_and_are_asked_once(
        self, officer: User, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = {received(officer, at=NOW + SECOND * place).pk for place in range(3)}
        good = received(officer, applicant(cast.binh), at=NOW + 5 * SECOND)
        tell = rechecks.tell_of_recheck

        def mistaken(*, dossier: Dossier, **other: Any) -> None:
            if dossier.pk in broken:
                raise RuntimeError("a mistake of ours")
            tell(dossier=dossier, **other)

        monkeypatch.setattr(rechecks, "tell_of_recheck", mistaken)
        now, mistakes = NOW + timedelta(hours=1), 0
        for _ in range(12):  # as the loop does it: a longer rest after each mistake in a row
            try:
                run_next_recheck(now=now)
                mistakes = 0
            except RuntimeError:
                mistakes += 1
            now += timedelta(seconds=min(2 * 2**mistakes, 60))
        assert fresh(good).is_identity_verified

        monkeypatch.undo()
        drain(now + timedelta(hours=1))
        assert not Recheck.objects.filter(state="waiting").exists()
        assert IdentityCheck.objects.count() == 4

    def test_an_officer_whose_key_cannot_be_read_holds_up_nobody(
        self, officer: User, second_officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer)
        User.objects.filter(pk=officer.pk).update(gateway_key=sealed_long_ago())

        assert run_next_recheck(now=NOW + timedelta(hours=1))
        ticket = service.recheck_now(
            dossier=dossier, officer=second_officer, now=NOW + timedelta(hours=1, seconds=1)
        )

        assert ticket.state == Recheck.State.SETTLED
        assert fresh(dossier).is_identity_verified

    def test_two_a_second_over_all_processes(self, officer: User, register: ToldRegister) -> None:
        for place in range(30):
            received(officer, at=NOW + SECOND * place)
        start = NOW + timedelta(hours=2)
        taken = [run_next_recheck(now=start + timedelta(milliseconds=100) * tick) for tick in range(50)]

        assert sum(taken) == 10
        assert all(taken[tick] == (tick % 5 == 0) for tick in range(50))

    @pytest.mark.parametrize("per_second", [2, 20, 200])
    def test_whoever_looks_when_told_to_reaches_the_pace_even_if_a_little_late(
        self, officer: User, register: ToldRegister, settings: Settings, per_second: int
    ) -> None:
        settings.RECHECKS_PER_SECOND = per_second
        for _ in range(25):
            received(officer)
        began = now = NOW + timedelta(hours=1)
        while Recheck.objects.filter(state="waiting").exists():
            if not run_next_recheck(now=now):
                wait = service.seconds_to_next_recheck(now=now)
                assert wait is not None
                now += timedelta(seconds=1.2 * wait)

        assert 24 / per_second <= (now - began).total_seconds() <= 25.5 / per_second

    def test_a_pause_is_not_made_up_for_by_a_crowd(self, officer: User, register: ToldRegister) -> None:
        for _ in range(5):
            received(officer)
        assert run_next_recheck(now=NOW + timedelta(hours=1))
        later = NOW + timedelta(hours=2)

        taken = [run_next_recheck(now=later + timedelta(milliseconds=10) * tick) for tick in range(50)]

        assert sum(taken) == 1

    def test_nobody_is_told_to_look_soon_when_nothing_is_due_or_the_line_is_down(
        self, officer: User, register: ToldRegister
    ) -> None:
        assert service.seconds_to_next_recheck(now=NOW) is None
        received(officer)
        assert service.seconds_to_next_recheck(now=NOW) == 0
        shut_line(NOW)
        assert service.seconds_to_next_recheck(now=NOW) is None

    def test_nobody_is_asked_while_the_line_is_down(self, officer: User, register: ToldRegister) -> None:
        received(officer)
        shut_line(NOW)

        assert not run_next_recheck(now=NOW + SECOND)
        assert register.asked == 0
        assert Recheck.objects.get().check_id is None

    def test_after_an_outage_the_first_questions_come_gently(
        self, officer: User, register: ToldRegister
    ) -> None:
        for _ in range(40):
            received(officer)
        shut_line(NOW)
        run_next_recheck(now=NOW + SECOND)
        LineRow.objects.all().delete()
        start = NOW + timedelta(minutes=1)
        taken = [run_next_recheck(now=start + timedelta(milliseconds=500) * tick) for tick in range(80)]

        assert sum(taken[:20]) <= 3
        assert sum(taken[60:]) >= 15

    def test_a_question_without_answer_slows_all_down(self, officer: User, register: ToldRegister) -> None:
        for place in range(3):
            received(officer, at=NOW + SECOND * place)
        register.is_down()
        start = NOW + timedelta(minutes=1)
        run_next_recheck(now=start)
        register.is_up()

        assert not run_next_recheck(now=start + 4 * SECOND)
        assert run_next_recheck(now=start + 6 * SECOND)

    def test_what_a_clock_wrote_that_was_ahead_keeps_nobody_waiting_once_it_is_put_back(
        self, officer: User, register: ToldRegister
    ) -> None:
        ahead = NOW + timedelta(hours=7)
        for _ in range(2):
            received(officer, at=ahead)
        register.is_down()
        run_next_recheck(now=ahead + SECOND)
        register.is_up()

        assert service.seconds_to_next_recheck(now=NOW) == 0
        drain(NOW, most=30)
        assert not Recheck.objects.filter(state="waiting").exists()
        assert register.asked == 3

    def test_a_reply_about_another_person_slows_nobody_down(
        self, officer: User, register: ToldRegister
    ) -> None:
        received(officer)
        received(officer, applicant(cast.binh), at=NOW + SECOND)
        register.says(cast.an, CouldNotAsk(Trouble.OTHER_PERSON))
        assert run_next_recheck(now=NOW + 2 * SECOND)
        assert run_next_recheck(now=NOW + 3 * SECOND)

        assert RecheckPace.objects.get().gap == 0.5

    def test_two_hundred_tickets_are_drained_oldest_first_and_each_is_asked_once(
        self, officer: User, register: ToldRegister, settings: Settings
    ) -> None:
        dossiers = [received(officer, at=NOW - SECOND * (n * 7919 % 200)) for n in range(200)]
        shut_line(NOW)
        assert not run_next_recheck(now=NOW + timedelta(hours=1))
        LineRow.objects.all().delete()
        began = NOW + timedelta(hours=2)
        ended = drain(began, step=timedelta(milliseconds=500), most=1000)

        asked = list(IdentityCheck.objects.order_by("asked_at").values_list("dossier_id", flat=True))
        oldest_first = sorted(dossiers, key=lambda dossier: dossier.received_at)
        assert asked == [dossier.pk for dossier in oldest_first]
        assert max(Counter(asked).values()) == 1
        assert register.asked == 200
        assert ended - began >= timedelta(seconds=100)
        assert not Dossier.objects.filter(is_decision_barred=True).exists()

    def test_a_ticket_takes_as_many_queries_in_a_long_queue_as_in_a_short_one(
        self, officer: User, register: ToldRegister
    ) -> None:
        def queries(now: datetime) -> int:
            with CaptureQueriesContext(connection) as captured:
                assert run_next_recheck(now=now)
            return len(captured)

        for _ in range(3):
            received(officer)
        run_next_recheck(now=NOW)
        short = queries(NOW + 3 * SECOND)
        for _ in range(60):
            received(officer)

        assert queries(NOW + 6 * SECOND) == short

    def test_nothing_due_is_one_query_and_no_transaction(
        self, officer: User, register: ToldRegister, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        with django_assert_num_queries(1):
            assert not run_next_recheck(now=NOW)

    def test_the_queue_is_read_by_its_index(self, officer: User) -> None:
        if connection.vendor == "postgresql":  # it reads a table of few rows whole if it may
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plan = Recheck.objects.filter(state="waiting", not_before__lte=NOW).order_by("queued_at").explain()
        assert "recheck_queue" in plan


class TestAtTheDesk:
    """The button "Kiểm tra lại danh tính"."""

    def test_the_register_is_asked_at_once_in_the_name_of_who_presses(
        self, officer: User, second_officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer)
        ticket = service.recheck_now(dossier=dossier, officer=second_officer, now=NOW + SECOND)

        assert ticket.state == "settled"
        assert fresh(dossier).is_identity_verified
        assert fresh(dossier).identity_check.asked_by == second_officer
        assert {notice.user.login for notice in Notice.objects.filter(user__role="officer")} == {
            "lan",
            "phuc",
        }

    def test_the_second_press_asks_nobody(self, officer: User, register: ToldRegister) -> None:
        dossier = received(officer, applicant(cast.hanh), reason="rejected")
        for place in range(3):
            service.recheck_now(dossier=dossier, officer=officer, now=NOW + SECOND * place)

        assert register.asked == 1
        service.recheck_now(dossier=dossier, officer=officer, now=NOW + timedelta(minutes=5))
        assert register.asked == 2

    def test_a_press_while_the_worker_asks_asks_nobody(self, officer: User, register: ToldRegister) -> None:
        dossier = received(officer)

        def presses() -> None:
            register.before_answer = None
            ticket = service.recheck_now(dossier=dossier, officer=officer, now=NOW + SECOND)
            assert ticket.state == "waiting"

        register.before_answer = presses
        run_next_recheck(now=NOW)

        assert register.asked == 1
        assert fresh(dossier).is_identity_verified

    def test_who_presses_while_the_dossier_is_withdrawn_reads_that_there_is_nothing_to_ask(
        self, officer: User, officer_client: Client, register: ToldRegister
    ) -> None:
        dossier = received(officer)

        def withdraws() -> None:
            register.before_answer = None
            go(dossier=dossier, move="withdraw", by=officer, now=NOW, reason="Người nộp đề nghị")

        register.before_answer = withdraws
        answer = officer_client.post(reverse("recheck", args=[dossier.pk]), follow=True)

        assert answer.status_code == 200
        assert "Không còn gì để kiểm tra lại" in answer.content.decode()
        assert fresh(dossier).status == states.WITHDRAWN

    def test_while_the_line_is_down_the_press_waits_in_the_queue(
        self, officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer, reason="not_allowed")
        shut_line(NOW)
        ticket = service.recheck_now(dossier=dossier, officer=officer, now=NOW + SECOND)
        assert (ticket.state, register.asked) == ("waiting", 0)

        LineRow.objects.all().delete()
        assert run_next_recheck(now=NOW + timedelta(minutes=1))
        assert fresh(dossier).is_identity_verified

    def test_what_an_officer_knew_already_stays_if_nothing_new_came(
        self, officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer, applicant(cast.hanh), reason="rejected")
        service.recheck_now(dossier=dossier, officer=officer, now=NOW)
        assert not fresh(dossier).is_decision_barred

        User.objects.filter(pk=officer.pk).update(may_query=False)
        officer.refresh_from_db()
        service.recheck_now(dossier=dossier, officer=officer, now=NOW + timedelta(minutes=5))
        assert fresh(dossier).by_hand_reason == "rejected"

    def test_a_no_that_comes_after_the_decision_changes_no_decision(
        self, officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer, applicant(cast.hanh), reason="not_allowed")
        shut_line(NOW)
        service.recheck_now(dossier=dossier, officer=officer, now=NOW)
        Dossier.objects.filter(pk=dossier.pk).update(status=9, finished_at=NOW)
        LineRow.objects.all().delete()

        assert run_next_recheck(now=NOW + timedelta(minutes=1))
        assert (fresh(dossier).by_hand_reason, fresh(dossier).is_decision_barred) == ("rejected", False)
        assert Notice.objects.filter(user=officer).exists()

    def test_a_no_after_a_missing_licence_is_news_to_be_looked_at(
        self, officer: User, register: ToldRegister
    ) -> None:
        dossier = received(officer, applicant(cast.hanh), reason="not_allowed")
        assert not dossier.is_decision_barred
        service.recheck_now(dossier=dossier, officer=officer, now=NOW)

        assert fresh(dossier).by_hand_reason == "rejected"
        assert fresh(dossier).is_decision_barred

    @pytest.mark.parametrize("reason", ["newborn", "foreigner", "no_number"])
    def test_who_has_no_number_cannot_be_asked_about(
        self, officer: User, register: ToldRegister, reason: str
    ) -> None:
        dossier = received(officer, applicant(number=None), reason=reason)
        with pytest.raises(service.NotRecheckable):
            service.recheck_now(dossier=dossier, officer=officer, now=NOW)

    def test_another_office_may_not(self, officer: User, other_officer: User, register: ToldRegister) -> None:
        with pytest.raises(service.NotThisOffice):
            service.recheck_now(dossier=received(officer), officer=other_officer, now=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workers", [2, 5])
def test_several_workers_share_the_queue_and_no_ticket_is_asked_twice(
    officer: User, register: ToldRegister, settings: Settings, workers: int
) -> None:
    settings.RECHECKS_PER_SECOND = 1_000_000
    for place in range(24):
        received(officer, at=NOW + SECOND * place)
    start = threading.Barrier(workers)
    mistakes: list[Exception] = []

    def works(number: int) -> None:
        try:
            start.wait(10)
            for turn in range(200):
                run_next_recheck(now=NOW + timedelta(hours=1, milliseconds=turn * workers + number))
        except Exception as error:
            mistakes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=works, args=[number]) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert mistakes == []
    asked = IdentityCheck.objects.values_list("dossier_id", flat=True)
    assert sorted(Counter(asked).values()) == [1] * 24
    assert not Recheck.objects.exclude(state="settled").exists()


def _dies(*args: object, **kwargs: object) -> Answer:
    raise Killed


class TestNoWayRoundTheDesk:
    """Whoever was stopped at the desk does not go on guessing by way of dossiers."""

    def test_tickets_of_a_stopped_officer_wait_until_the_stop_is_over(
        self, officer: User, register: ToldRegister, settings: Settings
    ) -> None:
        settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 1}
        asker = Asker(officer, officer_number="999180000008", agency="000.00.01.H23")
        wrong = cast.an.named("Nguyễn Văn Ân")
        fetch_citizen(claim=wrong, asker=asker, purpose=Purpose("Tiếp nhận hồ sơ"), now=NOW)
        dossier = received(officer, at=NOW)

        run_next_recheck(now=NOW + SECOND)
        asked_while_stopped = register.asked
        drain(NOW + timedelta(minutes=11))

        assert asked_while_stopped == 1
        assert register.asked == 2
        assert fresh(dossier).is_identity_verified

    def test_a_later_question_about_oneself_is_marked_as_one_at_the_desk_is(
        self, officer: User, register: ToldRegister
    ) -> None:
        himself = applicant(number=IdNumber(officer.officer_number))
        received(officer, himself)

        drain(NOW + SECOND)

        assert IdentityCheck.objects.get().marks == "self"
