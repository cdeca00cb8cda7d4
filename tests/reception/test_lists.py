"""What every role sees in the queue, narrowed and in pages, with counts that are right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from motcua.accounts import offices
from motcua.accounts.models import DayChange, Office, User
from motcua.dossiers import states
from motcua.dossiers.due_dates import add_working_days
from motcua.dossiers.models import Dossier, HandOver, Supplement
from motcua.procedures.models import Procedure
from motcua.reception import search
from tests.people import FIRST_OFFICE
from tests.reception.queues import NOW, ROOM, Looker, standing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]

OTHER_OFFICE = "000.00.02.H23"
AT_WORK = "pham-vi=tiep-nhan&muc=xu-ly"
DONE = "pham-vi=tiep-nhan&muc=da-xong"


@pytest.fixture
def long_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is read once in half a minute be read once, however slow the machine."""
    monkeypatch.setattr("motcua.accounts.offices._FRESH", 10**9)
    monkeypatch.setattr("motcua.procedures.service._FRESH", 10**9)


def handed(dossier: Dossier, *, to: str = ROOM, to_user: User | None = None) -> HandOver:
    """Hand a dossier over to an office."""
    assert dossier.received_by is not None
    return HandOver.objects.create(
        dossier=dossier,
        from_office=dossier.office,
        from_user=dossier.received_by,
        to_office=Office.objects.get(code=to),
        to_user=to_user,
        given_at=NOW,
    )


@pytest.fixture
def one_of_each(catalogue: None, specialist: User) -> None:
    """Write down a dossier of every status at the first desk, numbered as the statuses are; 4 and 9 are in the room."""
    for status in range(1, 11):
        is_in_room = status in (states.PROCESSING, states.FINISHED)
        holder = specialist if status == states.PROCESSING else None
        standing(status, status, holder_office=ROOM if is_in_room else None, holder=holder)


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize(
    ("login", "codes"),
    [
        ("lan", ["0001"]), ("oanh", ["0001"]), ("khanh", ["0004"]), ("nga", ["0006"]), ("ket", ["0009"]),
        ("bao", ["0002", "0004"]),
    ],
)  # fmt: skip
def test_every_role_sees_its_own_work_first(login: str, codes: list[str]) -> None:
    assert sorted(Looker(User.objects.get(login=login)).sees()) == codes


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize(
    "query", ["", AT_WORK, DONE, "pham-vi=dang-giu&don-vi=tat-ca", "pham-vi=cua-toi", "pham-vi=ban-giao"]
)
def test_nobody_of_another_unit_sees_or_finds_any(query: str) -> None:
    handed(Dossier.objects.get(status=states.RECEIVED))
    first_desk = Office.objects.get(code=FIRST_OFFICE).pk
    for login in ("mo", "minh"):
        looker = Looker(User.objects.get(login=login))
        assert looker.sees(query) == looker.sees(f"{query}&don-vi={first_desk}") == []
        assert set(looker.counts().values()) == {0}
        assert looker.finds("nguyen van mau") == looker.finds("0004") == []
        assert looker.finds(f"{FIRST_OFFICE}-261123-0004") == []


@pytest.mark.usefixtures("one_of_each")
def test_an_officer_reaches_every_step_of_what_the_desk_received(officer: User) -> None:
    lan = Looker(officer)
    on_tabs = [
        lan.sees(f"pham-vi=tiep-nhan&muc={tab}")
        for tab in ("cho-tiep-nhan", "da-tiep-nhan", "xu-ly", "bo-sung", "thu-phi", "tra-ket-qua", "da-xong")
    ]
    assert on_tabs == [
        ["0001"],
        ["0002"],
        ["0004"],
        ["0005"],
        ["0006"],
        ["0009"],
        ["0010", "0008", "0007", "0003"],
    ]
    assert lan.counts() == {
        "Bộ phận tiếp nhận": 6, "Bộ phận đang giữ": 3, "Của tôi": 0, "Chờ nhận bàn giao": 0, "Chờ tiếp nhận": 1,
        "Đã tiếp nhận": 1, "Xử lý": 1, "Bổ sung": 1, "Thu phí": 1, "Trả kết quả": 1, "Đã xong": 4,
    }  # fmt: skip


@pytest.mark.usefixtures("one_of_each")
def test_a_specialist_sees_what_the_room_holds_and_what_is_theirs(specialist: User) -> None:
    khanh = Looker(specialist)
    assert khanh.sees("pham-vi=dang-giu&muc=xu-ly") == khanh.sees("pham-vi=cua-toi&muc=xu-ly") == ["0004"]
    assert khanh.sees("pham-vi=dang-giu&muc=tra-ket-qua") == ["0009"]
    assert khanh.sees("pham-vi=tiep-nhan&muc=da-tiep-nhan") == []
    assert khanh.finds("nguyen mau") == ["0009", "0004"]
    assert khanh.finds("0004") == ["0004"]
    assert khanh.finds(f"https://cong.example/tra-cuu/?ma={FIRST_OFFICE}-261123-0004") == ["0004"]
    assert khanh.finds("0002") == []


@pytest.mark.parametrize("sought", ["nguyen mau", "261123"])
def test_a_search_that_finds_more_than_it_shows_says_so(
    officer: User, monkeypatch: pytest.MonkeyPatch, sought: str
) -> None:
    for number in (1, 2, 3):
        standing(states.RECEIVED, number)
    lan = Looker(officer)
    monkeypatch.setattr(search, "MOST_FOUND", 3)
    assert lan.finds(sought) == ["0003", "0002", "0001"]
    assert "Tìm thấy 3 hồ sơ" in lan.text
    monkeypatch.setattr(search, "MOST_FOUND", 2)
    assert lan.finds(sought) == ["0003", "0002"]
    assert "Tìm thấy hơn 2 hồ sơ" in lan.text
    assert "Chỉ hiện 2 hồ sơ mới nhất." in lan.text


def test_what_somebody_held_before_it_went_to_another_unit_is_theirs_no_more(specialist: User) -> None:
    standing(states.PROCESSING, 1, office=OTHER_OFFICE, holder_office="H23.102.02", holder=specialist)
    khanh = Looker(specialist)
    assert khanh.sees("pham-vi=cua-toi&muc=xu-ly") == []
    assert khanh.counts()["Của tôi"] == 0


def test_what_is_handed_to_the_room_waits_until_it_is_taken(specialist: User, leader: User) -> None:
    for_room, for_khanh, for_bao, taken = (standing(states.RECEIVED, place) for place in (1, 2, 3, 4))
    handed(for_room)
    handed(for_khanh, to_user=specialist)
    handed(for_bao, to_user=leader)
    HandOver.objects.filter(pk=handed(taken).pk).update(accepted_at=NOW, accepted_by=specialist)

    khanh = Looker(specialist)
    assert sorted(khanh.sees("pham-vi=ban-giao")) == ["0001", "0002"]
    assert khanh.counts()["Chờ nhận bàn giao"] == 2
    assert sorted(Looker(leader).sees("pham-vi=ban-giao")) == ["0001", "0002", "0003"]


@pytest.mark.usefixtures("one_of_each")
def test_a_leader_and_a_supervisor_choose_any_office_of_their_unit_and_no_other(
    leader: User, supervisor: User
) -> None:
    room, desk = Office.objects.get(code=ROOM).pk, Office.objects.get(code=FIRST_OFFICE).pk
    standing(states.PROCESSING, 44, office=OTHER_OFFICE)
    other = Office.objects.get(code=OTHER_OFFICE).pk
    for user in (leader, supervisor):
        looker = Looker(user)
        assert looker.sees(f"pham-vi=dang-giu&muc=xu-ly&don-vi={room}") == ["0004"]
        assert looker.sees(f"pham-vi=tiep-nhan&muc=xu-ly&don-vi={desk}") == ["0004"]
        assert "0044" not in looker.sees(f"pham-vi=dang-giu&muc=xu-ly&don-vi={other}")
        assert sorted(looker.sees("pham-vi=dang-giu&muc=xu-ly&don-vi=tat-ca")) == ["0002", "0004"]


def test_dossiers_come_by_due_date_and_those_without_one_last(officer: User) -> None:
    dues = {1: timedelta(days=3), 2: timedelta(days=1), 3: None, 4: timedelta(days=2)}
    for place, after in dues.items():
        standing(states.PROCESSING, place, due_at=NOW + after if after else None)
    lan = Looker(officer)
    assert lan.sees(AT_WORK) == ["0002", "0004", "0001", "0003"]
    assert lan.sees(f"{AT_WORK}&xep=moi") == ["0004", "0003", "0002", "0001"]
    assert lan.sees(f"{AT_WORK}&xep=cu") == ["0001", "0002", "0003", "0004"]


def test_the_list_is_narrowed_by_how_near_the_due_date_is(officer: User) -> None:
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    end_of_today = midnight + timedelta(days=1, seconds=-1)
    # Two working days, as the label beside it counts: on a Friday it is Tuesday.
    in_two_days = midnight + timedelta(hours=12) + (add_working_days(midnight.date(), 2) - midnight.date())
    standing(states.PROCESSING, 1, due_at=now - timedelta(minutes=1))
    standing(states.PROCESSING, 2, due_at=end_of_today)
    standing(states.PROCESSING, 3, due_at=in_two_days)
    standing(states.PROCESSING, 4, due_at=in_two_days + timedelta(hours=12))
    standing(states.PROCESSING, 5, due_at=now - timedelta(days=1), paused_at=now - timedelta(days=2))
    standing(states.PROCESSING, 6)
    lan = Looker(officer)
    seen = {due: lan.sees(f"{AT_WORK}&han={due}") for due in ("qua-han", "hom-nay", "hai-ngay", "con-han")}
    assert seen == {
        "qua-han": ["0001"],
        "hom-nay": ["0002"],
        "hai-ngay": ["0002", "0003"],
        "con-han": ["0002", "0003", "0004"],
    }
    lan.sees(AT_WORK)
    assert lan.text.count('class="badge late"') == 1


def test_two_days_ahead_leap_over_days_off_that_the_administrator_wrote_down(officer: User) -> None:
    today = timezone.localdate()
    tet, last = add_working_days(today, 1), add_working_days(today, 3)
    DayChange.objects.create(on=tet, is_working=False, note="Nghỉ Tết")
    offices.forget()
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    standing(states.PROCESSING, 1, due_at=noon + (last - today))
    lan = Looker(officer)

    assert lan.sees(f"{AT_WORK}&han=hai-ngay") == ["0001"]
    assert "Còn 2 ngày" in lan.text


def test_the_list_is_narrowed_by_state_procedure_channel_person_and_day(
    officer: User, leader: User, specialist: User
) -> None:
    marriage = Procedure.objects.get(code="1.004873")
    day = timedelta(days=1)
    standing(states.RETURNED, 1, procedure=marriage)
    standing(states.WITHDRAWN, 2, channel=Dossier.Channel.POSTAL)
    standing(states.RETURNED, 3, received_at=NOW - 60 * day)
    standing(states.PROCESSING, 4, holder_office=ROOM, holder=specialist)
    standing(states.PROCESSING, 5, holder_office=ROOM)
    lan = Looker(officer)
    assert lan.sees(f"{DONE}&thu-tuc=1.004873") == ["0001"]
    assert "1 hồ sơ" in lan.text
    assert lan.sees(f"{DONE}&kenh=3") == lan.sees(f"{DONE}&trang-thai=7") == ["0002"]
    assert lan.sees(f"{DONE}&trang-thai=7&trang-thai=10") == ["0003", "0002", "0001"]
    received = timezone.localdate(NOW - 60 * day)
    assert lan.sees(f"{DONE}&tu={received}&den={received}") == ["0003"]
    assert lan.sees(f"{DONE}&tu={received + day}") == ["0002", "0001"]
    assert lan.sees(f"{DONE}&den={quote(f'{received:%d/%m/%Y}')}") == ["0003"]
    bao = Looker(leader)
    assert bao.sees(f"pham-vi=dang-giu&muc=xu-ly&can-bo={specialist.pk}") == ["0004"]
    assert bao.sees("pham-vi=dang-giu&muc=xu-ly&can-bo=0") == ["0005"]


@pytest.mark.parametrize("sort", ["han", "moi", "cu"])
def test_pages_go_on_and_back_whatever_comes_in_meanwhile(officer: User, sort: str) -> None:
    for place in range(45):
        due = NOW + timedelta(days=place // 7) if place % 5 else None
        standing(states.PROCESSING, place, due_at=due)
    lan, query = Looker(officer), f"{AT_WORK}&xep={sort}"
    first, second, third = lan.sees(query), lan.turns("next"), lan.turns("next")
    whole = first + second + third
    assert [len(first), len(second), len(third)] == [20, 20, 5]
    assert len(set(whole)) == 45
    assert lan.link("next") == ""

    assert lan.turns("prev") == second
    standing(
        states.PROCESSING, 9000, due_at=NOW - timedelta(days=9)
    )  # before all, or behind them by the oldest
    assert lan.turns("next") == third + (["9000"] if sort == "cu" else [])
    assert lan.turns("prev") == second
    assert lan.turns("prev") == first
    assert bool(lan.link("prev")) is (sort != "cu")
    if sort != "cu":
        assert lan.turns("prev") == ["9000", *first[:19]]
        assert lan.link("prev") == ""


def test_no_dossier_is_shown_twice_or_left_out_when_one_before_it_goes(officer: User) -> None:
    made = [standing(states.PROCESSING, place) for place in range(30)]
    lan = Looker(officer)
    first = lan.sees(f"{AT_WORK}&xep=cu")
    Dossier.objects.filter(pk__in=[one.pk for one in made[:7]]).update(status=states.WITHDRAWN, closed_at=NOW)
    assert first + lan.turns("next") == [f"{place:04}" for place in range(30)]


@pytest.mark.parametrize(
    "query",
    [
        "vi-tri=x", "vi-tri=s.x.0", "vi-tri=s.99999999999999999." + "0" * 32, "vi-tri=s.-1.a", "vi-tri=" + "9" * 500,
        "vi-tri=t.x." + "0" * 32, "vi-tri=%00", "vi-tri[]=1", "trang-thai=-1&trang-thai=99999", "trang-thai=0",
        "don-vi=-1", "don-vi=99999999999", "don-vi=1%20OR%201=1", "can-bo=99999999999999999999", "can-bo=%EF%BC%91",
        "thu-tuc=%25", "kenh=9", "tu=2026-02-30", "tu=0001-01-01&den=9999-12-31", "tu=" + "1" * 500, "han=mai",
        "xep=ma", "pham-vi=tat-ca", "pham-vi=%00&muc=%00", "q=nguyen", f"thu-tuc={quote('Nguyễn Văn An')}",
        "den=2999-12-31",
    ],
)  # fmt: skip
def test_a_hostile_address_shows_the_first_page(officer: User, query: str) -> None:
    standing(states.PROCESSING, 1)
    lan = Looker(officer)
    assert lan.sees(f"{AT_WORK}&{query}" if not query.startswith("pham-vi") else query) == ["0001"]
    assert "nguy" not in lan.link("next").lower()


def test_a_draft_is_in_no_list(officer: User, leader: User) -> None:
    standing(states.PROCESSING, 1)
    Dossier.objects.update(status=states.DRAFT)
    for user in (officer, leader):
        for query in ("", AT_WORK, f"{AT_WORK}&trang-thai=0", "pham-vi=dang-giu&muc=xu-ly"):
            assert Looker(user).sees(query) == []


def test_no_address_of_the_page_says_whose_dossiers_they_are(officer: User) -> None:
    for place in range(25):
        standing(states.PROCESSING, place)
    lan = Looker(officer)
    lan.sees(AT_WORK)
    links = "".join(part.split('"')[0] for part in lan.text.split('href="')[1:])
    assert "nguy" not in links.lower()
    response = lan.client.post(reverse("queue"), {"q": "Nguyễn Văn Mẫu"})
    assert response.status_code == 200
    assert "Location" not in response.headers


@pytest.mark.usefixtures("long_minute")
@pytest.mark.parametrize("login", ["lan", "khanh", "bao", "oanh", "nga"])
@pytest.mark.parametrize(
    "query", ["", AT_WORK, f"{AT_WORK}&kenh=1", "pham-vi=dang-giu&muc=xu-ly&don-vi=tat-ca"]
)
def test_a_list_needs_at_most_eight_queries(
    login: str, query: str, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for place in range(25):
        standing(states.PROCESSING, place, holder_office=ROOM)
    looker = Looker(User.objects.get(login=login))
    looker.sees(query)
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        looker.sees(query)


@pytest.mark.usefixtures("long_minute")
@pytest.mark.parametrize(
    "sought", ["nguyen van mau", "nguyen van m", "0001", "261123", "999085000001", "an binh cuc dung"]
)
@pytest.mark.parametrize("login", ["lan", "khanh", "bao"])
def test_a_search_needs_at_most_eight_queries(
    login: str, sought: str, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    standing(states.PROCESSING, 1, holder_office=ROOM)
    looker = Looker(User.objects.get(login=login))
    looker.sees()
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        looker.finds(sought)


def test_officials_without_dossiers_and_citizens_see_no_queue(
    administrator: User, citizen_an: object
) -> None:
    assert Looker(administrator).client.get(reverse("queue")).status_code == 403
    assert Looker(citizen_an.user).client.get(reverse("queue")).status_code == 403


def test_the_list_tells_of_each_dossier_whether_its_own_papers_were_sent(officer: User) -> None:
    sent, waiting = standing(states.SUPPLEMENT, 1), standing(states.SUPPLEMENT, 2)
    for dossier, answered_at in ((sent, NOW), (waiting, None)):
        Supplement.objects.create(
            dossier=dossier,
            documents=[{"name": "Giấy chứng sinh", "note": ""}],
            reason="Thiếu",
            asked_at=NOW,
            asked_by=officer,
            answered_at=answered_at,
        )
    lan = Looker(officer)
    assert sorted(lan.sees("pham-vi=tiep-nhan&muc=bo-sung")) == ["0001", "0002"]
    rows = lan.text.split("data-row>")[1:]
    assert [row[:30].partition("<")[0][-4:] for row in rows if "đã gửi bổ sung" in row] == ["0001"]
