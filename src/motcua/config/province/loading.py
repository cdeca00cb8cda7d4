"""Plans the lives of the demo's dossiers, and plays them in order of time up to now."""

from __future__ import annotations

import heapq
import itertools
import logging
import random
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.error import URLError
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from motcua.accounts.demo import read_cast
from motcua.accounts.models import Notice, User
from motcua.accounts.notices import read_notices
from motcua.accounts.passwords import hashed
from motcua.audit.models import AuditEvent
from motcua.audit.service import record
from motcua.config.province import neighbors, stories, words
from motcua.config.province.life import Life, Steps, World
from motcua.config.province.neighbors import Neighbor, Silence
from motcua.config.province.office import Crew, OfficeTime, crews
from motcua.dossiers.models import Dossier
from motcua.outbox.service import discard_waiting
from motcua.payments.closing import close_day, open_days, till_of
from motcua.procedures.models import Procedure
from motcua.procedures.service import offered
from motcua.verification.models import IdentityCheck

_log = logging.getLogger("motcua.province")
_DAYS: Final = 40  # working days, eight weeks
_SEED: Final = 999
_MEMBERS: Final = 14  # people with an account of the portal's
_ADULT: Final = 18
_FEWEST_PEOPLE: Final = 40
_SUBJECT: Final = "province"
_ONLINE_SHARE: Final = 0.22
# Of the past nothing is sent out any more; what was told since then may lie in the mailboxes of the demo.
_WORTH_SENDING: Final = timedelta(
    hours=71
)  # on a Monday what Friday told; an SMS is worth sending for three days
_UNREAD_DAYS: Final = 4  # working days whose messages nobody has read yet
_NEAR: Final = {"127.0.0.1", "localhost", "::1"}


class CannotLoad(Exception):
    """The province cannot be loaded here; the text says what helps."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: lives played, dossiers, in how many statuses, questions to the register.

    All is nothing where it was there already. ``broken`` counts the lives whose story a service refused to go on with.
    """

    lives: int = 0
    dossiers: int = 0
    statuses: int = 0
    checks: int = 0
    broken: int = 0

    def __str__(self) -> str:
        if not self.lives:
            return "already there, nothing added"
        broken = f"; {self.broken} lives ended early, see the log" if self.broken else ""
        return (
            f"{self.dossiers} dossiers in {self.statuses} statuses made, "
            f"the register was asked {self.checks} times{broken}"
        )


def load_from_sandbox(*, now: datetime, dossiers: int) -> Made:
    """Load the province with the people whom the sandbox on this machine lists.

    Args:
        now: the present moment, up to which the office lives.
        dossiers: about how many; the told stories are there in any case.

    Raises:
        CannotLoad: production, a real register, no sandbox, or no cast.
    """
    refuse_where_real()
    if is_there():
        return Made()
    port = settings.NPDSANDBOX_PORT
    try:
        people = neighbors.of_sandbox(port)
    except (URLError, OSError, ValueError):
        raise CannotLoad(
            f"The sandbox register does not answer on port {port} (NPDSANDBOX_PORT). Start it with "
            "npdsandbox serve --people 6000, or run motcua demo, which does all of it."
        ) from None
    return load(now=now, dossiers=dossiers, people=people, silence=neighbors.silence_of_sandbox(port))


def refuse_where_real() -> None:
    """Refuse to make up dossiers where there may be real ones.

    Raises:
        CannotLoad: MOTCUA_MODE is production, or the register is not the sandbox on this machine.
    """
    if settings.MOTCUA_MODE == "production":
        raise CannotLoad("MOTCUA_MODE is production, and the province is invented. Nothing was loaded.")
    if urlsplit(settings.NPD["NPD_URL"]).hostname not in _NEAR:
        raise CannotLoad(
            "NPD_URL does not point to a sandbox on this machine, and the province is invented. Nothing was loaded."
        )


def is_there() -> bool:
    """Say whether the province was loaded to its end."""
    return AuditEvent.objects.filter(name="demo.loaded", subject=_SUBJECT).exists()


def load(*, now: datetime, dossiers: int, people: list[Neighbor], silence: Silence) -> Made:
    """Let the office live up to now, unless it does already.

    A loading that was interrupted is simply started again: lives that had begun stay as they stand, the others are
    played. What has been played is known by the keys of its presses.

    Args:
        now: the present moment.
        dossiers: about how many.
        people: of the province, known to the register.
        silence: makes the register give no answer about one number for a while.

    Raises:
        CannotLoad: the cast, the catalogue or people are missing.
    """
    refuse_where_real()
    if is_there():
        return Made()
    lives, time = _planned(now, dossiers, people, silence)
    begun = _begun(lives)
    waiting = [life for life in lives if life.key not in begun]
    before = IdentityCheck.objects.count()
    broken = _play(waiting, time)
    _close_tills(now)
    with transaction.atomic():
        _read_old_messages(before=time.moment((time.today - _UNREAD_DAYS) * time.day_length), now=now)
        discard_waiting(made_before=now - _WORTH_SENDING)
        record(name="demo.loaded", now=now, subject=_SUBJECT, details={"kind": "province"})
    made = [life.made for life in waiting if life.made is not None]
    statuses = Counter(
        Dossier.objects.filter(pk__in=[one.pk for one in made]).values_list("status", flat=True)
    )
    return Made(len(waiting), len(made), len(statuses), IdentityCheck.objects.count() - before, broken)


def _play(lives: list[Life], time: OfficeTime) -> int:
    """Let all lives go on in order of time, each until its story ends or the present is reached.

    Returns:
        How many ended early: what a service refuses stays as it stands, and keeps nobody from the demo.
    """
    broken = 0
    order = itertools.count()
    coming: list[tuple[float, int, Life, Steps]] = [
        (life.start, next(order), life, life.story(life)) for life in lives
    ]
    heapq.heapify(coming)
    while coming:
        minute, _, life, story = heapq.heappop(coming)
        if minute > time.end:
            break
        life.now = time.moment(minute)
        try:
            pause = next(story, None)
        except Exception as error:
            broken += 1
            _log.exception("province.life_ended life=%s error=%s", life.name, type(error).__name__)
            continue
        if pause is not None:
            heapq.heappush(coming, (minute + max(pause, 0.02), next(order), life, story))
    return broken


def _planned(
    now: datetime, dossiers: int, people: list[Neighbor], silence: Silence
) -> tuple[list[Life], OfficeTime]:
    try:
        ward, commune = crews()
    except KeyError:
        raise CannotLoad("The cast is missing. Run: motcua load_procedures && motcua load_cast") from None
    catalogue = {one.code: one for one in offered().values()}
    if missing := [code for code in words.EVERYDAY if code not in catalogue]:
        raise CannotLoad(f"The catalogue lacks {missing[0]}. Run: motcua load_procedures")
    adults = [one for one in people if now.year - one.birth.year > _ADULT]
    if len(adults) < _FEWEST_PEOPLE:
        raise CannotLoad(
            "The sandbox register has too few people. Run: npdsandbox seed --people 6000, and start again."
        )
    time = OfficeTime(now=now, days=_DAYS, office=ward.desk)
    plan = _Plan(time, catalogue, adults, _cast_at_home(), World(silence, hashed(secrets.token_urlsafe(32))))
    lives = [
        plan.of(number, told, commune if told.is_commune else ward)
        for number, told in enumerate(stories.told())
    ]
    lives += [plan.everyday(number, ward) for number in range(dossiers - len(lives))]
    return lives, time


def _close_tills(now: datetime) -> None:
    """Let the cashiers have closed their days up to yesterday, each the evening of the day."""
    for cashier in User.objects.filter(role=User.Role.CASHIER, is_active=True).select_related("office"):
        for day in open_days(cashier):
            if day < timezone.localdate(now):
                till = till_of(cashier, day)
                evening = timezone.make_aware(datetime.combine(day, datetime.min.time().replace(hour=17)))
                close_day(
                    day=day,
                    expected=till.cash,
                    written=len(till.receipts),
                    counted=till.cash,
                    denominations={},
                    note="",
                    by=cashier,
                    now=evening,
                )


def _read_old_messages(*, before: datetime, now: datetime) -> None:
    """Let everybody have read what is older than a few days."""
    old = Notice.objects.filter(read_at=None, created_at__lt=before)
    keys: dict[int, list[int]] = {}
    for user_id, key in old.values_list("user_id", "pk"):
        keys.setdefault(user_id, []).append(key)
    for user in User.objects.filter(pk__in=keys):
        read_notices(user=user, now=now, keys=keys[user.pk])


class _Plan:
    """Draws the lives, each from a seed of its own: the same every time but for the days."""

    def __init__(
        self,
        time: OfficeTime,
        catalogue: dict[str, Procedure],
        adults: list[Neighbor],
        cast: dict[str, Neighbor],
        world: World,
    ) -> None:
        self._time, self._catalogue, self._cast, self._world = time, catalogue, cast, world
        shuffled = random.Random(_SEED).sample(adults, len(adults))  # noqa: S311  # nosec B311 # a plan, not a secret
        self._members = shuffled[:_MEMBERS]
        self._others = itertools.cycle(shuffled[_MEMBERS:])
        self._next_member = itertools.cycle(self._members)

    def of(self, number: int, told: stories.Told, crew: Crew) -> Life:
        """Return a told life."""
        name = f"told-{number}"
        rng = random.Random(f"{_SEED} {name}")  # noqa: S311  # nosec B311 # a plan, not a secret
        if told.days_ago:
            start = (self._time.today - told.days_ago) * self._time.day_length + rng.uniform(5, 90)
        else:
            start = max(0.0, self._time.end - told.minutes_ago)
        person = self._cast.get(told.who) or next(self._next_member if told.who == "member" else self._others)
        return self._life(name, told.story, start, person, crew, told.procedure, rng)

    def everyday(self, number: int, crew: Crew) -> Life:
        """Return a life as most are."""
        rng = random.Random(f"{_SEED} everyday-{number}")  # noqa: S311  # nosec B311 # a plan, not a secret
        code = rng.choices(list(words.EVERYDAY), [weight for weight, _ in words.EVERYDAY.values()])[0]
        is_online = self._catalogue[code].is_online and rng.random() < _ONLINE_SHARE and code != "1.001193"
        story = stories.certified if code in words.CERTIFIED else stories.everyday
        start = rng.randrange(self._time.today + 1) * self._time.day_length + rng.triangular(5, 470, 120)
        person = next(self._next_member if is_online else self._others)
        name = f"everyday-{number}" + ("-online" if is_online else "")
        return self._life(name, story, start, person, crew, code, rng)

    def _life(
        self,
        name: str,
        story: stories.Story,
        start: float,
        person: Neighbor,
        crew: Crew,
        code: str,
        rng: random.Random,
    ) -> Life:
        other = self._cast["han"] if person is self._cast["an"] else next(self._others)
        return Life(
            name,
            story,
            self._time.with_room(start),
            person,
            crew,
            self._catalogue[code],
            rng,
            self._world,
            others=[other],
        )


def _cast_at_home() -> dict[str, Neighbor]:
    """Return those of the cast whose own pages should have something to do, and An's child."""
    written = {one["id"]: one for one in read_cast()["citizens"]}
    return {name: neighbors.read([written[name]])[0] for name in ("an", "binh", "han")}


def _begun(lives: list[Life]) -> set[object]:
    """Return the keys of the lives that an interrupted loading had begun."""
    keys = [life.key for life in lives]
    asked = IdentityCheck.objects.filter(press_key__in=keys).values_list("press_key", flat=True)
    received = Dossier.objects.filter(press_key__in=keys).values_list("press_key", flat=True)
    return {*asked, *received}
