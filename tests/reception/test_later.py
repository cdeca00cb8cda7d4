"""The desk and a dossier received "xác thực sau": the press, the receipt, the dossier's page, the messages."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from motcua.accounts.models import User
from motcua.accounts.notices import notify
from motcua.audit.service import record
from motcua.dossiers.models import Dossier, Recheck
from motcua.dossiers.service import run_next_recheck
from motcua.dossiers.steps import go
from motcua.dossiers.supplements import take_supplement
from motcua.identity.register import Barred, NotPermitted
from motcua.procedures.models import Procedure
from motcua.reception.findings import Situation, recall
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck
from tests.conftest import ToldRegister
from tests.people import Person, cast
from tests.reception.conftest import BIRTH_REGISTRATION, Desk, Screen

pytestmark = pytest.mark.django_db
LATER = "Tiếp nhận, xác thực sau"
AGAIN = "Kiểm tra lại danh tính"
SEEN = "Ghi nhận đã xem lại giấy tờ gốc"
NO_DECISION = "chưa được phép ra quyết định"


def received_for_later(desk: Desk, register: ToldRegister, person: Person = cast.an) -> Dossier:
    """Receive somebody while the register is down; it is up again afterwards."""
    register.is_down()
    screen = desk.checks(person)
    assert screen.html.count(LATER) == 2
    assert desk.saves(by_hand_reason="unanswered", originals_seen="on").is_receipt
    register.is_up()
    return Dossier.objects.get()


def shown(client: Client, dossier: Dossier) -> str:
    """Return the dossier's page at the desk."""
    return unescape(client.get(reverse("desk_dossier", args=[dossier.pk])).content.decode())


def press(client: Client, name: str, dossier: Dossier) -> Screen:
    """Press a button of the dossier's page."""
    return Screen(client.post(reverse(name, args=[dossier.pk]), follow=True))


def tracked(dossier: Dossier) -> str:
    """Return what anybody sees who has the code and the number on it."""
    asked = {"ma": dossier.code, "so": dossier.applicant_number}
    page = unescape(Client().post(reverse("track"), asked).content.decode())
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


def test_receipt_page_and_tracking_say_that_it_is_checked_later(desk: Desk, register: ToldRegister) -> None:
    dossier = received_for_later(desk, register)
    receipt = unescape(desk.client.get(reverse("receipt", args=[dossier.pk])).content.decode())

    assert "CHƯA XÁC THỰC DANH TÍNH" in receipt
    assert "Ông/bà không cần làm gì thêm lúc này" in receipt
    assert NO_DECISION in shown(desk.client, dossier)
    assert AGAIN in shown(desk.client, dossier)
    assert SEEN not in shown(desk.client, dossier)
    assert "Ông/bà không cần làm gì thêm lúc này" in tracked(dossier)
    assert cast.an.full_name not in tracked(dossier)


def test_the_button_is_offered_after_no_answer_only(desk: Desk, register: ToldRegister) -> None:
    assert LATER not in desk.checks(cast.hanh)
    register.trouble = NotPermitted(Barred.OFFICER)
    assert LATER not in desk.checks(cast.an)


def test_when_the_register_says_yes_the_mark_goes(desk: Desk, register: ToldRegister, officer: User) -> None:
    dossier = received_for_later(desk, register)
    assert run_next_recheck(now=timezone.now())

    page = shown(desk.client, dossier)
    assert "chưa xác thực danh tính" not in page
    assert NO_DECISION not in page
    assert AGAIN not in page
    assert "đã xác thực" in tracked(dossier)
    queue = unescape(desk.client.get(reverse("queue")).content.decode())
    assert f"Hồ sơ {dossier.code}: danh tính người nộp đã được xác thực." in queue


def test_when_the_register_says_no_the_officer_looks_again(desk: Desk, register: ToldRegister) -> None:
    dossier = received_for_later(desk, register, cast.hanh)
    assert run_next_recheck(now=timezone.now())

    assert "Xác thực thất bại" in shown(desk.client, dossier)
    assert "xác thực thất bại" in unescape(desk.client.get(reverse("queue")).content.decode())
    assert "mang thẻ căn cước và giấy tờ gốc" in tracked(dossier)
    assert "Hồ sơ có thể được giải quyết tiếp" in press(desk.client, "confirm_originals", dossier)
    assert NO_DECISION not in shown(desk.client, dossier)
    assert SEEN not in shown(desk.client, dossier)
    assert "chưa xác thực danh tính" in shown(desk.client, dossier)


def test_the_look_at_the_originals_does_not_replace_the_answer_that_is_awaited(
    desk: Desk, register: ToldRegister
) -> None:
    dossier = received_for_later(desk, register)

    assert "còn chờ CSDLQG về dân cư trả lời" in press(desk.client, "confirm_originals", dossier)
    dossier.refresh_from_db()
    assert dossier.is_decision_barred


@pytest.mark.parametrize(
    ("person", "words"),
    [(cast.an, "Xác thực thành công"), (cast.hanh, "Xác thực thất bại")],
    ids=["yes", "no"],
)
def test_the_officer_may_ask_again_and_a_double_press_asks_once(
    desk: Desk, register: ToldRegister, person: Person, words: str
) -> None:
    dossier = received_for_later(desk, register, person)
    asked = register.asked

    assert words in press(desk.client, "recheck", dossier)
    press(desk.client, "recheck", dossier)
    assert register.asked == asked + 1


def test_asking_again_in_vain_leaves_the_dossier_in_the_queue(desk: Desk, register: ToldRegister) -> None:
    dossier = received_for_later(desk, register)
    register.is_down()

    assert "Chưa kiểm tra được. Hệ thống tự kiểm tra lại" in press(desk.client, "recheck", dossier)
    assert Recheck.objects.get().state == Recheck.State.WAITING


@pytest.mark.parametrize("person", [cast.an, cast.hanh], ids=["yes", "no"])
def test_who_receives_while_asking_again_keeps_the_silence_that_was_shown_and_not_what_comes_after(
    desk: Desk, register: ToldRegister, person: Person
) -> None:
    register.is_down()
    desk.checks(person)
    silence = IdentityCheck.objects.get()
    shown_form = desk.form | {"by_hand_reason": "unanswered", "originals_seen": "on"}
    register.is_up()

    def save() -> None:
        register.before_answer = None
        impatient = Client()
        impatient.force_login(desk.officer)
        assert impatient.post(reverse("reception"), shown_form).status_code == 302

    register.before_answer = save
    desk.checks()

    dossier = Dossier.objects.get()
    assert (dossier.by_hand_reason, dossier.identity_check) == ("unanswered", silence)
    assert run_next_recheck(now=timezone.now())
    dossier.refresh_from_db()
    assert dossier.is_identity_verified == (person is cast.an)


def test_a_refusal_at_asking_again_is_told(desk: Desk, register: ToldRegister) -> None:
    dossier = received_for_later(desk, register)
    register.trouble = NotPermitted(Barred.PROCEDURE)

    screen = press(desk.client, "recheck", dossier)
    assert "Chưa được phép tra cứu" in screen
    assert SEEN in screen


def test_a_refusal_at_asking_again_about_somebody_who_failed_is_not_told_as_a_no(
    desk: Desk, register: ToldRegister
) -> None:
    desk.checks(cast.hanh)
    assert desk.saves(by_hand_reason="rejected", originals_seen="on").is_receipt
    dossier = Dossier.objects.get()
    register.trouble = NotPermitted(Barred.PROCEDURE)

    screen = press(desk.client, "recheck", dossier)

    assert "Xác thực thất bại. Thông tin chưa khớp" not in screen
    assert "Chưa kiểm tra được. Vui lòng xem mục" in screen
    register.is_up()
    Recheck.objects.update(settled_at=timezone.now() - timedelta(minutes=2))
    for _ in range(2):  # the second press of one shows the same
        assert "Xác thực thất bại. Thông tin chưa khớp" in press(desk.client, "recheck", dossier)


@pytest.mark.parametrize("person", [None, cast.hanh], ids=["no answer yet", "a no"])
def test_a_dossier_that_was_withdrawn_asks_nothing_more_of_anybody(
    desk: Desk, register: ToldRegister, officer: User, person: Person | None
) -> None:
    dossier = received_for_later(desk, register, person or cast.an)
    if person is not None:
        run_next_recheck(now=timezone.now())
    go(dossier=dossier, move="withdraw", by=officer, now=timezone.now(), reason="Người nộp xin rút")

    for page in (shown(desk.client, dossier), tracked(dossier)):
        assert "chưa xác thực danh tính" in page
        for promised in ("tự kiểm tra", "sẽ kiểm tra", "giấy tờ gốc", SEEN, AGAIN, NO_DECISION):
            assert promised not in page, promised


def test_a_dossier_that_is_withdrawn_while_the_register_is_asked_again_leaves_nothing_to_ask(
    desk: Desk, register: ToldRegister, officer: User
) -> None:
    dossier = received_for_later(desk, register)
    register.before_answer = lambda: go(
        dossier=dossier, move="withdraw", by=officer, now=timezone.now(), reason="Người nộp xin rút"
    )

    screen = press(desk.client, "recheck", dossier)

    assert "Không còn gì để kiểm tra lại" in screen
    assert not Recheck.objects.exists()


def test_who_must_bring_papers_first_is_checked_once_they_are_there(
    desk: Desk, register: ToldRegister, officer: User
) -> None:
    register.is_down()
    desk.checks(cast.an)
    desk.saves(
        by_hand_reason="unanswered",
        originals_seen="on",
        instead="guide",
        shown_way="guide",
        missing_other="Bản sao",
        instead_reason="Thiếu giấy tờ",
    )
    dossier = Dossier.objects.get()
    assert "tự kiểm tra khi giấy tờ bổ sung đã được tiếp nhận" in shown(desk.client, dossier)
    assert "không cần làm gì thêm" not in tracked(dossier)

    take_supplement(dossier=dossier, by=officer, now=timezone.now())
    assert "tự kiểm tra khi kết nối trở lại" in shown(desk.client, dossier)
    register.is_up()
    run_next_recheck(now=timezone.now())
    assert "chưa xác thực danh tính" not in shown(desk.client, dossier)


def test_the_receipt_does_not_say_that_originals_were_seen_which_are_still_to_be_looked_at(
    desk: Desk, register: ToldRegister
) -> None:
    dossier = received_for_later(desk, register, cast.hanh)
    run_next_recheck(now=timezone.now())
    receipt = desk.client.get(reverse("receipt", args=[dossier.pk])).content.decode()
    assert "Xác thực thất bại, chờ xem lại giấy tờ gốc" in receipt

    press(desk.client, "confirm_originals", dossier)
    receipt = desk.client.get(reverse("receipt", args=[dossier.pk])).content.decode()
    assert "Xác thực thất bại, đã xem giấy tờ gốc" in receipt


def test_who_only_has_the_code_does_not_read_what_the_register_said(
    desk: Desk, register: ToldRegister
) -> None:
    dossier = received_for_later(desk, register, cast.hanh)
    pages = []
    for reason in ("rejected", "not_allowed", "unusable"):
        Dossier.objects.update(by_hand_reason=reason)
        pages.append(tracked(dossier))

    assert "mang thẻ căn cước và giấy tờ gốc" in pages[0]
    assert "thất bại" not in pages[0]
    assert pages == [pages[0]] * 3


@pytest.mark.parametrize("name", ["recheck", "confirm_originals"])
def test_another_office_and_a_mere_look_change_nothing(
    desk: Desk, register: ToldRegister, other_officer_client: Client, name: str
) -> None:
    dossier = received_for_later(desk, register)
    asked = register.asked

    assert other_officer_client.post(reverse(name, args=[dossier.pk])).status_code == 404
    assert desk.client.get(reverse(name, args=[dossier.pk])).status_code == 405
    assert Client().post(reverse(name, args=[dossier.pk])).status_code == 302
    assert register.asked == asked


def test_a_verified_dossier_has_nothing_to_ask_again(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an)
    desk.saves()
    dossier = Dossier.objects.get()

    assert AGAIN not in shown(desk.client, dossier)
    assert "Không còn gì để kiểm tra lại" in press(desk.client, "recheck", dossier)
    assert register.asked == 1


def test_messages_stand_above_the_queue_until_they_are_read(
    officer: User, officer_client: Client, second_officer: User
) -> None:
    theirs = notify(user=second_officer, text="Không phải của Lan.", now=timezone.now())
    mine = notify(user=officer, text="Hồ sơ <b>mới</b>.", link="/mot-cua/", now=timezone.now())
    page = officer_client.get(reverse("queue")).content.decode()
    assert "Hồ sơ &lt;b&gt;mới&lt;/b&gt;." in page
    assert "Không phải của Lan" not in page

    officer_client.post(reverse("desk_notices_read"), {"notice": [mine.pk, theirs.pk, "x", "9" * 40]})

    assert "Thông báo mới" not in officer_client.get(reverse("queue")).content.decode()
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_a_message_that_was_not_on_the_page_is_not_marked_as_read(
    officer: User, officer_client: Client
) -> None:
    for number in range(12):
        notify(user=officer, text=f"Thông báo số {number}.", now=timezone.now())
    shown_keys = [notice.pk for notice in officer_client.get(reverse("queue")).context["notices"]]
    officer_client.post(reverse("desk_notices_read"), {"notice": shown_keys})

    assert officer.notices.filter(read_at=None).count() == 2


def test_without_a_licence_the_officer_is_told_before_anybody_is_asked(
    desk: Desk, register: ToldRegister, officer: User
) -> None:
    User.objects.filter(pk=officer.pk).update(may_query=False)
    assert "Tài khoản cán bộ chưa được cấp phép" in desk.checks(cast.an)
    assert register.asked == 0


def test_without_a_licence_for_the_procedure_nobody_is_asked(desk: Desk, register: ToldRegister) -> None:
    from motcua.procedures.models import Procedure
    from motcua.procedures.service import forget

    Procedure.objects.update(may_query=False)
    forget()
    assert "Thủ tục này chưa được cấp phép" in desk.checks(cast.an)
    assert register.asked == 0


def test_a_pause_of_yesterday_is_no_reason_to_receive_by_hand_today(desk: Desk) -> None:
    now = timezone.now()
    subject, said = digest("number", cast.an.number), {"scope": "officer", "touch_point": "reception"}
    record(name="check.limited", now=now, actor=desk.officer, subject=subject, details=said)
    procedure = Procedure.objects.get(code=BIRTH_REGISTRATION)
    for after, situation in ((29, Situation.LIMITED), (31, Situation.NOT_ASKED)):
        found = recall(
            claim=cast.an.claim,
            procedure=procedure,
            officer=desk.officer,
            now=now + timedelta(minutes=after),
        )
        assert found.situation is situation
