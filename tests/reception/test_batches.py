"""Several dossiers at once: each by itself, nothing in silence, nothing twice; and filters kept under a name."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from motcua.accounts.models import User
from motcua.accounts.rights import Right
from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Step
from motcua.reception import batches
from motcua.reception.models import SavedFilter
from tests.reception.queues import Looker, standing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]

AT_WORK = "pham-vi=tiep-nhan&muc=xu-ly"


def statuses() -> dict[str, int]:
    """Return the status of every dossier by the end of its code."""
    return {code[-4:]: status for code, status in Dossier.objects.values_list("code", "status")}


def test_those_ticked_are_taken_up_and_the_page_says_which(officer: User) -> None:
    made = [standing(states.SUBMITTED, place) for place in (1, 2, 3)]
    said = Looker(officer).presses("take_up", *made[:2])
    assert statuses() == {"0001": 2, "0002": 2, "0003": 1}
    assert "Tiếp nhận: 2 hồ sơ đã xong" in said
    assert "0001" in said
    assert "không làm được" not in said


def test_what_cannot_be_done_is_told_with_its_reason_and_stops_nothing(
    officer: User, second_officer: User
) -> None:
    taken, gone, waiting = (
        standing(states.SUBMITTED, 1),
        standing(states.REFUSED, 2),
        standing(states.SUBMITTED, 3),
    )
    theirs = standing(states.SUBMITTED, 4, office="000.00.02.H23")
    Looker(second_officer).presses("take_up", taken)
    said = Looker(officer).presses("take_up", taken, gone, waiting, theirs)
    assert statuses() == {"0001": 2, "0002": 3, "0003": 2, "0004": 1}
    assert "1 hồ sơ đã xong, 3 hồ sơ không làm được" in said
    assert "0001: cán bộ khác đã tiếp nhận" in said
    assert "không ở cơ quan của ông/bà" in said
    assert "0004" not in said


def test_a_list_that_stood_open_takes_no_dossier_from_who_holds_it_by_now(
    officer: User, second_officer: User
) -> None:
    supervisor = User.objects.get(login="oanh")
    free, held = standing(states.RECEIVED, 1), standing(states.RECEIVED, 2)
    oanh = Looker(supervisor)
    oanh.sees("pham-vi=tiep-nhan&muc=da-tiep-nhan")
    ticks = re.findall(r'name="ho-so" value="([^"]+)"', oanh.text)
    Dossier.objects.filter(pk=held.pk).update(holder=second_officer)

    said = {"viec": "assign", "ho-so": ticks, "to_user": officer.pk, "press": "1"}
    page = oanh.client.post(reverse("batch"), said, follow=True).content.decode()

    assert "1 hồ sơ đã xong, 1 hồ sơ không làm được" in page
    assert "Hồ sơ đang do người khác thụ lý" in page
    assert [Dossier.objects.get(pk=one.pk).holder for one in (free, held)] == [officer, second_officer]
    oanh.sees("pham-vi=tiep-nhan&muc=da-tiep-nhan")
    again = said | {"ho-so": re.findall(r'name="ho-so" value="([^"]+)"', oanh.text), "press": "2"}
    oanh.client.post(reverse("batch"), again)
    assert Dossier.objects.get(pk=held.pk).holder == officer


def test_the_outcome_is_told_once(officer: User) -> None:
    lan = Looker(officer)
    assert "1 hồ sơ đã xong" in lan.presses("take_up", standing(states.SUBMITTED, 1))
    lan.sees()
    assert "1 hồ sơ đã xong" not in lan.text


def test_one_press_is_one_batch(officer: User) -> None:
    first, second = standing(states.SUBMITTED, 1), standing(states.SUBMITTED, 2)
    lan, press = Looker(officer), uuid.uuid4().hex
    lan.presses("take_up", first, press=press)
    lan.presses("take_up", first, second, press=press)
    assert statuses() == {"0001": 2, "0002": 1}
    assert Step.objects.filter(move="take_up").count() == 1


def test_a_second_press_with_another_key_changes_nothing_either(officer: User) -> None:
    dossier, lan = standing(states.SUBMITTED, 1), Looker(officer)
    lan.presses("take_up", dossier)
    lan.presses("take_up", dossier)
    assert Step.objects.filter(move="take_up").count() == 1


def test_more_than_fifty_are_refused_whole(officer: User) -> None:
    made = [standing(states.SUBMITTED, place) for place in range(51)]
    assert "nhiều nhất 50 hồ sơ" in Looker(officer).presses("take_up", *made)
    assert set(statuses().values()) == {1}
    assert "50 hồ sơ đã xong" in Looker(officer).presses("take_up", *made[:50])


@pytest.mark.parametrize("login", ["khanh", "bao", "nga", "ket"])
def test_who_may_not_receive_takes_nothing_up(login: str) -> None:
    dossier = standing(states.SUBMITTED, 1)
    looker = Looker(User.objects.get(login=login))
    looker.presses("take_up", dossier)
    assert statuses() == {"0001": 1}
    assert 'value="take_up"' not in looker.text


def test_an_action_that_needs_more_is_told_what_was_chosen_and_waits_until_all_is(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[batches.Order] = []
    action = batches.BatchAction(
        "give",
        "Giao",  # type: ignore[arg-type]
        frozenset({Right.HAND_OVER}),
        "g",
        lambda dossier, order: told.append(order),
        statuses=frozenset({states.RECEIVED}),
        needs=("to_office", "reason"),
    )
    monkeypatch.setitem(batches.ACTIONS, "give", action)
    dossier, lan = standing(states.RECEIVED, 1), Looker(officer)
    lan.sees("pham-vi=tiep-nhan&muc=da-tiep-nhan")
    assert 'name="to_office"' in lan.text
    assert 'name="reason"' in lan.text
    assert 'name="to_user"' not in lan.text
    assert "Vui lòng điền đủ" in lan.presses("give", dossier, to_office=str(officer.office_id))
    assert "Vui lòng điền đủ" in lan.presses("give", dossier, to_office="9" * 30, reason="Vì sao")
    assert told == []
    lan.presses("give", dossier, to_office=str(officer.office_id), reason=" Vì sao ")
    assert [(order.by, order.to_office, order.to_user, order.reason) for order in told] == [
        (officer, officer.office, None, "Vì sao")
    ]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"viec": "take_up"},
        {"viec": "drop", "ho-so": ["1"]},
        {"viec": "take_up", "ho-so": ["x", "", "0" * 500]},
        {"viec": "take_up\0", "ho-so": ["\0"], "press": "\0", "ve": "\0"},
    ],
)
def test_a_hostile_press_does_nothing_and_says_so(officer: User, data: dict[str, object]) -> None:
    standing(states.SUBMITTED, 1)
    response = Looker(officer).client.post(reverse("batch"), data, follow=True)
    assert response.status_code == 200
    assert "notice" in response.content.decode()
    assert statuses() == {"0001": 1}


def test_the_way_back_stays_on_this_site_and_on_this_list(officer: User) -> None:
    lan = Looker(officer)
    dossier = standing(states.SUBMITTED, 1)
    for way in ("//other.example/", "https://other.example/", "a=b&pham-vi=\r\nX: y"):
        data = {"viec": "take_up", "ho-so": str(dossier.pk), "ve": way}
        assert lan.client.post(reverse("batch"), data)["Location"] == reverse("queue")
    data = {"viec": "take_up", "ho-so": str(dossier.pk), "ve": f"{AT_WORK}&kenh=2&x=1"}
    assert lan.client.post(reverse("batch"), data)["Location"] == f"{reverse('queue')}?{AT_WORK}&kenh=2"


def save(client: Client, name: str, query: str = f"{AT_WORK}&kenh=2&x=<b>") -> str:
    """Save a filter and return the page that follows."""
    return client.post(reverse("save_filter"), {"name": name, "ve": query}, follow=True).content.decode()


def test_a_filter_is_saved_opened_and_deleted(officer: User) -> None:
    standing(states.PROCESSING, 1)
    standing(states.PROCESSING, 2, channel=Dossier.Channel.ONLINE)
    lan = Looker(officer)
    assert "Đã lưu bộ lọc" in save(lan.client, "  Nộp   trực tuyến ")
    saved = SavedFilter.objects.get()
    assert (saved.user, saved.name, saved.query) == (officer, "Nộp trực tuyến", f"{AT_WORK}&kenh=2")
    assert lan.sees(saved.query) == ["0002"]
    assert "Nộp trực tuyến</a>" in lan.text
    save(lan.client, "Nộp trực tuyến", AT_WORK)
    assert SavedFilter.objects.get().query == AT_WORK
    for told in ("Đã xóa bộ lọc.", "Bộ lọc này không còn trong danh sách"):  # pressed twice
        answer = lan.client.post(reverse("forget_filter", args=[saved.pk]), follow=True)
        assert told in answer.content.decode()
    assert not SavedFilter.objects.exists()


def test_saved_filters_stand_as_the_alphabet_has_them_whatever_the_database_sorts_by(officer: User) -> None:
    lan = Looker(officer)
    for name in ("Xã", "Đất đai", "Ấp 3", "chờ phí", "An", "Dân cư"):
        save(lan.client, name, AT_WORK)
    lan.sees()
    assert re.findall(r"\">([^<]+)</a><form", lan.text) == [
        "An",
        "Ấp 3",
        "chờ phí",
        "Dân cư",
        "Đất đai",
        "Xã",
    ]


def test_nobody_else_sees_or_deletes_a_saved_filter(officer: User, second_officer: User) -> None:
    save(Looker(officer).client, "Của Lan")
    phuc, saved = Looker(second_officer), SavedFilter.objects.get()
    phuc.sees()
    assert "Của Lan" not in phuc.text
    answer = phuc.client.post(reverse("forget_filter", args=[saved.pk]), follow=True)
    assert "Bộ lọc này không còn trong danh sách" in answer.content.decode()
    assert SavedFilter.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\0b", "a\u202eb"])
def test_a_filter_needs_a_name_that_can_be_read(officer: User, name: str) -> None:
    assert "Vui lòng đặt tên" in save(Looker(officer).client, name)
    assert not SavedFilter.objects.exists()


def test_nobody_keeps_more_than_twenty_filters(officer: User) -> None:
    client = Looker(officer).client
    for number in range(20):
        save(client, f"Bộ lọc {number}")
    assert "20 bộ lọc" in save(client, "Một bộ nữa")
    assert SavedFilter.objects.count() == 20
    assert "Đã lưu bộ lọc" in save(client, "Bộ lọc 7")


def test_a_filter_of_what_is_no_more_shows_what_is_left_of_it(officer: User) -> None:
    standing(states.PROCESSING, 1)
    lan = Looker(officer)
    SavedFilter.objects.create(user=officer, name="Cũ", query=f"{AT_WORK}&thu-tuc=9.999999&kenh=77")
    assert lan.sees(SavedFilter.objects.get().query) == ["0001"]


def test_dossiers_are_handed_over_accepted_claimed_and_released_together(
    officer: User, specialist: User
) -> None:
    made = [standing(states.RECEIVED, place) for place in (1, 2)]
    closed = standing(states.RETURNED, 3)
    room = str(specialist.office_id)
    said = Looker(officer).presses("hand_over", *made, closed, to_office=room)
    assert "2 hồ sơ đã xong, 1 hồ sơ không làm được" in said
    khanh = Looker(specialist)
    assert sorted(khanh.sees("pham-vi=ban-giao")) == ["0001", "0002"]
    assert "2 hồ sơ đã xong" in khanh.presses("accept", *made)
    assert khanh.sees("pham-vi=ban-giao") == []
    khanh.presses("claim", *made)
    assert sorted(khanh.sees("pham-vi=cua-toi&muc=xu-ly")) == ["0001", "0002"]
    khanh.presses("release", made[0])
    assert khanh.sees("pham-vi=cua-toi&muc=xu-ly") == ["0002"]


def test_dossiers_are_declined_with_a_reason_and_assigned_by_a_leader(
    officer: User, specialist: User, leader: User
) -> None:
    first, second = standing(states.RECEIVED, 1), standing(states.RECEIVED, 2)
    lan, khanh = Looker(officer), Looker(specialist)
    lan.presses("hand_over", first, second, to_office=str(specialist.office_id))
    assert "Vui lòng điền đủ" in khanh.presses("decline", first)
    khanh.presses("decline", first, reason="Không thuộc phòng")
    khanh.presses("accept", second)
    Looker(leader).presses("assign", second, to_user=str(specialist.pk))
    second.refresh_from_db()
    assert second.holder == specialist
    assert lan.sees("pham-vi=dang-giu&muc=xu-ly") == ["0001"]


def test_a_leader_who_works_elsewhere_in_the_unit_claims_nothing_and_reads_why(leader: User) -> None:
    dossier = standing(states.RECEIVED, 1)
    said = Looker(leader).presses("claim", dossier)
    assert "0001: vai trò hoặc bộ phận của ông/bà không được làm việc này" in said
    dossier.refresh_from_db()
    assert dossier.holder is None
