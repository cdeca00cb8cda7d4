"""What is counted, and how: of dossiers, of what is in hand now, of ratings. ``docs/figures.md`` says it in words.

Every number of a page comes from one reading of the rows, in which each dossier falls into exactly one case: so the
lines of every table add up, whatever happens at the desks meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from motcua.dossiers import states
from motcua.dossiers.models import Dossier, Rating
from motcua.dossiers.ratings import INDICATORS, POINTS
from motcua.web.days import Period, month_end

_IN_WEEKS: Final = 45  # days; a longer period is shown by the week
_IN_MONTHS: Final = 190  # days; a longer one by the month
FEWEST_RATINGS: Final = 5  # among which a comment is shown
MOST_COMMENTS: Final = 20


@dataclass(frozen=True, slots=True)
class Slice:
    """Which dossiers are counted.

    ``offices`` are those that received them; None stands for all. ``procedures`` are keys, None for all; ``channel``
    is a value of ``Dossier.Channel``, None for all.
    """

    period: Period
    offices: tuple[int, ...] | None
    procedures: tuple[int, ...] | None = None
    channel: int | None = None

    def of(self, rows: QuerySet[Any], path: str = "") -> QuerySet[Any]:
        """Return those of some rows that belong to it, whenever they were received.

        Args:
            rows: dossiers, or what hangs on them.
            path: from a row to its dossier, such as "dossier__".
        """
        wanted: dict[str, Any] = {}
        if self.offices is not None:
            wanted[f"{path}office__in"] = self.offices
        if self.procedures is not None:
            wanted[f"{path}procedure__in"] = self.procedures
        if self.channel is not None:
            wanted[f"{path}channel"] = self.channel
        return rows.filter(**wanted)


class _Case(StrEnum):
    """What became of a dossier by the end of a period: one of these, and only one."""

    EARLY = "early"
    ON_DAY = "on_day"
    LATE = "late"
    KEPT_NEW = "kept_new"
    LATE_NEW = "late_new"
    UNTIMED = "untimed"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    IN_TIME = "in_time"
    OVERDUE = "overdue"
    PAUSED = "paused"
    OPEN_UNTIMED = "open_untimed"


_OPEN: Final = frozenset({_Case.IN_TIME, _Case.OVERDUE, _Case.PAUSED, _Case.OPEN_UNTIMED})


@dataclass(frozen=True, slots=True)
class Flow:
    """What came into some hands in a period, and what became of it.

    ``carried`` was in hand when the period began, ``received`` came in it; their sum is what the others share.
    ``early`` to ``untimed`` have a result: before the promised day, on it, after it; ``kept_new`` and ``late_new``
    after one apology, measured by the new date; ``untimed`` had no date. ``in_time`` to ``open_untimed`` have none yet.
    ``first_kept`` and ``extended`` are of those: a result by the first date after all; still open after an apology.
    """

    carried: int = 0
    received: int = 0
    early: int = 0
    on_day: int = 0
    late: int = 0
    kept_new: int = 0
    late_new: int = 0
    untimed: int = 0
    withdrawn: int = 0
    stopped: int = 0
    in_time: int = 0
    overdue: int = 0
    paused: int = 0
    open_untimed: int = 0
    first_kept: int = 0
    extended: int = 0

    def __add__(self, other: Flow) -> Flow:
        return Flow(*(getattr(self, name) + getattr(other, name) for name in FLOW_NAMES))

    @property
    def taken_on(self) -> int:
        """Return what there was to do: carried over and received."""
        return self.carried + self.received

    @property
    def finished(self) -> int:
        """Return how many have a result."""
        return self.kept + self.missed + self.untimed

    @property
    def kept(self) -> int:
        """Return how many had their result by the date that was promised last."""
        return self.early + self.on_day + self.kept_new

    @property
    def missed(self) -> int:
        """Return how many had their result after the date that was promised last."""
        return self.late + self.late_new

    @property
    def kept_first(self) -> int:
        """Return how many had their result by the date that was promised first."""
        return self.early + self.on_day + self.first_kept

    @property
    def ended(self) -> int:
        """Return how many ended without a result."""
        return self.withdrawn + self.stopped

    @property
    def open(self) -> int:
        """Return how many are still in hand."""
        return self.in_time + self.overdue + self.paused + self.open_untimed

    @property
    def kept_share(self) -> float | None:
        """Return the share of results by the date promised last, among those with a date; None without one."""
        return share(self.kept, self.kept + self.missed)

    @property
    def kept_first_share(self) -> float | None:
        """Return the share of results by the date promised first, among those with a date; None without one."""
        return share(self.kept_first, self.kept + self.missed)


FLOW_NAMES: Final = tuple(field.name for field in fields(Flow))


def share(part: float, whole: int) -> float | None:
    """Return a part of a whole in percent; None where there is no whole."""
    return 100 * part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Cell:
    """The flow of one office, procedure and channel."""

    office: int
    procedure: int
    channel: int
    flow: Flow


def cells_of(chosen: Slice, *, now: datetime) -> list[Cell]:
    """Count dossiers by office, procedure and channel; what has none is left out. One query.

    Args:
        chosen: which; its period may reach into the future, of which nothing is known yet.
        now: the moment.
    """
    _, end = chosen.period.moments
    counted = (
        _touched(chosen)
        .annotate(case=_case(end=end, at=min(end, now)))
        .values_list("office", "procedure", "channel", "case")
        .annotate(
            all=Count("*"),
            received=Count("pk", filter=Q(received_at__gte=chosen.period.moments[0])),
            first_kept=Count("pk", filter=Q(ended_at__lt=end, finished_at__lte=F("extension__old_due_at"))),
            extended=Count("pk", filter=Q(extension__made_at__lt=end)),
        )
        .order_by()
    )
    found: dict[tuple[int, int, int], dict[str, int]] = {}
    for office, procedure, channel, case, all_, received, first_kept, extended in counted:
        numbers = found.setdefault((office, procedure, channel), dict.fromkeys(FLOW_NAMES, 0))
        numbers[case] += all_
        numbers["received"] += received
        numbers["carried"] += all_ - received
        numbers["first_kept"] += first_kept
        numbers["extended"] += extended if case in _OPEN else 0
    return [Cell(*key, Flow(**numbers)) for key, numbers in sorted(found.items())]


def total(flows: Iterable[Flow]) -> Flow:
    """Add up flows."""
    return sum(flows, Flow())


def grouped(cells: Iterable[Cell], key: Callable[[Cell], int]) -> dict[int, Flow]:
    """Add up cells by one of their sides, the most work first.

    Args:
        cells: as counted.
        key: the side, such as ``lambda cell: cell.office``.
    """
    found: dict[int, Flow] = {}
    for cell in cells:
        found[key(cell)] = found.get(key(cell), Flow()) + cell.flow
    return dict(sorted(found.items(), key=lambda pair: (-pair[1].taken_on, pair[0])))


@dataclass(frozen=True, slots=True)
class Point:
    """One day, week or month of a period: its first and last day within it, and what was counted."""

    first: date
    last: date
    received: int = 0
    finished: int = 0
    missed: int = 0


def points_of(chosen: Slice) -> list[Point]:
    """Count what came in and what was finished, by day, week or month as the period is long. One query."""
    begin, end = chosen.period.moments
    is_finished = Q(finished_at__gte=begin, finished_at__lt=end)
    counted = (
        _touched(chosen)
        .annotate(
            came=Case(When(received_at__gte=begin, then=TruncDate("received_at"))),
            done=Case(When(is_finished, then=TruncDate("finished_at"))),
        )
        .values_list("came", "done")
        .annotate(all=Count("*"), missed=Count("pk", filter=is_finished & Q(finished_at__gt=F("due_at"))))
        .order_by()
    )
    spans = spans_of(chosen.period)
    beginning_of = {day: first for first, last in spans for day in _days(first, last)}
    received, finished, missed = Counter[date](), Counter[date](), Counter[date]()
    for came, done, all_, late in counted:
        if came is not None:
            received[beginning_of[came]] += all_
        if done is not None:
            finished[beginning_of[done]] += all_
            missed[beginning_of[done]] += late
    return [Point(first, last, received[first], finished[first], missed[first]) for first, last in spans]


def spans_of(period: Period) -> list[tuple[date, date]]:
    """Cut a period into days, weeks from Monday on, or months, as it is long; the first and last may be cut."""
    length = (period.last - period.first).days + 1
    spans = []
    first = period.first
    while first <= period.last:
        if length <= _IN_WEEKS:
            last = first
        elif length <= _IN_MONTHS:
            last = first + timedelta(days=6 - first.weekday())
        else:
            last = month_end(first)
        spans.append((first, min(last, period.last)))
        first = last + timedelta(days=1)
    return spans


@dataclass(frozen=True, slots=True)
class Standing:
    """How many dossiers stand at a status now; of them received once, and late or due today while their term runs."""

    all: int = 0
    received: int = 0
    late: int = 0
    today: int = 0


@dataclass(frozen=True, slots=True)
class Standings:
    """What is in hand now, by status; and what never became a received dossier, in the period."""

    now: Mapping[int, Standing]
    refused: int = 0
    withdrawn_before: int = 0


def standings_of(chosen: Slice, *, now: datetime) -> Standings:
    """Count what is not done, by status, as the officers' queue has it now; and what was turned away in the period.

    One query. Of the slice the period counts only for what was turned away.
    """
    begin, end = chosen.period.moments
    midnight = Period(timezone.localdate(now), timezone.localdate(now)).moments[1]
    dossiers = chosen.of(Dossier.objects.order_by())
    runs = Q(paused_at=None)
    standing = (
        dossiers.filter(status__in=[*states.OPEN, states.FINISHED])
        .values("status")
        .annotate(
            all=Count("*"),
            received=Count("pk", filter=Q(received_at__isnull=False)),
            late=Count("pk", filter=runs & Q(due_at__lt=now)),
            today=Count("pk", filter=runs & Q(due_at__gte=now, due_at__lt=midnight)),
        )
    )
    none = Value(0)
    # The last move is never before the end: by it the index of the queue begins where the period begins.
    turned_away = (
        dossiers.filter(
            status__in=[states.REFUSED, states.WITHDRAWN],
            received_at=None,
            saved_at__gte=begin,
            closed_at__gte=begin,
            closed_at__lt=end,
        )
        .values("status")
        .annotate(all=Count("*"), received=none, late=none, today=none)
    )
    names = ("status", "all", "received", "late", "today")
    found = standing.values_list(*names).union(turned_away.values_list(*names), all=True)
    counted = {status: Standing(*numbers) for status, *numbers in found}
    refused, withdrawn = (counted.pop(one, Standing()).all for one in (states.REFUSED, states.WITHDRAWN))
    return Standings(counted, refused, withdrawn)


@dataclass(frozen=True, slots=True)
class Marks:
    """How some citizens rated: how many, and for each indicator how many answered, and the points together."""

    ratings: int = 0
    answers: tuple[int, ...] = (0,) * len(INDICATORS)
    points: tuple[int, ...] = (0,) * len(INDICATORS)

    def __add__(self, other: Marks) -> Marks:
        return Marks(
            self.ratings + other.ratings,
            tuple(map(sum, zip(self.answers, other.answers, strict=True))),
            tuple(map(sum, zip(self.points, other.points, strict=True))),
        )

    @property
    def means(self) -> list[float | None]:
        """Return the points of each indicator on average, from 0 to 2; None where nobody answered."""
        return [
            points / answers if answers else None
            for points, answers in zip(self.points, self.answers, strict=True)
        ]

    @property
    def satisfied(self) -> float | None:
        """Return the points reached in percent of those that could be; None without an answer."""
        return share(sum(self.points), max(POINTS) * sum(self.answers))


@dataclass(frozen=True, slots=True)
class Rated:
    """The marks for one office and procedure."""

    office: int
    procedure: int
    marks: Marks


def ratings_of(chosen: Slice) -> list[Rated]:
    """Add up the ratings given in a period, by office and procedure. One query.

    They are added up here: databases take a number that is a key of JSON for a place in a list.
    """
    begin, end = chosen.period.moments
    given = chosen.of(Rating.objects.filter(rated_at__gte=begin, rated_at__lt=end), "dossier__").order_by()
    known = [str(one.number) for one in INDICATORS]
    found: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
    counts: Counter[tuple[int, int]] = Counter()
    for office, procedure, scores in given.values_list(
        "dossier__office", "dossier__procedure", "scores"
    ).iterator(chunk_size=2000):
        counts[office, procedure] += 1
        answers, points = found.setdefault((office, procedure), ([0] * len(known), [0] * len(known)))
        for place, number in enumerate(known):
            if number in scores:
                answers[place] += 1
                points[place] += scores[number]
    return [
        Rated(*key, Marks(counts[key], tuple(answers), tuple(points)))
        for key, (answers, points) in found.items()
    ]


def comments_of(offices: Collection[int]) -> list[str]:
    """Return what citizens wrote last about some offices; two queries.

    Comments come in fives of ratings, the oldest five first, whatever else is chosen on a page: nobody can compare two
    slices, or today's page with yesterday's, and so find out whose one comment is. Within five they stand in an order
    that tells nothing.

    Args:
        offices: of one unit; a part of it would be such a slice.
    """
    rated = Rating.objects.filter(dossier__office__in=offices).order_by("-rated_at", "pk")
    left_over = rated.count() % FEWEST_RATINGS
    wanted = MOST_COMMENTS * FEWEST_RATINGS
    found = list(rated.values_list("pk", "comment")[left_over : left_over + wanted])
    comments: list[str] = []
    for place in range(0, len(found), FEWEST_RATINGS):
        five = sorted(found[place : place + FEWEST_RATINGS], key=lambda pair: pair[0])
        comments += [text for _, sealed in five if (text := str(sealed).strip())]
    return comments[:MOST_COMMENTS]


def _touched(chosen: Slice) -> QuerySet[Dossier]:
    """Return the received dossiers that were in hand in the period, as ``dossier_ended`` finds them."""
    begin, end = chosen.period.moments
    rows = chosen.of(Dossier.objects.filter(received_at__isnull=False, received_at__lt=end))
    ended: QuerySet[Dossier] = rows.alias(ended_at=Coalesce("finished_at", "closed_at"))
    return ended.filter(Q(ended_at=None) | Q(ended_at__gte=begin))


def _case(*, end: datetime, at: datetime) -> Case:
    """Return in which case a dossier is: the first that fits.

    A dossier that was put off after the ``end`` is judged by the date that it had then.
    """
    done, extended = Q(ended_at__lt=end, finished_at__isnull=False), Q(extension__isnull=False)
    put_off_later = Q(extension__made_at__gte=end)
    ways = (
        (done & Q(due_at=None), _Case.UNTIMED),
        (done & extended & Q(finished_at__gt=F("due_at")), _Case.LATE_NEW),
        (done & extended, _Case.KEPT_NEW),
        (done & Q(finished_at__gt=F("due_at")), _Case.LATE),
        (done & Q(finished_at__date=TruncDate("due_at")), _Case.ON_DAY),
        (done, _Case.EARLY),
        (Q(ended_at__lt=end, status=states.WITHDRAWN), _Case.WITHDRAWN),
        (Q(ended_at__lt=end), _Case.STOPPED),
        (Q(paused_at__lt=end), _Case.PAUSED),
        (Q(due_at=None), _Case.OPEN_UNTIMED),
        (put_off_later & Q(extension__old_due_at__lt=at), _Case.OVERDUE),
        (put_off_later, _Case.IN_TIME),
        (Q(due_at__lt=at), _Case.OVERDUE),
    )
    whens = [When(condition, then=Value(case.value)) for condition, case in ways]
    return Case(*whens, default=Value(_Case.IN_TIME.value), output_field=CharField())


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=place) for place in range((last - first).days + 1)]
