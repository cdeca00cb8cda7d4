"""A look-up without a dossier: a reason first, the verdict only, and always before the supervisor."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Notice, User
from motcua.audit.models import AuditEvent
from motcua.identity.register import Barred, NotPermitted
from motcua.verification.models import IdentityCheck
from tests.conftest import ToldRegister
from tests.people import Person, cast

pytestmark = pytest.mark.django_db
PAGE = "/mot-cua/tra-cuu-ngoai-ho-so/"
WHY = "Xác minh người làm chứng trong biên bản"


def typed(person: Person = cast.an, **other: str) -> dict[str, str]:
    """Return what an officer types."""
    return {
        "full_name": person.full_name,
        "number": person.number,
        "birth_date": person.typed_birth,
        "reason": WHY,
        "press_key": str(uuid.uuid4()),
        **other,
    }


def test_the_page_says_who_reads_the_reason(officer_client: Client) -> None:
    html = officer_client.get(PAGE).content.decode()

    assert "Người được tra cứu đọc được lý do" in html
    assert "đều được phụ trách xem" in html


def test_a_verified_look_up_tells_the_verdict_and_nothing_of_the_record(
    officer_client: Client, register: ToldRegister
) -> None:
    html = officer_client.post(PAGE, typed()).content.decode()

    assert "Xác thực thành công" in html
    assert cast.an.record is not None
    assert cast.an.record.permanent_residence is not None
    assert cast.an.record.permanent_residence.detail not in html
    check = IdentityCheck.objects.get()
    assert (check.touch_point, check.purpose, check.procedure_code) == ("lookup", WHY, "")
    assert "lookup" in check.marks.split()
    assert not hasattr(check, "waiting_record")
    event = AuditEvent.objects.get(name="check.lookup")
    assert (event.subject, event.details) == (check.request_id, {"outcome": "verified"})


@pytest.mark.parametrize(
    ("make", "words", "status"),
    [
        (lambda register: None, "Xác thực thất bại", 200),
        (lambda register: register.is_down(), "Chưa kiểm tra được", 200),
        (lambda register: register.__setattr__("trouble", NotPermitted(Barred.OFFICER)), "Chưa được phép", 200),
    ],
    ids=["rejected", "unanswered", "not_allowed"],
)  # fmt: skip
def test_every_outcome_has_its_words_and_none_speaks_of_receiving(
    officer_client: Client, register: ToldRegister, make: Any, words: str, status: int
) -> None:
    make(register)
    response = officer_client.post(PAGE, typed(full_name="Nguyễn Văn Ân"))

    assert response.status_code == status
    assert words in response.content.decode()
    assert "tiếp nhận ngay" not in response.content.decode()
    assert "tiếp nhận thủ công" not in response.content.decode()


@pytest.mark.parametrize(
    "reason",
    ["", "   ", "cần gấp", "aaa aaa aaa aaa", "1111 2222 3333 44", "xem người số 999085000001 là ai",
     "xem người số 999 085 000 001 là ai", "xem người số 999.085.000-001 là ai", "gọi cho 0912345678 giúp",
     "x" * 200 + " một lý do", "\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b a b"],
)  # fmt: skip
def test_without_a_real_reason_nobody_is_asked(
    officer_client: Client, register: ToldRegister, reason: str
) -> None:
    response = officer_client.post(PAGE, typed(reason=reason))

    assert "Vui lòng" in response.content.decode()
    assert register.asked == 0
    assert not IdentityCheck.objects.exists()


def test_a_missing_reason_is_counted_in_the_log_without_a_word_of_what_was_typed(
    officer_client: Client, officer: User, caplog: pytest.LogCaptureFixture
) -> None:
    officer_client.post(PAGE, typed(reason="số 999085000001"))

    line = next(one for one in caplog.records if one.getMessage().startswith("lookup.without_reason"))
    assert line.getMessage() == f"lookup.without_reason user={officer.pk}"


def test_the_reason_is_kept_composed_and_on_one_line(officer_client: Client, register: ToldRegister) -> None:
    loose = unicodedata.normalize("NFD", "Xác minh người\r\n làm chứng,\u202e biên bản 12/03")
    officer_client.post(PAGE, typed(reason=loose))

    assert IdentityCheck.objects.get().purpose == "Xác minh người làm chứng, biên bản 12/03"


def test_wrong_fields_keep_what_was_typed_and_ask_nobody(
    officer_client: Client, register: ToldRegister
) -> None:
    html = officer_client.post(PAGE, typed(number="12345")).content.decode()

    assert "12345" in html
    assert WHY in html
    assert register.asked == 0


def test_one_press_asks_once_and_another_person_under_its_key_is_refused(
    officer_client: Client, register: ToldRegister
) -> None:
    form = typed()
    first, again = (officer_client.post(PAGE, form) for _ in range(2))
    other = officer_client.post(PAGE, {**form, "full_name": "Nguyễn Văn Bê"})

    assert [one.status_code for one in (first, again, other)] == [200, 200, 409]
    assert "Xác thực thành công" in again.content.decode()
    assert register.asked == 1
    assert AuditEvent.objects.filter(name="check.lookup").count() == 1
    assert "Vui lòng bấm lại" in other.content.decode()
    assert form["press_key"] not in other.content.decode()


def test_an_officer_without_a_number_is_told_whom_to_ask(
    officer_client: Client, officer: User, register: ToldRegister
) -> None:
    officer.officer_number = ""
    officer.save()

    assert "chưa có số định danh cá nhân" in officer_client.post(PAGE, typed()).content.decode()
    assert register.asked == 0


def test_too_many_wrong_tries_stop_the_officer_and_the_supervisor_is_told_once(
    officer_client: Client, officer: User, supervisor: User, register: ToldRegister, settings: Any
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_OFFICER_10_MINUTES": 2}
    for name in ("Nguyễn Văn Ân", "Nguyễn Văn Bê"):
        officer_client.post(PAGE, typed(full_name=name))
    stopped = [officer_client.post(PAGE, typed()) for _ in range(3)]

    assert [one.status_code for one in stopped] == [429] * 3
    assert 0 < int(stopped[0].headers["Retry-After"]) <= 600
    assert "Tạm dừng kiểm tra" in stopped[0].content.decode()
    notice = Notice.objects.get(user=supervisor)
    assert officer.full_name not in notice.text  # messages are kept in clear
    assert notice.link == f"/mot-cua/giam-sat/#can-bo-{officer.pk}"
    assert register.asked == 2


def test_after_a_wrong_try_the_officer_reads_how_many_are_left(
    officer_client: Client, register: ToldRegister
) -> None:
    html = officer_client.post(PAGE, typed(full_name="Nguyễn Văn Ân")).content.decode()

    assert "Còn 29 lần thử" in html


def test_citizens_and_administrators_cannot_look_anybody_up(
    an_client: Client, administrator_client: Client, register: ToldRegister
) -> None:
    assert [one.post(PAGE, typed()).status_code for one in (an_client, administrator_client)] == [403, 403]
    assert register.asked == 0


def test_the_curious_colleague(
    officer_client: Client,
    supervisor_client: Client,
    officer: User,
    register: ToldRegister,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = datetime(2026, 11, 23, 16, 10, tzinfo=UTC)  # 23:10
    monkeypatch.setattr(timezone, "now", lambda: late)

    officer_client.post(PAGE, typed(cast.phuc, reason="Muốn biết nhà anh ấy ở đâu"))
    monkeypatch.setattr(timezone, "now", lambda: late + timedelta(hours=9))

    check = IdentityCheck.objects.get()
    assert set(check.marks.split()) == {"colleague", "odd_hours", "lookup"}
    listed = supervisor_client.get("/mot-cua/giam-sat/can-xem/").content.decode()
    for words in (
        "Muốn biết nhà anh ấy ở đâu",
        "Tra cứu cán bộ khác",
        "Ngoài giờ làm việc",
        "23:10",
        officer.full_name,
    ):
        assert words in listed
    assert check.number_masked in listed
    assert cast.phuc.number not in listed

    page = f"/mot-cua/giam-sat/can-xem/{check.pk}/"
    without_note = supervisor_client.post(page, {"finding": "unjustified", "note": " "})
    assert "vì sao không có căn cứ" in without_note.content.decode()
    note = "Cán bộ thừa nhận tò mò, đã nhắc nhở"
    supervisor_client.post(page, {"finding": "unjustified", "note": note})

    assert check.number_masked not in supervisor_client.get("/mot-cua/giam-sat/can-xem/").content.decode()
    decided = supervisor_client.get(page).content.decode()
    assert "Không có căn cứ" in decided
    assert note in decided
    event = AuditEvent.objects.get(name="review.closed")
    assert (event.subject, event.details) == (check.request_id, {"finding": "unjustified"})
