"""What other systems are told: nothing lost, nothing out of order, and one mistake stops nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from motcua.config import couriers as config_couriers
from motcua.config import work
from motcua.outbox import service
from motcua.outbox.models import Parcel, Pause
from motcua.outbox.service import (
    Failed,
    FateUnknown,
    Forgotten,
    Load,
    Refused,
    Unreachable,
    Unsendable,
    bring_next,
    discard_waiting,
    erase_old_parcels,
    put,
    put_series,
    seconds_to_next,
    send_again,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()


class Other:
    """The other system: what it took, and what it does with the next ones."""

    def __init__(self) -> None:
        self.took: list[Load] = []
        self.trouble: Exception | None = None

    def __call__(self, load: Load) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.took.append(load)

    @property
    def said(self) -> list[str]:
        return [load.content["says"] for load in self.took]


@pytest.fixture
def other() -> Other:
    return Other()


def write(says: str, *, about: str = "", useless_after: timedelta | None = None) -> Parcel:
    with transaction.atomic():
        return put(topic="other", content={"says": says}, about=about, now=NOW, useless_after=useless_after)


def bring(other: Other, *, after: timedelta = timedelta(), most: int = 50) -> int:
    """Bring what is due at a moment; return how many tries that took."""
    tries = 0
    while tries < most and bring_next(couriers={"other": other}, now=NOW + after):
        tries += 1
    return tries


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_outside_the_transaction_of_its_cause() -> None:
    with pytest.raises(TransactionManagementError):
        put(topic="other", content={}, now=NOW)


def test_what_was_taken_is_not_sent_again_and_its_content_is_forgotten(other: Other) -> None:
    write("Hồ sơ H24.1")
    assert (bring(other), bring(other)) == (1, 0)
    assert other.said == ["Hồ sơ H24.1"]
    kept = Parcel.objects.get()
    assert (kept.content, kept.taken_at) == ("", NOW)


def test_an_outage_makes_everything_wait_and_loses_nothing(other: Other) -> None:
    for says in "abc":
        write(says, about="one dossier")
    other.trouble = Unreachable("timeout")
    assert bring(other) == 1, "after the first try nobody else is tried"
    assert Pause.objects.get().problem == "timeout"
    for minute in range(1, 30):
        bring(other, after=timedelta(minutes=minute))
    assert Parcel.objects.filter(Parcel.WAITING).count() == 3
    assert Parcel.objects.order_by("id")[0].tries == 0, "an outage is no fault of a parcel"
    other.trouble = None
    bring(other, after=timedelta(minutes=40))
    assert other.said == ["a", "b", "c"]
    assert not Pause.objects.exists()


def test_a_system_that_is_gone_at_one_parcel_alone_still_gets_all_others(other: Other) -> None:
    write("poison")
    for says in "abc":
        write(says)

    def gone_at_one(load: Load) -> None:
        if load.content["says"] == "poison":
            raise Unreachable("recipient_421")
        other(load)

    for second in range(0, 60, 5):
        while bring_next(couriers={"other": gone_at_one}, now=NOW + timedelta(seconds=second)):
            pass
    assert other.said == ["a", "b", "c"]
    assert Parcel.objects.get(Parcel.WAITING).tries == 0


def test_a_pause_from_a_clock_that_was_ahead_ends_as_the_clock_is_put_back(other: Other) -> None:
    write("a")
    ahead = NOW + timedelta(hours=7)
    Pause.objects.create(topic="other", since=ahead, until=ahead + timedelta(minutes=5), problem="timeout")

    assert seconds_to_next(couriers={"other": other}, now=NOW) == 0
    bring(other)
    assert other.said == ["a"]


def test_what_waits_behind_another_about_the_same_thing_is_not_due(other: Other) -> None:
    write("a1", about="a")
    write("a2", about="a")
    other.trouble = Failed("not_confirmed")
    bring(other)

    (one,) = service.standing()
    assert one.waiting == 2
    assert one.due is not None
    assert one.due > NOW


def test_what_fails_holds_back_only_what_comes_after_it_about_the_same_thing(other: Other) -> None:
    first = write("a1", about="a")
    write("a2", about="a")
    write("b1", about="b")
    write("loose")

    def courier(load: Load) -> None:
        if load.message_id == first.message_id and other.trouble is not None:
            raise other.trouble
        other.took.append(load)

    other.trouble = Failed("status_500")
    while bring_next(couriers={"other": courier}, now=NOW):
        pass
    assert other.said == ["b1", "loose"]
    other.trouble = None
    while bring_next(couriers={"other": courier}, now=NOW + timedelta(seconds=10)):
        pass
    assert other.said == ["b1", "loose", "a1", "a2"]


@pytest.mark.parametrize("trouble", [FateUnknown("fate_unknown"), ValueError("a mistake of ours")])
def test_what_may_have_been_taken_each_time_is_tried_twelve_times_over_a_day_and_may_be_sent_again_by_hand(
    other: Other, trouble: Exception
) -> None:
    parcel = write("a")
    other.trouble = trouble
    assert sum(bring(other, after=timedelta(minutes=minute)) for minute in range(0, 24 * 60, 5)) < 12
    parcel.refresh_from_db()
    assert parcel.given_up_at is None, "an outage of a day loses nothing"
    for hour in range(24, 24 * 7):
        bring(other, after=timedelta(hours=hour))
    parcel.refresh_from_db()
    assert (parcel.tries, parcel.given_up_at is not None) == (12, True)
    other.trouble = None
    assert send_again(parcel, now=NOW)
    bring(other)
    assert other.said == ["a"]


def test_what_is_clearly_not_taken_is_tried_every_five_minutes_until_it_is_useless(other: Other) -> None:
    parcel = write("a", useless_after=timedelta(days=7))
    other.trouble = Failed("status_500")
    looks = range(0, 24 * 60, 6)
    assert sum(bring(other, after=timedelta(minutes=minute)) for minute in looks) == len(looks)
    parcel.refresh_from_db()
    assert (parcel.given_up_at, parcel.problem) == (None, "status_500")
    other.trouble = None
    bring(other, after=timedelta(days=6))
    assert other.said == ["a"]


def test_clear_answers_do_not_use_up_the_tries_whose_fate_is_unknown(other: Other) -> None:
    parcel = write("a")
    other.trouble = Failed("recipient_451")
    for hour in range(20):
        bring(other, after=timedelta(hours=hour))
    other.trouble = FateUnknown("fate_unknown")
    bring(other, after=timedelta(hours=21))
    parcel.refresh_from_db()
    assert parcel.given_up_at is None


@pytest.mark.parametrize("trouble", [Failed("status_500"), FateUnknown("timeout")])
def test_what_comes_too_late_after_all_tries_is_given_up(other: Other, trouble: Exception) -> None:
    parcel = write("a", useless_after=timedelta(days=1))
    other.trouble = trouble
    for hour in range(25):
        bring(other, after=timedelta(hours=hour))
    bring(other, after=timedelta(days=30))
    parcel.refresh_from_db()
    assert (parcel.problem, parcel.given_up_at is not None) == ("too_late", True)


def test_what_said_something_that_is_forgotten_is_not_sent_again(other: Other) -> None:
    with transaction.atomic():
        put_series(topic="other", about="a", after=0, contents=[{"says": "a"}], now=NOW)
    Parcel.objects.update(given_up_at=NOW, problem="status_422")
    late = NOW + timedelta(days=400)
    erase_old_parcels(now=late, dry_run=False)
    with pytest.raises(Forgotten):
        send_again(Parcel.objects.get(), now=late)
    assert Parcel.objects.get().given_up_at == NOW


def test_what_is_sent_again_by_hand_is_worth_sending_for_some_days_more_and_no_longer(other: Other) -> None:
    parcel = write("a", useless_after=timedelta(days=2))
    late = timedelta(days=10)
    bring(other, after=late)
    assert send_again(parcel, now=NOW + late)
    other.trouble = Failed("recipient_452")
    for hour in range(24 * 8):
        bring(other, after=late + timedelta(hours=hour))
    parcel.refresh_from_db()
    assert parcel.problem == "too_late"


def test_what_is_refused_is_given_up_at_once_and_the_next_goes_on(other: Other) -> None:
    write("a", about="one")
    write("b", about="one")
    other.trouble = Refused("status_422")
    assert bring(other, most=1) == 1
    other.trouble = None
    bring(other)
    assert other.said == ["b"]


@pytest.mark.parametrize(
    ("answer", "is_reachable"),
    [
        (Refused("status_422"), True),
        (Failed("status_500"), True),
        (FateUnknown("timeout"), False),
        (Unsendable("bad_address"), False),
        (ValueError("a mistake of ours"), False),
    ],
)
def test_a_system_that_answers_is_no_longer_out_of_reach(
    other: Other, answer: Exception, is_reachable: bool
) -> None:
    write("a")
    write("b")
    other.trouble = Unreachable("timeout")
    bring(other)
    other.trouble = answer
    bring(other, after=timedelta(minutes=10), most=1)
    assert Pause.objects.exists() is not is_reachable


def test_what_comes_too_late_says_nothing_of_whether_the_system_is_there(other: Other) -> None:
    write("a", useless_after=timedelta(minutes=5))
    other.trouble = Unreachable("timeout")
    bring(other)
    bring(other, after=timedelta(minutes=10))
    assert Parcel.objects.get().problem == "too_late"
    assert Pause.objects.exists()


def test_what_comes_too_late_is_not_sent(other: Other) -> None:
    write("a PIN", useless_after=timedelta(minutes=10))
    bring(other, after=timedelta(minutes=11))
    assert other.said == []
    assert Parcel.objects.get().problem == "too_late"


def test_a_worker_that_died_is_replaced_when_its_lease_ends_and_the_message_keeps_its_id(
    other: Other,
) -> None:
    parcel = write("a")

    def dies(load: Load) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_next(couriers={"other": dies}, now=NOW)
    assert bring(other) == 0, "somebody may still be sending it"
    bring(other, after=timedelta(minutes=2))
    assert [load.message_id for load in other.took] == [parcel.message_id]


def test_what_another_worker_sends_is_not_due_until_its_lease_ends(
    other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()  # the turn below reads the clock
    waits: list[float | None] = []
    turns: list[float] = []
    monkeypatch.setattr(config_couriers, "couriers", lambda: {"other": other})

    def slow(load: Load) -> None:
        # What a second worker finds meanwhile.
        waits.append(seconds_to_next(couriers={"other": other}, now=now))
        turns.append(work._bring())

    write("a")
    bring_next(couriers={"other": slow}, now=now)
    assert waits == [60.0]
    assert turns == [2.0], "it does not turn without a pause"
    assert other.took == []


def test_what_waits_beside_what_another_worker_sends_is_due_at_once(other: Other) -> None:
    waits: list[float | None] = []
    write("a")
    write("b")
    bring_next(
        couriers={"other": lambda load: waits.append(seconds_to_next(couriers={"other": other}, now=NOW))},
        now=NOW,
    )
    assert waits == [0.0]


@pytest.mark.parametrize("trouble", [Unreachable("timeout"), Failed("status_500"), FateUnknown("timeout")])
def test_a_pause_begins_when_the_courier_came_back(
    other: Other, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(service, "monotonic", lambda: clock[0])

    def hangs(load: Load) -> None:
        clock[0] += 15
        raise trouble

    write("a")
    bring_next(couriers={"other": hangs}, now=NOW)
    assert bring(other, after=timedelta(seconds=19)) == 0, "it came back after fifteen seconds, and rests"
    assert bring(other, after=timedelta(minutes=2)) == 1


def test_what_has_no_courier_waits() -> None:
    write("a")
    assert not bring_next(couriers={}, now=NOW)
    assert not bring_next(couriers={"another": lambda load: None}, now=NOW)


def test_what_was_discarded_is_told_to_nobody_and_what_came_later_is(other: Other) -> None:
    write("old")
    assert discard_waiting(made_before=NOW) == 0
    assert discard_waiting(made_before=NOW + timedelta(seconds=1)) == 1
    write("new")

    bring(other)

    assert other.said == ["new"]
