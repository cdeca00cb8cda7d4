"""What is not received at the desk: guided once with form 02, or refused with form 03, under a code all the same."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import User
from motcua.dossiers.models import Dossier, DossierOwner, Recheck, Step, Supplement
from motcua.dossiers.supplements import take_supplement
from motcua.procedures.models import RequiredDocument
from motcua.verification.models import WaitingRecord
from tests.conftest import ToldRegister
from tests.people import cast
from tests.reception.conftest import ANOTHER_PROCEDURE, BIRTH_REGISTRATION, Desk

pytestmark = pytest.mark.django_db
REASON = "Chưa có giấy chứng sinh"
GUIDED = {"instead": "guide", "shown_way": "guide", "instead_reason": REASON}
REFUSED = {"instead": "refuse", "shown_way": "refuse", "instead_reason": "Không thuộc thẩm quyền"}


def documents() -> list[RequiredDocument]:
    return list(RequiredDocument.objects.filter(procedure__code=BIRTH_REGISTRATION))


def panel(desk: Desk, way: str, **more: object) -> str:
    """Ask to be shown one of the two other ways."""
    return desk.client.post(reverse("reception"), {**desk.form, "other_way": way, **more}).content.decode()


def ticked(text: str) -> set[str]:
    return {
        str(document.pk)
        for document in documents()
        if f'id="id_missing_{document.pk}" value="{document.pk}" checked' in text
    }


def test_a_person_is_guided_once_and_has_a_code(desk: Desk, officer: User) -> None:
    missing = documents()[1]
    desk.checks(cast.an)
    screen = desk.saves(**GUIDED, missing=[missing.pk], missing_other="Bản dịch  công chứng\n\n")

    dossier = Dossier.objects.get()
    assert screen.response.redirect_chain[-1][0] == reverse("desk_dossier", args=[dossier.pk])
    assert (dossier.status, dossier.received_at, dossier.due_at) == (Dossier.Status.SUPPLEMENT, None, None)
    assert dossier.code
    assert dossier.is_identity_verified
    asked = Supplement.objects.get()
    assert asked.documents == [
        {"name": missing.name, "note": ""},
        {"name": "Bản dịch công chứng", "note": ""},
    ]
    assert (asked.reason, asked.asked_by, asked.closed_at) == (REASON, officer, None)
    assert (Step.objects.get().move, Step.objects.get().reason) == ("guide_walk_in", REASON)
    assert not WaitingRecord.objects.exists()


def test_a_document_to_add_is_never_cut_off_in_silence(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an)
    screen = desk.saves(**GUIDED, missing_other=f"Sổ hộ khẩu\n{'a' * 501}")
    assert "Mỗi dòng có nhiều nhất 500 ký tự." in screen
    assert "a" * 501 in screen
    assert not Dossier.objects.exists()


def test_a_person_is_refused_with_a_reason_and_a_code(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.saves(**REFUSED)
    dossier = Dossier.objects.get()
    assert (dossier.status, bool(dossier.closed_at)) == (Dossier.Status.REFUSED, True)
    assert dossier.code
    assert Step.objects.get().reason == "Không thuộc thẩm quyền"
    assert not Supplement.objects.exists()


@pytest.mark.parametrize("said", [GUIDED, REFUSED], ids=["guided", "refused"])
def test_neither_goes_without_a_reason(desk: Desk, said: dict[str, str]) -> None:
    desk.checks(cast.an)
    screen = desk.saves(**(said | {"instead_reason": "   "}), missing=[documents()[0].pk])
    assert "Vui lòng nhập lý do" in screen
    assert 'id="id_instead_reason"' in screen
    assert not Dossier.objects.exists()


def test_who_is_guided_is_told_what_to_add(desk: Desk) -> None:
    desk.checks(cast.an)
    screen = desk.saves(**GUIDED)
    assert "ít nhất một giấy tờ cần bổ sung" in screen
    assert not Dossier.objects.exists()


@pytest.mark.parametrize("said", [GUIDED, REFUSED], ids=["guided", "refused"])
def test_nobody_is_guided_or_refused_without_a_check(desk: Desk, said: dict[str, str]) -> None:
    desk.types(cast.an)
    screen = desk.saves(**said, missing=[documents()[0].pk])
    assert "trước khi lưu" in screen
    assert REASON in screen or "Không thuộc thẩm quyền" in screen
    assert not Dossier.objects.exists()


def test_the_documents_that_did_not_come_are_ticked_beforehand(desk: Desk) -> None:
    came, *others = documents()
    RequiredDocument.objects.filter(pk=others[-1].pk).update(is_required=False)
    expected = {str(one.pk) for one in others if one.is_required and one != others[-1]}
    assert ticked(panel(desk, "guide", original=[came.pk])) == expected


def test_what_the_officer_unticked_stays_so(desk: Desk) -> None:
    text = panel(desk, "guide", shown_way="guide", missing=[documents()[0].pk])
    assert ticked(text) == {str(documents()[0].pk)}


def test_looking_at_the_other_ways_asks_nobody_and_writes_nothing(desk: Desk, register: ToldRegister) -> None:
    for way in ("guide", "refuse", "none", "' OR 1=1"):
        panel(desk, way)
    assert register.asked == 0
    assert not Dossier.objects.exists()


@pytest.mark.parametrize("said", [GUIDED, REFUSED], ids=["guided", "refused"])
def test_a_double_press_makes_one_dossier(desk: Desk, said: dict[str, str]) -> None:
    desk.checks(cast.an)
    first = desk.saves(**said, missing=[documents()[0].pk])
    second = desk.saves()
    assert first.response.redirect_chain == second.response.redirect_chain != []
    assert (Dossier.objects.count(), Step.objects.count()) == (1, 1)


def test_a_form_that_was_received_is_not_refused_by_a_later_press(desk: Desk) -> None:
    desk.checks(cast.an)
    kept = dict(desk.form)
    assert desk.saves().is_receipt
    desk.form = kept
    screen = desk.saves(**REFUSED)
    assert "/phieu/" not in str(screen.response.redirect_chain)
    assert screen.response.redirect_chain == []
    assert Dossier.objects.get().status == Dossier.Status.RECEIVED


def test_documents_of_another_procedure_cannot_be_asked_for(desk: Desk) -> None:
    foreign = RequiredDocument.objects.filter(procedure__code=ANOTHER_PROCEDURE).first()
    assert foreign is not None
    desk.checks(cast.an)
    desk.saves(**GUIDED, missing=[foreign.pk, "x", "99999999999999999999"])
    assert not Dossier.objects.exists()


def test_an_owner_is_kept_with_who_is_guided(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    desk.saves(**GUIDED, missing=[documents()[0].pk])
    assert DossierOwner.objects.get().number == cast.cuc.number


def test_who_was_guided_while_the_register_was_silent_is_asked_about_once_received(
    desk: Desk, register: ToldRegister, officer: User
) -> None:
    register.is_down()
    desk.checks(cast.an)
    said = {"by_hand_reason": "unanswered", "originals_seen": "on"}
    desk.saves(**GUIDED, **said, missing=[documents()[0].pk])
    dossier = Dossier.objects.get()
    assert (dossier.is_decision_barred, Recheck.objects.exists()) == (True, False)

    take_supplement(dossier=dossier, by=officer, now=timezone.now())
    ticket = Recheck.objects.get()
    assert (ticket.dossier, ticket.officer, ticket.state) == (dossier, officer, Recheck.State.WAITING)
    assert Supplement.objects.get().closed_at is not None


def test_who_is_refused_while_the_register_is_silent_gets_no_ticket(
    desk: Desk, register: ToldRegister
) -> None:
    register.is_down()
    desk.checks(cast.an)
    desk.saves(**REFUSED, by_hand_reason="unanswered", originals_seen="on")
    assert Dossier.objects.get().status == Dossier.Status.REFUSED
    assert not Recheck.objects.exists()


@pytest.mark.parametrize("hostile", ["x" * 2001, "\x00", "<script>alert(1)</script>"])
def test_a_hostile_reason_is_refused_or_shown_escaped(desk: Desk, hostile: str) -> None:
    desk.checks(cast.an)
    page = desk.client.post(
        reverse("reception"), {**desk.form, **REFUSED, "instead_reason": hostile}, follow=True
    )
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()
