"""Administrators see that something did not get through, never what it says, and may have it sent again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from motcua.audit.models import AuditEvent
from motcua.outbox.models import Parcel, Pause
from motcua.outbox.service import Failed, Load, bring_next, put, put_series
from motcua.oversight import sending_again

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LIST = "/quan-tri/outbox/parcel/"


@pytest.fixture
def parcels() -> list[Parcel]:
    """Return one that waits, one that was given up, and one that was taken."""
    with transaction.atomic():
        put_series(topic="portal", about="a", after=0, contents=[{"ten": "Nguyễn Văn An"}] * 2, now=NOW)
        put(topic="mail", content={"ten": "Nguyễn Văn An"}, now=NOW)
    waiting, given_up, taken = Parcel.objects.order_by("id")
    Parcel.objects.filter(pk=given_up.pk).update(given_up_at=NOW, problem="status_422", tries=3)
    Parcel.objects.filter(pk=taken.pk).update(taken_at=NOW, content="")
    return [waiting, given_up, taken]


def test_the_list_names_the_problem_and_never_the_content(
    administrator_client: Client, parcels: list[Parcel]
) -> None:
    page = administrator_client.get(LIST).content.decode()
    assert "status_422" in page
    for parcel in parcels:
        one = administrator_client.get(f"{LIST}{parcel.pk}/change/")
        assert one.status_code == 200
        page += one.content.decode()
    assert "Nguyễn Văn An" not in page
    assert "Nội dung" not in page


def test_what_the_numbers_of_a_parcel_mean_is_told_in_vietnamese(
    administrator_client: Client, parcels: list[Parcel]
) -> None:
    page = administrator_client.get(f"{LIST}{parcels[0].pk}/change/").content.decode()
    assert "Mã tin" in page
    assert "Không đổi ở mọi lần gửi lại" in page
    assert "Các tin cùng nơi nhận về cùng một việc được gửi lần lượt" in page
    assert "Tin thứ mấy về việc đó" in page


@pytest.mark.parametrize(("chosen", "expected"), [("cho", 0), ("thoi", 1), ("xong", 2)])
def test_the_list_is_narrowed_by_how_they_stand(
    administrator_client: Client, parcels: list[Parcel], chosen: str, expected: int
) -> None:
    page = administrator_client.get(LIST, {"tinh-trang": chosen}).content.decode()
    assert [f"{LIST}{one.pk}/change/" in page for one in parcels] == [place == expected for place in range(3)]


def test_what_was_given_up_is_sent_again_and_that_is_recorded(
    administrator_client: Client, parcels: list[Parcel]
) -> None:
    _, given_up, taken = parcels
    chosen = {"action": "bring_again", "_selected_action": [one.pk for one in parcels]}
    page = administrator_client.post(LIST, chosen, follow=True).content.decode()
    assert "1 tin sẽ được gửi lại." in page
    given_up.refresh_from_db()
    assert (given_up.given_up_at, given_up.tries) == (None, 0)
    taken.refresh_from_db()
    assert taken.taken_at == NOW
    (event,) = AuditEvent.objects.filter(name="outbox.sent_again")
    assert (event.subject, event.details["topic"]) == (str(given_up.message_id), "portal")


def test_everything_that_was_given_up_for_a_system_is_sent_again_at_once(
    administrator_client: Client, parcels: list[Parcel]
) -> None:
    with transaction.atomic():
        for _ in range(30):
            put(topic="portal", content={}, now=NOW)
        others = put(topic="mail", content={}, now=NOW)
    Parcel.objects.filter(Parcel.WAITING).exclude(pk=parcels[0].pk).update(given_up_at=NOW)
    chosen = {"action": "bring_all_again", "_selected_action": [parcels[0].pk]}
    page = administrator_client.post(LIST, chosen, follow=True).content.decode()
    assert "31 tin sẽ được gửi lại." in page
    assert AuditEvent.objects.filter(name="outbox.sent_again").count() == 31
    assert list(Parcel.objects.filter(Parcel.GIVEN_UP)) == [others]


def test_what_is_forgotten_is_refused_with_a_word(
    administrator_client: Client, parcels: list[Parcel]
) -> None:
    Parcel.objects.filter(pk=parcels[1].pk).update(content="")
    chosen = {"action": "bring_again", "_selected_action": [parcels[1].pk]}
    page = administrator_client.post(LIST, chosen, follow=True).content.decode()
    assert "1 tin không gửi lại được: nội dung đã được xóa khi hết thời hạn lưu." in page
    assert "sẽ được gửi lại" not in page
    assert Parcel.objects.filter(Parcel.GIVEN_UP, pk=parcels[1].pk).exists()
    assert not AuditEvent.objects.filter(name="outbox.sent_again").exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_again_without_its_event(
    parcels: list[Parcel], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**said: object) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(sending_again, "record", fails)
    with pytest.raises(RuntimeError):
        sending_again.send_given_up_again(Parcel.objects.all(), by=None, now=NOW)
    assert Parcel.objects.filter(Parcel.GIVEN_UP).count() == 1


def test_nothing_to_send_again_is_said(administrator_client: Client, parcels: list[Parcel]) -> None:
    chosen = {"action": "bring_again", "_selected_action": [parcels[0].pk]}
    page = administrator_client.post(LIST, chosen, follow=True).content.decode()
    assert "không có tin nào đã thôi gửi" in page
    assert not AuditEvent.objects.filter(name="outbox.sent_again").exists()


def test_nobody_writes_there(administrator_client: Client, parcels: list[Parcel]) -> None:
    assert administrator_client.get(f"{LIST}add/").status_code == 403
    assert administrator_client.post(f"{LIST}{parcels[0].pk}/delete/").status_code == 403
    assert administrator_client.get("/quan-tri/outbox/pause/add/").status_code == 403


def test_officers_do_not_see_it(officer_client: Client, parcels: list[Parcel]) -> None:
    assert officer_client.get(LIST).status_code in {302, 403}


def test_who_is_out_of_reach_is_shown(administrator_client: Client) -> None:
    Pause.objects.create(topic="portal", since=NOW, until=NOW + timedelta(minutes=5), problem="status_401")
    assert "status_401" in administrator_client.get("/quan-tri/outbox/pause/").content.decode()


class TestCommand:
    """``motcua outbox``."""

    def test_an_empty_outbox_is_fine(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("outbox")
        assert capsys.readouterr().out == "nothing waits\n"

    def test_an_outage_is_told_with_what_waits(
        self, parcels: list[Parcel], capsys: pytest.CaptureFixture[str]
    ) -> None:
        Pause.objects.create(topic="portal", since=NOW, until=NOW + timedelta(minutes=5), problem="timeout")
        with pytest.raises(SystemExit, match="1"):
            call_command("outbox")
        said = capsys.readouterr().out
        assert "portal: 1 waiting, the oldest since" in said
        assert "given up: 1" in said
        assert "out of reach since" in said
        with pytest.raises(SystemExit):
            call_command("outbox", "--json")
        assert json.loads(capsys.readouterr().out)["portal"]["problem"] == "timeout"

    def test_all_that_was_given_up_for_a_system_is_sent_again_and_recorded(
        self, parcels: list[Parcel], capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("outbox", "--again", "portal")
        assert capsys.readouterr().out == "portal: 1 will be sent again\n"
        (event,) = AuditEvent.objects.filter(name="outbox.sent_again")
        assert (event.subject, event.actor_id) == (str(parcels[1].message_id), None)
        with pytest.raises(CommandError, match="nothing was given up"):
            call_command("outbox", "--again", "portal")

    def test_what_is_forgotten_is_named_when_all_is_sent_again(
        self, parcels: list[Parcel], capsys: pytest.CaptureFixture[str]
    ) -> None:
        Parcel.objects.filter(pk=parcels[1].pk).update(content="")
        with pytest.raises(CommandError, match="1 cannot be sent"):
            call_command("outbox", "--again", "portal")

    def test_what_is_tried_in_vain_for_long_is_an_alarm_though_nothing_is_given_up(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fails(load: Load) -> None:
            raise Failed("status_500")

        with transaction.atomic():
            put(topic="mail", content={}, now=NOW)
        for look in range(12):
            bring_next(couriers={"mail": fails}, now=NOW + timedelta(minutes=6 * look))
        with pytest.raises(SystemExit, match="1"):
            call_command("outbox")
        assert "in vain: 1" in capsys.readouterr().out

    def test_what_only_waits_is_no_alarm(self, capsys: pytest.CaptureFixture[str]) -> None:
        with transaction.atomic():
            put(topic="mail", content={}, now=NOW)
        call_command("outbox")
        assert "mail: 1 waiting" in capsys.readouterr().out
