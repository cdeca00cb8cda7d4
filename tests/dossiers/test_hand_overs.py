"""Who holds a dossier: nothing leaves a hand before another takes it, and only within one unit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from motcua.accounts import offices
from motcua.accounts.models import User
from motcua.audit.models import AuditEvent
from motcua.dossiers import hand_overs, states
from motcua.dossiers.access import sees, visible_to
from motcua.dossiers.fees import ask_fee
from motcua.dossiers.hand_overs import (
    HandingRefused,
    Refusal,
    accept,
    assign,
    claim,
    decline,
    hand_over,
    receivers,
    release,
    take_back,
)
from motcua.dossiers.models import Dossier, Fee, HandOver, Recheck
from motcua.dossiers.service import may_be_rechecked
from motcua.dossiers.states import MoveRefused
from motcua.dossiers.steps import NotYours, go
from tests.dossiers.lives import DIVISION, OTHER_DIVISION, SECOND_DIVISION, UNIT, place, received, standing_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]
NOW = timezone.now()


@pytest.fixture
def dossier(officer: User) -> Dossier:
    """Return a dossier that Lan received."""
    return received(officer)


def told(user: User) -> list[tuple[str, str]]:
    """Return the messages of somebody, the newest first."""
    return list(user.notices.order_by("-pk").values_list("text", "link"))


def refused(reason: Refusal) -> pytest.RaisesExc[HandingRefused]:
    """Insist on the reason of a refusal."""
    return pytest.raises(HandingRefused, match=f": {reason}$")


def given(dossier: Dossier, by: User, to_user: User | None = None) -> HandOver:
    """Hand a dossier over to Khánh's division."""
    return hand_over(dossier=dossier, to_office=place(), to_user=to_user, by=by, now=NOW)


class TestHandingOver:
    """Given, and still with the giver."""

    def test_a_dossier_stays_with_the_giver_until_it_is_accepted(
        self, dossier: Dossier, officer: User, specialist: User
    ) -> None:
        given(dossier, officer)
        dossier.refresh_from_db()
        assert (dossier.holder_office, dossier.status) == (officer.office, states.RECEIVED)

        accept(dossier=dossier, by=specialist, now=NOW)
        dossier.refresh_from_db()
        assert (dossier.holder_office, dossier.holder) == (specialist.office, specialist)

    def test_the_receiving_office_is_told_where_to_look_and_nobody_else(
        self, dossier: Dossier, officer: User, specialist: User, leader: User, other_specialist: User
    ) -> None:
        given(dossier, officer)

        link = f"/mot-cua/ho-so/{dossier.pk}/"
        assert told(specialist) == [(f"Hồ sơ {dossier.code} được chuyển đến, đang chờ nhận.", link)]
        assert [told(one) for one in (officer, leader, other_specialist)] == [[], [], []]

    def test_the_second_press_gives_nothing_more(self, dossier: Dossier, officer: User) -> None:
        assert given(dossier, officer) == given(dossier, officer)
        assert AuditEvent.objects.filter(name="dossier.handed_over").count() == 1

    def test_what_is_on_its_way_is_given_to_nobody_else(self, dossier: Dossier, officer: User) -> None:
        given(dossier, officer)
        with refused(Refusal.UNDER_WAY):
            hand_over(dossier=dossier, to_office=place(SECOND_DIVISION), by=officer, now=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            HandOver.objects.create(
                dossier=dossier,
                from_office=officer.office,
                from_user=officer,
                to_office=place(SECOND_DIVISION),
                given_at=NOW,
            )

    @pytest.mark.parametrize("code", [OTHER_DIVISION, "000.00.02.H23", "H23.102", "000.00.01.H23"])
    def test_it_goes_to_no_other_unit_and_not_to_where_it_is(
        self, dossier: Dossier, officer: User, code: str
    ) -> None:
        with refused(Refusal.OFFICE):
            hand_over(dossier=dossier, to_office=place(code), by=officer, now=NOW)

    def test_it_goes_to_no_office_that_is_closed(self, dossier: Dossier, officer: User) -> None:
        closed = place()
        closed.is_active = False
        closed.save()
        with refused(Refusal.OFFICE):
            given(dossier, officer)

    def test_it_goes_up_to_the_units_leader(self, dossier: Dossier, officer: User, leader: User) -> None:
        hand_over(dossier=dossier, to_office=place(UNIT), to_user=leader, by=officer, now=NOW)
        accept(dossier=dossier, by=leader, now=NOW)
        dossier.refresh_from_db()
        assert dossier.holder == leader

    def test_it_goes_to_a_colleague_of_the_same_office(
        self, dossier: Dossier, officer: User, second_officer: User
    ) -> None:
        hand_over(dossier=dossier, to_office=officer.office, to_user=second_officer, by=officer, now=NOW)
        accept(dossier=dossier, by=second_officer, now=NOW)
        dossier.refresh_from_db()
        assert (dossier.holder, dossier.status) == (second_officer, states.RECEIVED)

    def test_it_goes_to_no_person_who_works_elsewhere_sleeps_or_takes_none(
        self, dossier: Dossier, officer: User, specialist: User, leader: User, cashier: User
    ) -> None:
        for person, code in ((leader, DIVISION), (cashier, "000.00.01.H23")):
            with refused(Refusal.PERSON):
                hand_over(dossier=dossier, to_office=place(code), to_user=person, by=officer, now=NOW)
        for change in ({"is_active": False}, {"is_active": True, "asleep_since": NOW}):
            User.objects.filter(pk=specialist.pk).update(**change)
            specialist.refresh_from_db()
            with refused(Refusal.PERSON):
                given(dossier, officer, specialist)

    @pytest.mark.parametrize("status", [*sorted(states.CLOSED), states.SUBMITTED])
    def test_what_is_closed_or_not_received_yet_is_not_handed_over(self, officer: User, status: int) -> None:
        with refused(Refusal.CLOSED):
            given(standing_at(status), officer)

    def test_nobody_gives_away_what_a_colleague_deals_with_but_who_distributes_the_work(
        self, dossier: Dossier, officer: User, second_officer: User, supervisor: User
    ) -> None:
        claim(dossier=dossier, by=officer, now=NOW)
        with refused(Refusal.HELD):
            given(dossier, second_officer)
        assert given(dossier, supervisor).from_user == supervisor

    @pytest.mark.parametrize("login", ["nga", "ket", "minh", "mo", "khanh", "quantri"])
    def test_nobody_else_gives_it(self, dossier: Dossier, login: str) -> None:
        with pytest.raises(NotYours):
            given(dossier, User.objects.get(login=login))
        assert not HandOver.objects.exists()

    def test_the_desk_that_gave_it_away_gives_it_to_nobody_else(
        self, dossier: Dossier, officer: User, specialist: User
    ) -> None:
        given(dossier, officer)
        accept(dossier=dossier, by=specialist, now=NOW)
        with pytest.raises(NotYours):
            hand_over(dossier=dossier, to_office=place(SECOND_DIVISION), by=officer, now=NOW)


class TestAccepting:
    """The other side."""

    def test_a_specialist_who_accepts_a_received_dossier_begins_to_deal_with_it(
        self, dossier: Dossier, officer: User, specialist: User
    ) -> None:
        given(dossier, officer)
        accept(dossier=dossier, by=specialist, now=NOW)
        dossier.refresh_from_db()
        assert dossier.status == states.PROCESSING
        assert dossier.steps.last().actor == specialist
        assert told(officer)[0][0] == f"Hồ sơ {dossier.code} đã được nhận."

    def test_a_dossier_that_waits_for_papers_goes_on_waiting_when_it_is_accepted(
        self, officer: User, specialist: User
    ) -> None:
        dossier = standing_at(states.SUPPLEMENT)
        Dossier.objects.filter(pk=dossier.pk).update(received_at=NOW, received_by=officer)
        given(dossier, officer)
        assert accept(dossier=dossier, by=specialist, now=NOW).status == states.SUPPLEMENT

    def test_the_second_press_changes_nothing(
        self, dossier: Dossier, officer: User, specialist: User
    ) -> None:
        given(dossier, officer)
        decline(dossier=dossier, reason="Sai phòng", by=specialist, now=NOW)
        given(dossier, officer)
        accept(dossier=dossier, by=specialist, now=NOW)
        accept(dossier=dossier, by=specialist, now=NOW)
        assert dossier.steps.filter(move="process").count() == 1
        assert dossier.hand_overs.get(accepted_at=NOW).accepted_by == specialist

    @pytest.mark.parametrize("login", ["lan", "phuc", "bao", "oanh", "mo", "minh", "nga", "quantri"])
    def test_nobody_of_another_office_accepts_or_declines(
        self, dossier: Dossier, officer: User, login: str
    ) -> None:
        given(dossier, officer)
        somebody = User.objects.get(login=login)
        with pytest.raises(NotYours):
            accept(dossier=dossier, by=somebody, now=NOW)
        with pytest.raises(NotYours):
            decline(dossier=dossier, reason="Không phải việc của phòng", by=somebody, now=NOW)
        assert HandOver.objects.get().accepted_at is None

    def test_what_was_given_to_one_person_no_colleague_takes(
        self, dossier: Dossier, officer: User, specialist: User
    ) -> None:
        colleague = User.objects.create_user("tam", role="specialist", office=place())
        given(dossier, officer, specialist)
        assert told(colleague) == []
        with pytest.raises(NotYours):
            accept(dossier=dossier, by=colleague, now=NOW)

    def test_what_is_declined_stays_with_the_giver_who_reads_why(
        self, dossier: Dossier, officer: User, specialist: User
    ) -> None:
        given(dossier, officer)
        decline(dossier=dossier, reason="Thiếu tờ khai", by=specialist, now=NOW)
        dossier.refresh_from_db()
        assert dossier.holder_office == officer.office
        assert dossier.hand_overs.get().decline_reason == "Thiếu tờ khai"
        assert "bị trả lại" in told(officer)[0][0]
        assert "Thiếu tờ khai" not in told(officer)[0][0]
        with refused(Refusal.NOT_UNDER_WAY):
            accept(dossier=dossier, by=specialist, now=NOW)
        given(dossier, officer)

    def test_declining_needs_a_reason(self, dossier: Dossier, officer: User, specialist: User) -> None:
        given(dossier, officer)
        with pytest.raises(ValueError, match="reason"):
            decline(dossier=dossier, reason=" ", by=specialist, now=NOW)

    def test_the_giver_takes_back_what_nobody_accepted(
        self, dossier: Dossier, officer: User, second_officer: User, specialist: User
    ) -> None:
        given(dossier, officer)
        with pytest.raises(NotYours):
            take_back(dossier=dossier, by=second_officer, now=NOW)
        take_back(dossier=dossier, by=officer, now=NOW)
        assert take_back(dossier=dossier, by=officer, now=NOW + timedelta(minutes=1)).declined_at == NOW
        with refused(Refusal.NOT_UNDER_WAY):
            accept(dossier=dossier, by=specialist, now=NOW)

    def test_the_giver_who_is_too_slow_takes_nothing_back(
        self, dossier: Dossier, officer: User, specialist: User
    ) -> None:
        given(dossier, officer)
        accept(dossier=dossier, by=specialist, now=NOW)
        with refused(Refusal.NOT_UNDER_WAY):
            take_back(dossier=dossier, by=officer, now=NOW)

    def test_the_result_desk_accepts_what_comes_back(self, leader: User, result_officer: User) -> None:
        dossier = standing_at(states.FINISHED, holder_office=UNIT)
        hand_over(dossier=dossier, to_office=result_officer.office, by=leader, now=NOW)
        assert accept(dossier=dossier, by=result_officer, now=NOW).holder == result_officer


class TestAssigning:
    """Inside one office."""

    def test_who_distributes_the_work_says_who_deals_with_it(
        self, dossier: Dossier, officer: User, supervisor: User
    ) -> None:
        assign(dossier=dossier, to_user=officer, by=supervisor, now=NOW)
        dossier.refresh_from_db()
        assert dossier.holder == officer
        assert "phân công" in told(officer)[0][0]

    @pytest.mark.parametrize("login", ["lan", "khanh", "nga", "ket", "minh", "quantri"])
    def test_nobody_else_distributes(self, dossier: Dossier, officer: User, login: str) -> None:
        with pytest.raises(NotYours):
            assign(dossier=dossier, to_user=officer, by=User.objects.get(login=login), now=NOW)

    def test_nobody_of_another_office_is_assigned(
        self, dossier: Dossier, supervisor: User, specialist: User, cashier: User
    ) -> None:
        for person in (specialist, cashier):
            with refused(Refusal.PERSON):
                assign(dossier=dossier, to_user=person, by=supervisor, now=NOW)

    def test_a_dossier_that_nobody_deals_with_is_claimed_once(
        self, dossier: Dossier, officer: User, second_officer: User
    ) -> None:
        claim(dossier=dossier, by=officer, now=NOW)
        claim(dossier=dossier, by=officer, now=NOW)
        with refused(Refusal.HELD):
            claim(dossier=dossier, by=second_officer, now=NOW)
        with pytest.raises(NotYours):
            release(dossier=dossier, by=second_officer, now=NOW)

        release(dossier=dossier, by=officer, now=NOW)
        release(dossier=dossier, by=officer, now=NOW)
        assert claim(dossier=dossier, by=second_officer, now=NOW).holder == second_officer

    def test_who_distributes_the_work_frees_a_dossier(
        self, dossier: Dossier, officer: User, supervisor: User
    ) -> None:
        claim(dossier=dossier, by=officer, now=NOW)
        assert release(dossier=dossier, by=supervisor, now=NOW).holder is None

    @pytest.mark.parametrize("login", ["khanh", "bao", "minh", "nga", "ket", "quantri"])
    def test_nobody_claims_at_another_office_or_without_the_right(self, dossier: Dossier, login: str) -> None:
        with pytest.raises(NotYours):
            claim(dossier=dossier, by=User.objects.get(login=login), now=NOW)

    def test_what_is_on_its_way_is_neither_claimed_nor_assigned(
        self, dossier: Dossier, officer: User, supervisor: User
    ) -> None:
        given(dossier, officer)
        for act in (
            lambda: claim(dossier=dossier, by=officer, now=NOW),
            lambda: assign(dossier=dossier, to_user=officer, by=supervisor, now=NOW),
        ):
            with refused(Refusal.UNDER_WAY):
                act()

    def test_every_act_is_in_the_log(
        self, dossier: Dossier, officer: User, specialist: User, supervisor: User
    ) -> None:
        assign(dossier=dossier, to_user=officer, by=supervisor, now=NOW)
        release(dossier=dossier, by=officer, now=NOW)
        claim(dossier=dossier, by=officer, now=NOW)
        given(dossier, officer)
        take_back(dossier=dossier, by=officer, now=NOW)
        given(dossier, officer)
        decline(dossier=dossier, reason="Sai phòng", by=specialist, now=NOW)
        given(dossier, officer)
        accept(dossier=dossier, by=specialist, now=NOW)

        written = AuditEvent.objects.filter(name="dossier.handed_over").order_by("pk")
        acts = [
            "assigned",
            "released",
            "claimed",
            "given",
            "taken_back",
            "given",
            "declined",
            "given",
            "accepted",
        ]
        assert [event.details["act"] for event in written] == acts
        assert {event.subject for event in written} == {dossier.code}


class TestClosing:
    """A dossier that is closed waits for nobody."""

    @pytest.mark.parametrize(
        ("move", "status", "login"),
        [
            ("withdraw", states.RECEIVED, "lan"),
            ("stop", states.PROCESSING, "bao"),
            ("hand_out", states.FINISHED, "ket"),
        ],
    )
    def test_an_open_hand_over_ends_with_the_dossier(
        self, officer: User, specialist: User, move: str, status: int, login: str
    ) -> None:
        dossier = standing_at(status)
        given(dossier, officer)
        go(dossier=dossier, move=move, by=User.objects.get(login=login), now=NOW, reason="Lý do")

        assert hand_overs.open_hand_over(dossier) is None
        with refused(Refusal.NOT_UNDER_WAY):
            accept(dossier=dossier, by=specialist, now=NOW)

    @pytest.mark.parametrize(("move", "login"), [("withdraw", "lan"), ("stop", "bao")])
    def test_a_fee_that_nobody_paid_is_cancelled_with_the_dossier(
        self, specialist: User, move: str, login: str
    ) -> None:
        dossier = standing_at(states.PROCESSING, holder_office=DIVISION)
        ask_fee(dossier=dossier, amount=8000, reason="Phí bản sao", by=specialist, now=NOW)
        go(dossier=dossier, move=move, by=User.objects.get(login=login), now=NOW, reason="Lý do")

        fee = Fee.objects.get()
        assert (fee.settled_at, fee.cancelled_at) == (None, NOW)


class TestSeeing:
    """Who may look."""

    def seen_by(self, dossier: Dossier) -> set[str]:
        """Return the log-ins of the officials who may look; object and list agree."""
        officials = User.objects.exclude(role="citizen")
        seen = {user.login for user in officials if sees(user, dossier)}
        assert seen == {user.login for user in officials if visible_to(user).filter(pk=dossier.pk).exists()}
        return seen

    def test_a_dossier_on_its_way_or_once_in_hand_is_seen(
        self, dossier: Dossier, officer: User, specialist: User, leader: User
    ) -> None:
        desk = {"lan", "phuc", "nga", "ket", "oanh", "bao"}
        second = User.objects.create_user("tam", role="specialist", office=place(SECOND_DIVISION))
        assert self.seen_by(dossier) == desk
        given(dossier, officer)
        assert self.seen_by(dossier) == desk | {"khanh"}
        decline(dossier=dossier, reason="Sai phòng", by=specialist, now=NOW)
        assert self.seen_by(dossier) == desk

        given(dossier, officer)
        accept(dossier=dossier, by=specialist, now=NOW)
        hand_over(dossier=dossier, to_office=place(SECOND_DIVISION), by=specialist, now=NOW)
        accept(dossier=dossier, by=second, now=NOW)
        assert self.seen_by(dossier) == desk | {"khanh", "tam"}
        with pytest.raises(NotYours):
            hand_over(dossier=dossier, to_office=place(UNIT), by=specialist, now=NOW)

    def test_a_draft_is_seen_by_no_official(self, dossier: Dossier) -> None:
        draft = standing_at(states.DRAFT)
        assert self.seen_by(draft) == set()


def test_who_may_be_given_a_dossier_stands_in_the_order_of_the_alphabet(officer: User) -> None:
    for login, name in (("vu", "Vũ Ân"), ("dang", "Đặng An"), ("dao", "Đào Ơn"), ("duong", "Dương Ý")):
        User.objects.create_user(login, role="specialist", office=place(), full_name=name)
    offices.forget()
    there = [str(one.full_name) for one in receivers([place().pk])]
    colleagues = [name for _pk, office, name in offices.officials_of_unit(place().pk) if office == place().pk]

    for names in (there, colleagues):
        new = [name for name in names if name.split()[0] in {"Vũ", "Đặng", "Đào", "Dương"}]
        assert new == ["Dương Ý", "Đào Ơn", "Đặng An", "Vũ Ân"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["accept", "hand_over", "claim"])
def test_of_two_presses_at_one_moment_one_counts(act: str, catalogue: None, people: None) -> None:
    lan, phuc, khanh = (User.objects.get(login=login) for login in ("lan", "phuc", "khanh"))
    tam = User.objects.create_user("tam", role="specialist", office=place())
    dossier = received(lan)
    if act == "accept":
        given(dossier, lan)
    both = {"accept": (khanh, tam), "hand_over": (lan, phuc), "claim": (lan, phuc)}[act]
    start = Barrier(2)

    def press(user: User) -> bool:
        start.wait(10)
        try:
            match act:
                case "accept":
                    accept(dossier=dossier, by=user, now=NOW + timedelta(seconds=1))
                case "claim":
                    claim(dossier=dossier, by=user, now=NOW)
                case _:
                    given(dossier, user)
        except HandingRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as presses:
        assert sorted(presses.map(press, both)) == [False, True]
    dossier.refresh_from_db()
    assert dossier.steps.filter(move="process").count() == (act == "accept")
    assert HandOver.objects.count() == (act != "claim")


def test_words_that_came_with_a_second_press_are_not_lost(officer: User, specialist: User) -> None:
    dossier = received(officer)
    for note in ("Làm sớm giúp", "Làm sớm giúp, người nộp đang chờ", ""):
        hand_over(dossier=dossier, to_office=place(), note=note, by=officer, now=NOW)
    assert HandOver.objects.get().note == "Làm sớm giúp, người nộp đang chờ"

    for reason in ("Nhầm nơi", "Nhầm nơi: thuộc phòng Tư pháp"):
        decline(dossier=dossier, reason=reason, by=specialist, now=NOW)
    assert HandOver.objects.get().decline_reason == "Nhầm nơi: thuộc phòng Tư pháp"
    assert len(told(officer)) == 1


@pytest.mark.usefixtures("catalogue", "people")
def test_what_an_office_has_received_is_stopped_by_a_leader_and_not_refused_by_a_desk(officer: User) -> None:
    dossier = standing_at(states.SUPPLEMENT)
    Dossier.objects.filter(pk=dossier.pk).update(received_at=NOW, received_by=officer)
    with pytest.raises(MoveRefused):
        go(dossier=dossier, move="refuse", by=officer, now=NOW, reason="Không thuộc thẩm quyền")


@pytest.mark.usefixtures("catalogue", "people")
def test_what_nobody_has_received_is_not_handed_over(officer: User) -> None:
    dossier = standing_at(states.SUPPLEMENT)
    with refused(Refusal.CLOSED):
        hand_over(dossier=dossier, to_office=place(), by=officer, now=NOW)


@pytest.mark.usefixtures("catalogue", "people")
def test_a_result_that_is_looked_at_again_has_no_moment_any_more(leader: User) -> None:
    dossier = standing_at(states.FINISHED)
    assert go(dossier=dossier, move="reopen", by=leader, now=NOW, reason="Sai tên").finished_at is None


@pytest.mark.usefixtures("catalogue", "people")
def test_nobody_asks_the_register_about_a_dossier_that_was_withdrawn(officer: User) -> None:
    dossier = received(officer, by_hand_reason="unanswered")
    assert Recheck.objects.filter(dossier=dossier).exists()
    go(dossier=dossier, move="withdraw", by=officer, now=NOW, reason="Người nộp đề nghị")
    assert not Recheck.objects.filter(dossier=dossier).exists()
    assert not may_be_rechecked(Dossier.objects.get(pk=dossier.pk))
