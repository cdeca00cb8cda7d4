"""Several workers at once: no parcel is sent by two at the same time, and none before the one that it follows."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from motcua.outbox.models import Parcel
from motcua.outbox.service import (
    Load,
    Unreachable,
    bring_next,
    erase_old_parcels,
    goes_on_after,
    last_number,
    put,
    put_series,
    seconds_to_next,
)

NOW = timezone.now()
WORKERS = 4
_STEP = 20  # seconds


class Other:
    """The other system: notes what comes, and whether anything comes beside what it is taking."""

    def __init__(self) -> None:
        self.door = threading.Lock()
        self.taken: list[tuple[str, int]] = []
        self.inside: set[str] = set()
        self.wrong: list[str] = []
        self.fails_once: set[int] = set()

    def __call__(self, load: Load) -> None:
        with self.door:
            if load.about in self.inside:
                self.wrong.append(f"two at once about {load.about}")
            self.inside.add(load.about)
        time.sleep(0.002)
        with self.door:
            self.inside.discard(load.about)
            number = load.content["number"]
            if number in self.fails_once:
                self.fails_once.discard(number)
                raise Unreachable("timeout")
            self.taken.append((load.about, number))


class Clock:
    """The one time of all workers; it goes over pauses, and never over a lease."""

    def __init__(self) -> None:
        self.now = NOW
        self._hand = threading.Lock()

    def goes_on(self, couriers: dict[str, Other]) -> None:
        """Go on to the next moment at which something is due, if nobody is sending anything."""
        with self._hand:
            if not Parcel.objects.filter(Parcel.WAITING, leased_until__isnull=False).exists():
                # Somebody may begin to send right now: one step is longer than a pause here, and shorter than a lease.
                seconds = min(seconds_to_next(couriers=couriers, now=self.now) or 0, _STEP)
                self.now += timedelta(seconds=seconds)


def work(other: Other, clock: Clock, stop: threading.Event) -> None:
    """Bring whatever is due until there is nothing left."""
    couriers = {"other": other}
    try:
        while not stop.is_set():
            if not bring_next(couriers=couriers, now=clock.now):
                if not Parcel.objects.filter(Parcel.WAITING).exists():
                    return
                clock.goes_on(couriers)
    finally:
        connection.close()


def all_work(other: Other) -> None:
    """Have several workers bring everything."""
    clock, stop = Clock(), threading.Event()
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            for one in [pool.submit(work, other, clock, stop) for _ in range(WORKERS)]:
                one.result(timeout=60)
        finally:
            stop.set()


@pytest.mark.django_db(transaction=True)
def test_workers_send_each_parcel_once_and_those_about_one_thing_in_order() -> None:
    other = Other()
    for thing in range(5):
        with transaction.atomic():
            contents = [{"number": number} for number in range(1, 9)]
            put_series(topic="other", about=f"thing {thing}", after=0, contents=contents, now=NOW)
    all_work(other)

    assert other.wrong == []
    assert len(other.taken) == len(set(other.taken)) == 40
    for thing in range(5):
        mine = [number for about, number in other.taken if about == f"thing {thing}"]
        assert mine == list(range(1, 9))


@pytest.mark.django_db(transaction=True)
def test_an_outage_in_the_middle_changes_no_order() -> None:
    other = Other()
    other.fails_once = {3, 5}
    with transaction.atomic():
        put_series(topic="other", about="a", after=0, contents=[{"number": n} for n in range(1, 9)], now=NOW)
    all_work(other)
    assert [number for _, number in other.taken] == list(range(1, 9))


@pytest.mark.django_db
class TestNumbers:
    """A series is counted by the database, not by hope."""

    def test_numbers_go_on_where_they_ended(self) -> None:
        assert last_number(topic="t", about="a") == 0
        with transaction.atomic():
            put_series(topic="t", about="a", after=0, contents=[{}, {}], now=NOW)
            put(topic="t", about="a", content={}, now=NOW)
        assert last_number(topic="t", about="a") == 2
        assert last_number(topic="t", about="b") == last_number(topic="u", about="a") == 0

    def test_two_who_count_from_the_same_number_are_not_both_let_in(self) -> None:
        with transaction.atomic():
            put_series(topic="t", about="a", after=0, contents=[{}], now=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            put_series(topic="t", about="a", after=0, contents=[{}], now=NOW)

    def test_what_is_deleted_after_its_time_leaves_the_last_number_and_no_content(self) -> None:
        with transaction.atomic():
            put_series(topic="t", about="a", after=0, contents=[{"x": 1}, {"x": 2}], now=NOW)
            put_series(topic="t", about="b", after=0, contents=[{"x": 3}] * 3, now=NOW)
            put(topic="t", content={"x": 4}, now=NOW)
        Parcel.objects.update(given_up_at=NOW)
        late = NOW + timedelta(days=400)
        assert erase_old_parcels(now=late, dry_run=True) == 4
        assert erase_old_parcels(now=late, dry_run=False) == 4
        kept = Parcel.objects.order_by("about")
        assert [(one.about, one.number, one.content) for one in kept] == [("a", 2, ""), ("b", 3, "")]

    def test_a_series_goes_on_with_its_own_and_with_nothing_else(self) -> None:
        with transaction.atomic():
            put_series(topic="t", about="a", after=0, contents=[{}, {}], now=NOW)
            put_series(topic="t", about="b", after=0, contents=[{}, {}, {}], now=NOW)
            loose = put(topic="t", about="b", content={}, now=NOW)
        first, last = Parcel.objects.filter(about="a").order_by("number")
        assert [goes_on_after(sent) for sent in ([first], [last], [first, last], [loose])] == [
            *(True, False, False, False)
        ]


@pytest.mark.django_db
def test_a_parcel_that_cannot_be_read_stops_nobody_else() -> None:
    with transaction.atomic():
        broken = put(topic="other", content={}, now=NOW)
        put(topic="other", content={"number": 1}, now=NOW)
    Parcel.objects.filter(pk=broken.pk).update(content="{")
    other = Other()
    while bring_next(couriers={"other": other}, now=NOW):
        pass
    assert other.taken == [("", 1)]
    broken.refresh_from_db()
    assert broken.problem == "JSONDecodeError"


@pytest.mark.django_db
def test_a_word_of_the_courier_stays_with_what_was_taken() -> None:
    with transaction.atomic():
        put(topic="other", content={}, now=NOW)
    bring_next(couriers={"other": lambda load: "gap: 1 from 2"}, now=NOW)
    kept = Parcel.objects.get()
    assert (kept.problem, kept.taken_at) == ("gap: 1 from 2", NOW)
