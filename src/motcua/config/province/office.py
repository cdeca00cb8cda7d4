"""An office's hours as one line of minutes, and the people who work there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from motcua.accounts.hours import hours_of
from motcua.accounts.models import Office, User
from motcua.dossiers.time_limits import calendar_of


class OfficeTime:
    """The hours of an office on its last working days, as minutes from the first on: no night, no holiday between.

    A story says "a day and a half later" and needs to know nothing else. ``today`` is the number of the last day: the
    present one, or the last working day before it. ``end`` is the minute of now.
    """

    def __init__(self, *, now: datetime, days: int, office: Office) -> None:
        """Args: ``now``, how many working ``days`` back, and whose hours (those of a Monday count for every day)."""
        calendar = calendar_of(office.pk)
        self._spans = hours_of(office.hours).week[0]
        here = timezone.localtime(now)
        day, found = here.date(), list[date]()
        while len(found) < days:
            if calendar.is_working_day(day):
                found.append(day)
            day -= timedelta(days=1)
        self._days = found[::-1]
        self.day_length = sum(
            (last.hour - first.hour) * 60 + last.minute - first.minute for first, last in self._spans
        )
        self.today = days - 1
        self.end = self.today * self.day_length + self._minutes_of_last_day(here)

    def moment(self, minute: float) -> datetime:
        """Return the moment of a minute; raises IndexError after the last day."""
        number, left = divmod(minute, self.day_length)
        day = self._days[int(number)]
        for first, last in self._spans:
            opens = timezone.make_aware(datetime.combine(day, first))
            closes = timezone.make_aware(datetime.combine(day, last))
            length = (closes - opens).total_seconds() / 60
            if left < length:
                return opens + timedelta(minutes=left)
            left -= length
        raise AssertionError("a day has as many minutes as its spans")

    def with_room(self, minute: float) -> float:
        """Return the minute, or one a little earlier: nobody begins what lunch, the night or the present cuts short."""
        while minute > 0 and not self._is_in_one_piece(minute, minute + 65):
            minute -= 5
        return max(0.0, minute)

    def _is_in_one_piece(self, first: float, last: float) -> bool:
        if last > self.end:
            return False
        return self.moment(last) - self.moment(first) < timedelta(minutes=last - first + 1)

    def _minutes_of_last_day(self, here: datetime) -> float:
        """Return how many minutes of the last day are over; nothing happens in the very last ones."""
        if self._days[-1] != here.date():
            return self.day_length - 1
        over = 0.0
        for first, last in self._spans:
            opens = timezone.make_aware(datetime.combine(here.date(), first))
            closes = timezone.make_aware(datetime.combine(here.date(), last))
            over += max(0.0, (min(here, closes) - opens).total_seconds() / 60)
        return min(over, self.day_length - 1)


@dataclass(frozen=True, slots=True)
class Crew:
    """Who works on the dossiers of one desk. A commune without a leader in the cast decides nothing."""

    desk: Office
    division: Office
    officers: tuple[User, ...]
    specialist: User
    leader: User | None = None
    cashier: User | None = None
    result_desk: User | None = None


def crews() -> tuple[Crew, Crew]:
    """Return the cast at work: the ward's crew and the commune's. Raises KeyError where the cast is not loaded."""
    logins = ("lan", "phuc", "minh", "khanh", "bao", "nga", "ket", "mo")
    people = {user.login: user for user in User.objects.filter(login__in=logins).select_related("office")}
    ward = Crew(
        desk=_office(people["lan"]),
        division=_office(people["khanh"]),
        officers=(people["lan"], people["phuc"]),
        specialist=people["khanh"],
        leader=people["bao"],
        cashier=people["nga"],
        result_desk=people["ket"],
    )
    commune = Crew(
        desk=_office(people["minh"]),
        division=_office(people["mo"]),
        officers=(people["minh"],),
        specialist=people["mo"],
    )
    return ward, commune


def _office(user: User) -> Office:
    if user.office is None:
        raise KeyError(user.login)
    return user.office
