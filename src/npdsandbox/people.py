"""Makes believable people by the household: parents, children, grandparents; the same seed makes the same people.

No Django and no clock: "today" is the end of 2026. Every number starts with 999.
"""

import datetime as dt
import itertools
import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Final

from npdsandbox import frequencies as freq
from npdsandbox.records import (
    SYNTHETIC_PREFIX,
    UNKNOWN_RELATIVE,
    Address,
    Record,
    Relative,
    as_relative,
)

MOST_PEOPLE: Final = 3_000_000
YEAR_NOW: Final = 2026
FIRST_SERIAL: Final = 1000
"""Serials below belong to the cast, the examples and the troubled numbers."""
_SERIALS: Final = 1_000_000 - FIRST_SERIAL
# Coprime with _SERIALS, so that counting up visits every serial once, in no visible order.
_STRIDE: Final = 377_279


@dataclass
class _Numbers:
    """Hands out numbers that nobody has yet."""

    rng: random.Random
    offset: int
    _earlier_card: str = ""
    _next: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def personal(self, sex: str, year: int) -> str:
        """Return 999, the digit of century and sex, the year's two digits and a serial."""
        digit = (year // 100 - 19) * 2 + (1 if sex == "2" else 0)
        head = f"{SYNTHETIC_PREFIX}{digit}{year % 100:02}"
        return head + self._serial(head)

    def old_card(self) -> str:
        """Return 999 and six digits; here and there, and after 999,000 of them, one that somebody has already."""
        if self._earlier_card and self.rng.random() < 0.004:
            card, self._earlier_card = self._earlier_card, ""
            return card
        card = SYNTHETIC_PREFIX + self._serial("")
        # Kept for a while, so that the second owner lives in another household.
        if not self._earlier_card:
            self._earlier_card = card
        return card

    def _serial(self, head: str) -> str:
        count = self._next[head]
        self._next[head] = count + 1
        start = self.offset + int(head or "1") * 611_953
        return f"{FIRST_SERIAL + (count * _STRIDE + start) % _SERIALS:06}"


class _Table:
    """A table of weights to draw from, summed up once."""

    def __init__(self, weights: dict[str, float]) -> None:
        self._values = list(weights)
        self._sums = list(itertools.accumulate(weights.values()))

    def draw(self, rng: random.Random) -> str:
        """Return one value by its weight."""
        return self._values[bisect(self._sums, rng.random() * self._sums[-1], 0, len(self._sums) - 1)]


@dataclass(frozen=True, slots=True)
class _Unit:
    province: str
    district: str
    commune: str
    names: tuple[str, ...]


@cache
def _units() -> tuple[dict[str, list[_Unit]], dict[str, list[_Unit]]]:
    """Return today's communes by province, and communes from before July 2025 by region."""
    today: dict[str, list[_Unit]] = defaultdict(list)
    before: dict[str, list[_Unit]] = defaultdict(list)
    regions = {code: name for name, codes in freq.PROVINCES_BEFORE.items() for code in codes}
    for line in Path(__file__).with_name("units.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        province, district, commune, province_name, district_name, commune_name = line.split("\t")
        names = tuple(name for name in (commune_name, district_name, province_name) if name)
        unit = _Unit(province, district, commune, names)
        if district:
            before[regions[province]].append(unit)
        else:
            today[province].append(unit)
    return today, before


class _Region:
    """One region's tables."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.provinces = _Table(freq.PROVINCES[name])
        self.surnames = _Table(freq.SURNAMES[name])
        self.peoples = _Table(freq.PEOPLES[name])
        self.religions = _Table(freq.RELIGIONS[name])
        self.homes = freq.HOMES[name]


@cache
def _regions() -> tuple[_Table, dict[str, _Region]]:
    shares = _Table({name: sum(provinces.values()) for name, provinces in freq.PROVINCES.items()})
    return shares, {name: _Region(name) for name in freq.PROVINCES}


_GIVEN: Final = {sex: _Table(table) for sex, table in freq.GIVEN.items()}
_MIDDLE: Final = {sex: _Table(table) for sex, table in freq.MIDDLE.items()}
_SYLLABLES: Final = {
    sex: _Table({str(count): share for count, share in table.items()})
    for sex, table in freq.SYLLABLES.items()
}
_OWN_SURNAMES: Final = {people: _Table(table) for people, table in freq.SURNAMES_OF_PEOPLES.items()}
_BLOOD: Final = _Table(freq.BLOOD_GROUPS)
_HOUSEHOLDS: Final = _Table({"couple": 58, "alone": 14, "one parent": 8, "old couple": 9, "three ages": 11})


def generate(people: int, *, seed: int = 1) -> Iterator[Record]:
    """Make people, household by household.

    Args:
        people: how many, from 0 to `MOST_PEOPLE`.
        seed: the same seed makes the same people.

    Raises:
        ValueError: there are not enough numbers for so many.
    """
    if not 0 <= people <= MOST_PEOPLE:
        raise ValueError(f"people: from 0 to {MOST_PEOPLE}")
    return itertools.islice(_households(seed), people)


def _households(seed: int) -> Iterator[Record]:
    rng = random.Random(seed)  # noqa: S311  # nosec B311 # believable, not secret
    numbers = _Numbers(rng, offset=rng.randrange(_SERIALS))
    shares, regions = _regions()
    for count in itertools.count(1):
        yield from _Household(rng, numbers, regions[shares.draw(rng)], count).members()


class _Household:
    """One household under one roof."""

    def __init__(self, rng: random.Random, numbers: _Numbers, region: _Region, count: int) -> None:
        self.rng = rng
        self.numbers = numbers
        self.region = region
        self.people = region.peoples.draw(rng)
        self.religion = region.religions.draw(rng)
        self.book = f"SBX{count:06}"
        self.home = self._home()
        self.origin = self._before(0.7)

    def members(self) -> Iterator[Record]:
        """Yield the household's people, the head first."""
        rng = self.rng
        kind = _HOUSEHOLDS.draw(rng)
        if kind == "alone":
            yield self._settled(self._person("", rng.randrange(19, 90)), None)
            return
        age = rng.randrange(60, 95) if kind == "old couple" else rng.randrange(22, 60)
        man, woman = self._person("1", age), self._person("2", max(19, age + rng.randrange(-6, 4)))
        if kind == "one parent":
            head = man if rng.random() < 0.25 else woman
            head = replace(head, marital_status=rng.choice("133"))
            yield self._settled(head, None)
            yield from self._children(head, head if head is man else None, woman, head)
            return
        man = replace(man, marital_status="2", spouse=as_relative(woman))
        woman = replace(woman, marital_status="2", spouse=as_relative(man))
        head = man if rng.random() < 0.8 else woman
        if kind == "three ages":
            parent = self._person("", min(99, age + rng.randrange(20, 38)))
            parent = replace(parent, marital_status="3", full_name=self._name(parent.sex, man.full_name))
            if parent.sex == "1":
                man = replace(man, father=as_relative(parent))
            else:
                man = replace(man, mother=as_relative(parent))
            head = man if head.sex == "1" else woman
            yield self._settled(parent, head)
        yield self._settled(man, head)
        yield self._settled(woman, head)
        if kind != "old couple":
            yield from self._children(head, man, woman, head)

    def _children(
        self, head: Record, father: Record | None, mother: Record, guardian: Record
    ) -> Iterator[Record]:
        youngest_parent = int(max(mother.birth_date[:4], head.birth_date[:4]))
        for _ in range(self.rng.choices((0, 1, 2, 3, 4), (14, 28, 40, 14, 4))[0]):
            born = youngest_parent + self.rng.randrange(19, 38)
            if born > YEAR_NOW:
                continue
            child = self._person("", YEAR_NOW - born)
            parents_are_known = self.rng.random() < 0.97
            child = replace(
                child,
                full_name=self._name(child.sex, (father or mother).full_name),
                father=as_relative(father) if father and parents_are_known else UNKNOWN_RELATIVE,
                mother=as_relative(mother) if parents_are_known else UNKNOWN_RELATIVE,
                representative=as_relative(guardian) if YEAR_NOW - born < 18 else UNKNOWN_RELATIVE,
                marital_status="1" if YEAR_NOW - born < 25 else self.rng.choice("0112"),
            )
            yield self._settled(child, head)

    def _person(self, sex: str, age: int) -> Record:
        rng = self.rng
        sex = sex or ("1" if rng.random() < 0.5 else "2")
        year = YEAR_NOW - age
        birth = str(year)
        # Many old people's day of birth was never written down.
        if not (year < 1970 and rng.random() < (0.18 if year < 1955 else 0.06)):
            birth = (dt.date(year, 1, 1) + dt.timedelta(days=rng.randrange(320))).isoformat()
        card = ""
        if year <= 2001 and rng.random() < 0.75:
            card = self.numbers.old_card()
        return Record(
            personal_number=self.numbers.personal(sex, year), full_name=self._name(sex), birth_date=birth, sex=sex,
            old_card_number=card, is_deceased=rng.random() < (0.05 if age > 75 else 0.002),
            ethnic_group=self.people, religion=self.religion, marital_status="1" if age < 18 else "0",
            blood_group=_BLOOD.draw(rng), permanent_residence=self.home, current_residence=self.home,
            birth_registration=self.origin, origin=self.origin,
        )  # fmt: skip

    def _settled(self, person: Record, head: Record | None) -> Record:
        """Fill in what depends on the household: head, parents' names, another current residence."""
        rng = self.rng
        is_head = head is None or head.personal_number == person.personal_number
        father, mother = person.father, person.mother
        if father is UNKNOWN_RELATIVE and mother is UNKNOWN_RELATIVE and rng.random() < 0.7:
            father = Relative(self._name("1", person.full_name), "VN")
            mother = Relative(self._name("2"), "VN")
        return replace(
            person, father=father, mother=mother, household_book=self.book,
            head_relation="CH01" if is_head else "",
            head=as_relative(person) if head is None or is_head else as_relative(head),
            current_residence=self._home() if rng.random() < 0.08 else person.current_residence,
            birth_registration=self.home if int(person.birth_date[:4]) > 2024 else person.birth_registration,
        )  # fmt: skip

    def _name(self, sex: str, like: str = "") -> str:
        """Return a name; `like` is a relative's name whose surname is kept."""
        rng = self.rng
        own = freq.HIGHLAND_GIVEN.get(self.people)
        if own:
            given = rng.choice(own[sex])
            clan = _OWN_SURNAMES[self.people].draw(rng)
            return f"{given} {clan}" if self.people in freq.CLAN_LAST else f"{clan} {given}"
        surname = like.split(" ", 1)[0]
        if not surname:
            table = _OWN_SURNAMES.get(self.people, self.region.surnames)
            surname = table.draw(rng)
        words = [surname]
        middle_words = int(_SYLLABLES[sex].draw(rng)) - 2
        if middle_words:
            words.append(_MIDDLE[sex].draw(rng))
        given = _GIVEN[sex].draw(rng)
        if middle_words == 2:
            second = _GIVEN[sex].draw(rng)
            words.append(second if second not in (given, words[1]) else ("Ngọc" if sex == "2" else "Quốc"))
        words.append(given)
        return " ".join(words)

    def _home(self) -> Address:
        if self.rng.random() < 0.15:
            return self._before(1.0)
        return self._address(self.rng.choice(_units()[0][self.region.provinces.draw(self.rng)]))

    def _before(self, share: float) -> Address:
        """Return an address, this share of them with a commune and a district from before July 2025."""
        if self.rng.random() < share:
            return self._address(self.rng.choice(_units()[1][self.region.name]))
        return self._address(self.rng.choice(_units()[0][self.region.provinces.draw(self.rng)]))

    def _address(self, unit: _Unit) -> Address:
        rng = self.rng
        home = rng.choice(self.region.homes).format(n=rng.randrange(1, 20), m=rng.randrange(1, 300))
        # Both styles occur: the place alone, and the place with the names of its units.
        detail = ", ".join((home, *unit.names)) if rng.random() < 0.4 else home
        return Address(unit.province, unit.district, unit.commune, detail, "VN")
