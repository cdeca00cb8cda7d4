"""What can happen in the life of a dossier of the demo: each is one call of a service, at the life's present moment."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from motcua.accounts.models import Citizen, Office, User
from motcua.accounts.service import Contact, asker_of, owner_of, register_citizen
from motcua.config.province import words
from motcua.config.province.neighbors import Neighbor, Silence
from motcua.config.province.office import Crew
from motcua.dossiers import fees, hand_overs, results, service, supplements
from motcua.dossiers.due_dates import add_working_days
from motcua.dossiers.extensions import extend
from motcua.dossiers.models import Dossier, Fee
from motcua.dossiers.service import Applicant, NotReceived, Owner, StatedOwner
from motcua.dossiers.steps import go
from motcua.dossiers.time_limits import closes_on
from motcua.identity.claims import IdentityClaim
from motcua.oversight.looking_up import look_up
from motcua.oversight.objecting import open_objection
from motcua.payments.service import exempt, take_cash
from motcua.procedures.models import Procedure
from motcua.reception import findings
from motcua.reception.service import Handed, SaidOwner, receive_by_hand, receive_verified
from motcua.sealing import digest
from motcua.slips.typesetting import FONTS
from motcua.verification.models import IdentityCheck
from motcua.verification.service import Press

# A story acts, and yields how many minutes of office time pass until it goes on.
Steps = Iterator[float]
_BEFORE: Final = datetime.min.replace(tzinfo=UTC)
_FAMILY: Final = uuid5(NAMESPACE_URL, "https://motcua.example/province")


@dataclass(frozen=True)
class World:
    """What all lives share: how the register falls silent, and the one hash of a password that nobody knows."""

    silence: Silence
    password_hash: str


@dataclass
class Life:
    """One dossier's life: who, for what, at which desk, from which minute of office time on."""

    name: str
    story: Callable[[Life], Steps]
    start: float
    person: Neighbor
    crew: Crew
    procedure: Procedure
    rng: random.Random
    world: World
    others: list[Neighbor] = field(default_factory=list)
    now: datetime = _BEFORE
    made: Dossier | None = None
    looked_up: IdentityCheck | None = None

    @property
    def key(self) -> UUID:
        """Return the key of the press with which it began: by it a second loading knows it."""
        return uuid5(_FAMILY, self.name)

    @property
    def dossier(self) -> Dossier:
        """Return the dossier, once it is there."""
        if self.made is None:
            raise ValueError("no dossier yet")
        return self.made

    @property
    def officer(self) -> User:
        """Return the officer at whose desk the person came; the same for the whole life."""
        number = int("".join(sign for sign in self.name if sign.isdigit()))
        return self.crew.officers[number % len(self.crew.officers)]

    @property
    def leader(self) -> User:
        """Return who decides."""
        if self.crew.leader is None:
            raise ValueError("this unit has nobody who decides")
        return self.crew.leader

    @property
    def result_desk(self) -> User:
        """Return who hands results out."""
        if self.crew.result_desk is None:
            raise ValueError("this unit has nobody who hands results out")
        return self.crew.result_desk

    @property
    def citizen(self) -> Citizen:
        """Return the account of the person. Raises ValueError where they have none."""
        found = owner_of(number_digest=digest("number", self.person.number.digits))
        if found is None:
            raise ValueError("this person has no account")
        return found

    @property
    def days(self) -> float:
        """Return the agreed time limit in working days; two where the law gives none."""
        limit = self.dossier.term_limit or 2
        return {"trong ngày": 0.4, "giờ": limit / 8, "ngày": limit * 0.7}.get(
            self.dossier.term_unit, float(limit)
        )

    def between(self, least: float, most: float) -> float:
        """Draw a number of minutes."""
        return self.rng.uniform(least, most)

    # At the desk

    def check(self, claim: IdentityClaim | None = None, *, second: str = "", is_silent: bool = False) -> None:
        """Let the officer press "Kiểm tra danh tính số"; ``second`` tells a further press from the first."""
        said = claim or self.person.claim
        with self.world.silence(said.number.digits) if is_silent else nullcontext():
            findings.inquire(
                claim=said,
                procedure=self.procedure,
                officer=self.officer,
                address="",
                form_key=self.key,
                press=Press(uuid5(self.key, second) if second else self.key),
                now=self.now,
            )

    def receive(
        self,
        *,
        owner: SaidOwner | None = None,
        channel: int = Dossier.Channel.DESK,
        instead: NotReceived | None = None,
        by_hand: str = "",
        claim: IdentityClaim | None = None,
    ) -> None:
        """Receive what the person hands in; by hand with the reason ``by_hand``, on what ``claim`` says."""
        said = claim or self.person.claim
        typed = Applicant(
            full_name=said.full_name,
            number=said.number,
            birth=said.birth_date.canonical(),
            sex=self.person.sex,
            current_residence=self.person.home,
            phone=self.contact.phone,
        )
        handed = self._handed(said, typed, owner=owner, channel=channel, instead=instead)
        self.made = receive_by_hand(handed, reason=by_hand) if by_hand else receive_verified(handed)
        self._settle()

    def receive_without_number(self, *, name: str, birth: str, reason: str) -> None:
        """Receive from somebody who has no number that could be asked about."""
        typed = Applicant(full_name=name, number=None, birth=birth, phone=self.contact.phone)
        self.made = receive_by_hand(self._handed(None, typed), reason=reason)

    def _handed(self, claim: IdentityClaim | None, typed: Applicant, **more: Any) -> Handed:
        return Handed(
            officer=self.officer,
            procedure=self.procedure,
            claim=claim,
            typed=typed,
            documents=self._documents(),
            press_key=self.key,
            now=self.now,
            case_key=self._case(),
            **more,
        )

    def newborn(self) -> SaidOwner:
        """Return the person's child, a few days old and without a number."""
        sex = self.rng.choice(("male", "female"))
        name = f"{self.person.surname} {self.rng.choice(words.BABIES[sex])}"
        born = timezone.localdate(self.now) - timedelta(days=self.rng.randrange(4, 30))
        return SaidOwner(
            Owner("parent", name, None, born.isoformat(), sex=sex, without_number="newborn"), None
        )

    def authorized_by(self, other: Neighbor) -> SaidOwner:
        """Return another person for whom this one hands in."""
        typed = Owner("authorized", other.full_name, other.number, other.birth.canonical(), sex=other.sex)
        return SaidOwner(typed, other.claim)

    def recheck(self) -> None:
        """Let the work that waits ask about the oldest dossier that was received while the register was silent."""
        service.run_next_recheck(now=self.now)
        self.dossier.refresh_from_db()

    def look_up(self) -> None:
        """Ask about the person without a dossier; the reason is there for the supervisor, and for the person."""
        self.looked_up = look_up(
            claim=self.person.claim,
            officer=self.officer,
            reason=words.LOOKED_UP,
            press=Press(self.key),
            address="",
            now=self.now,
        )

    def object(self) -> None:
        """Let the person object to that."""
        if self.looked_up is not None:
            open_objection(citizen=self.citizen, check=self.looked_up, text=words.OBJECTION, now=self.now)

    # Online

    @property
    def contact(self) -> Contact:
        """Return how the person can be reached: addresses and telephones that nobody has."""
        last = self.person.number.digits[-3:]
        return Contact(f"0900000{last}", f"congdan{last}@example.com", self.person.home[:200])

    def account(self) -> None:
        """Register an account, if the person has none."""
        if owner_of(number_digest=digest("number", self.person.number.digits)) is None:
            register_citizen(
                claim=self.person.claim,
                password_hash=self.world.password_hash,
                contact=self.contact,
                address="",
                now=self.now,
                press=Press(uuid5(self.key, "account")),
            )

    def draft(self) -> None:
        """Begin to file online."""
        self.made = service.start_draft(
            citizen=self.citizen, procedure=self.procedure, office=self.crew.desk, now=self.now
        )

    def say_for_whom(self, child: Neighbor) -> None:
        """File for one's child."""
        owner = StatedOwner("parent", child.full_name, child.number, child.birth, sex=child.sex)
        service.keep_owner(dossier=self.dossier, owner=owner, now=self.now)

    def confirm(self) -> None:
        """Press "Đồng ý và tiếp tục": the register is asked about the applicant, and about whom they file for."""
        asker = asker_of(self.citizen.user, "")
        service.choose_case(dossier=self.dossier, case_key=self._case(), now=self.now)
        service.confirm_applicant(
            dossier=self.dossier,
            contact=self.contact,
            consent_version=service.CONSENT_VERSION,
            asker=asker,
            now=self.now,
            press=Press(self.key),
        )
        service.confirm_owner(
            dossier=self.dossier, asker=asker, now=self.now, press=Press(uuid5(self.key, "owner"))
        )

    def give_papers(self) -> None:
        """Upload what the procedure requires."""
        for document in service.missing_documents(self.dossier):
            upload = _scan(document.name, "giay-to.png")
            service.add_paper(dossier=self.dossier, document=document, upload=upload, now=self.now)

    def submit(self, collecting: str = Dossier.Collecting.ONLINE) -> None:
        """Swear and file."""
        service.choose_collecting(dossier=self.dossier, collecting=collecting)
        self.made = service.submit(dossier=self.dossier, has_sworn=True, now=self.now)

    def answer(self, *, sends: bool = True) -> None:
        """Give online what was asked for."""
        asked = service.request_open(self.dossier)
        for item in asked.documents if asked else []:
            upload = _scan(item["name"], "bo-sung.png")
            service.add_answer(
                dossier=self.dossier, item=item["name"], upload=upload, by=self.citizen.user, now=self.now
            )
        if sends:
            service.send_answer(dossier=self.dossier, brings_rest=False, by=self.citizen.user, now=self.now)

    def fetch(self) -> None:
        """Fetch one's result online."""
        self._hand_out(by=self.citizen.user, how=Dossier.Collecting.ONLINE)

    def rate(self, points: int = 2, comment: str = "") -> None:
        """Rate the service."""
        numbers = [one.number for one in service.indicators_for(self.dossier)]
        scores = {number: points if number % 4 else min(2, points + 1) for number in numbers}
        service.rate(dossier=self.dossier, scores=scores, comment=comment, by=self.citizen.user, now=self.now)

    # Behind the desk

    def take_up(self) -> None:
        """Receive what was filed online."""
        self.made = service.take_up(dossier=self.dossier, officer=self.officer, now=self.now)

    def go(self, move: str, *, by: User, reason: str = "") -> None:
        """Take a step that writes nothing beside."""
        self.made = go(dossier=self.dossier, move=move, by=by, now=self.now, reason=reason)

    def claim(self, by: User) -> None:
        """Take on what is the office's and nobody's."""
        self.made = hand_overs.claim(dossier=self.dossier, by=by, now=self.now)

    def give(
        self, *, by: User, to: User | None = None, to_office: Office | None = None, note: str = ""
    ) -> None:
        """Hand it over to somebody, or to a whole office: the division, if no other is named."""
        office = to.office if to else to_office or self.crew.division
        if office is None:
            raise ValueError("officials have offices")
        hand_overs.hand_over(
            dossier=self.dossier, to_office=office, to_user=to, note=note, by=by, now=self.now
        )

    def accept(self, by: User) -> None:
        """Take what was handed over."""
        self.made = hand_overs.accept(dossier=self.dossier, by=by, now=self.now)

    def decline(self, by: User, reason: str) -> None:
        """Send back what was handed over."""
        hand_overs.decline(dossier=self.dossier, reason=reason, by=by, now=self.now)

    def release(self, by: User) -> None:
        """Leave it to the colleagues."""
        self.made = hand_overs.release(dossier=self.dossier, by=by, now=self.now)

    def ask_papers(self, by: User, documents: list[dict[str, str]], reason: str) -> None:
        """Ask for further papers."""
        supplements.ask_supplement(
            dossier=self.dossier, documents=documents, reason=reason, by=by, now=self.now
        )
        self.dossier.refresh_from_db()

    def take_papers(self) -> None:
        """Receive further papers."""
        self.made = supplements.take_supplement(dossier=self.dossier, by=self.officer, now=self.now)

    def ask_fee(self, amount: int, reason: str) -> None:
        """Ask for a fee that came up."""
        fees.ask_fee(
            dossier=self.dossier, amount=amount, reason=reason, by=self.crew.specialist, now=self.now
        )

    def pay(self) -> None:
        """Let the cashier take what is owed, in notes as people hold them."""
        if self.crew.cashier is None:
            raise ValueError("nobody takes fees here")
        for fee in self.dossier.fees.filter(Fee.OPEN):
            handed = -(-fee.amount // 50_000) * 50_000
            take_cash(fee_pk=fee.pk, by=self.crew.cashier, now=self.now, tendered=handed)
        self.dossier.refresh_from_db()

    def exempt(self) -> None:
        """Let the desk waive what is owed."""
        for fee in self.dossier.fees.filter(Fee.OPEN):
            exempt(fee_pk=fee.pk, exemption="poor", reason=words.POOR, by=self.officer, now=self.now)

    def _settle(self) -> None:
        """Let most people pay when they hand in; some are poor, some pay when they come for the result."""
        if self.crew.cashier is None or self.made is None or not self.made.is_received:
            return
        lot = self.rng.random()
        if lot < 0.6:
            self.pay()
        elif lot < 0.68:
            self.exempt()

    def apologize(self, days: int, reason: str) -> None:
        """Put the due date off, once."""
        if self.dossier.due_at is None:
            raise ValueError("nothing is due")
        day = add_working_days(timezone.localdate(self.dossier.due_at), days)
        new_due_at = closes_on(self.dossier, day)
        if new_due_at is None:
            raise ValueError("a working day has an end")
        extend(dossier=self.dossier, new_due_at=new_due_at, reason=reason, by=self.leader, now=self.now)

    def finish(self, summary: str = "", *, is_granted: bool = True, has_file: bool = False) -> None:
        """Note the result."""
        said = summary or words.result_of(self.procedure.code, self.key.int % 900 + 100, self.now.year)
        if has_file:
            upload = _scan(said, "ket-qua.png")
            results.add_result_paper(dossier=self.dossier, upload=upload, by=self.leader, now=self.now)
        results.finish(
            dossier=self.dossier, is_granted=is_granted, summary=said, by=self.leader, now=self.now
        )
        self.dossier.refresh_from_db()

    def hand_out(self, *, by: User | None = None, to: str = "", has_authority: bool = False) -> None:
        """Give the result to the person, or to whom they sent."""
        is_postal = self.dossier.channel == Dossier.Channel.POSTAL
        how = Dossier.Collecting.POSTAL if is_postal else Dossier.Collecting.DESK
        taker = "" if is_postal else to or self.dossier.applicant_name
        self._hand_out(by=by or self.officer, how=how, collected_by=taker, has_authority=has_authority)

    def _hand_out(self, *, by: User, how: str, collected_by: str = "", has_authority: bool = False) -> None:
        if self.crew.cashier is not None:
            self.pay()
        self.made = results.hand_out(
            dossier=self.dossier,
            how=how,
            collected_by=collected_by,
            has_authority=has_authority,
            by=by,
            now=self.now,
        )

    def _case(self) -> int | None:
        cases = list(self.procedure.cases.all())
        return cases[0].pk if cases else None

    def _documents(self) -> list[dict[str, str | int]]:
        listed = [one for one in self.procedure.documents.all() if one.is_required and one.kind == "nộp"]
        return [
            {"name": one.name, "originals": max(1, one.originals), "copies": one.copies} for one in listed
        ]


def _scan(title: str, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, _page(title), content_type="image/png")


@lru_cache(maxsize=64)
def _page(title: str) -> bytes:
    """Draw a page that says what it stands for, and that it is a sample."""
    font = ImageFont.truetype(str(FONTS / "LiberationSerif-Regular.ttf"), 17)
    picture = Image.new("L", (520, 300), 255)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((12, 12, 507, 287), outline=90)
    lines = ["GIẤY TỜ MẪU – DỮ LIỆU MINH HỌA", "", *textwrap.wrap(title, 48)]
    for place, line in enumerate(lines[:9]):
        pen.text((32, 34 + 26 * place), line, fill=20, font=font)
    kept = BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()
