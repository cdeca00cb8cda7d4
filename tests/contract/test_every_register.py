"""What every register promises, whatever it is made of: in memory, over golden messages, over sockets, the sandbox.

The sandbox and the registers of golden messages share no code with the client, nor with each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.matching import YearAlone
from motcua.identity.names import key
from motcua.identity.numbers import IdNumber
from motcua.identity.register import (
    Answer,
    CouldNotAsk,
    Inquiry,
    MessageIds,
    PopulationRegister,
    TouchPoint,
    Trouble,
)
from motcua.identity.verification import BirthMatch, MatchedBy, Outcome, Rejected, Verified, verify
from motcua.population.gateway import Gateway, open_gateway, ping_claim
from motcua.population.memory import MemoryRegister
from motcua.population.transports.http import Reply
from tests.contract.facades import FACADES, SAY_ONLY_YES_OR_NO, settings_for
from tests.people import cast
from tests.population.stub_register import Received, StubRegister, golden, http
from tests.sandbox_process import SandboxProcess, start_sandbox

ASKED_BY = Inquiry(
    "H40-20261123-1",
    cast.lan.number,
    "lan",
    "000.00.01.H23",
    "VPCP",
    TouchPoint.RECEPTION,
    "lan:sandbox-pass",
)


@dataclass(frozen=True)
class Line:
    """A register to be opened for a service, "037" or "003"; one without records knows only "003"."""

    open: Callable[[str], PopulationRegister]
    has_records: bool = True
    wire: str = ""  # the transport, where bytes really travel

    def ask(self, claim: IdentityClaim, service: str = "037") -> Answer:
        """Ask about one claim, for the record where there are records at all."""
        return self.open(service if self.has_records else "003").ask(claim, ASKED_BY)

    def knows(self, claim: IdentityClaim, **expected: object) -> None:
        """Assert that the person is found; with a record, that it holds what is expected."""
        answer = self.ask(claim)
        assert answer.is_confirmed
        assert (answer.record is not None) == self.has_records
        if answer.record is not None:
            assert {name: getattr(answer.record, name) for name in expected} == expected

    def does_not_know(self, claim: IdentityClaim) -> None:
        """Assert that nobody is found."""
        answer = self.ask(claim)
        assert (answer.record, answer.is_confirmed) == (None, False)


# --- the golden messages as a register: a table of questions and files, read by eye and regular expression

FILES = {
    ("999085000001", "NGUYENVANAN"): ("cast-an.xml", "19850307"),
    ("999050000004", "LEDUNG"): ("cast-dung.xml", "1950"),
    ("999078000005", "DANGMINHDUC"): ("cast-duc.xml", "19781201"),
    ("999000005", "DANGMINHDUC"): ("cast-duc.xml", "19781201"),
    ("999195000007", "HMAINIETHU"): ("cast-hmai.xml", "19950815"),
    ("999000011", "VUTHIHOA"): ("", ""),  # two women: the birth date decides, see below
}


def golden_reply(question: bytes) -> bytes:
    def value(name: str) -> str:
        found = re.search(rf"<\w+:{name}>([^<]*)</", question.decode())
        return found[1] if found else ""

    number, born = value("SoDinhDanh") or value("SoCMND"), value("NgayThangNam") or value("Nam")
    file, known = FILES.get((number, value("HoVaTen")), ("", ""))
    if number == "999000011":
        file, known = {"1970": ("cast-hoa.xml", "19700115"), "1972": ("cast-hoa2.xml", "19720720")}.get(
            born[:4], ("", "")
        )
    shorter = min(len(born), len(known))
    fits = bool(file) and born[:shorter] == known[:shorter]
    if value("MaTichHop") == "003":
        return golden("reply-003-yes.xml" if fits else "reply-003-no.xml")
    return golden(file if fits else "reply-037-nobody.xml")


class GoldenTransport:
    name = "golden"

    def post(self, operation: str, body: bytes, *, inquiry: Inquiry, now: Callable[[], float]) -> Reply:
        return Reply(200, {"Content-Type": "text/xml; charset=UTF-8"}, golden_reply(body))


def spring(connection, request: Received, stub: StubRegister) -> bool:
    """Answer in the manner of a Java framework: other prefixes, one line, no declaration of the question's names."""
    reply = golden_reply(request.body).decode()
    for ours, theirs in (
        ("soapenv", "SOAP-ENV"),
        ("ns1", "ns2"),
        ("dan:", "ns2:"),
        ("xmlns:dan", "xmlns:ns2"),
    ):
        reply = reply.replace(ours, theirs)
    reply = re.sub(r">\s+<", "><", reply.partition("?>")[2].strip())
    connection.sendall(http(reply.encode(), Content_Type="application/xml;charset=utf-8"))
    return True


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    process = start_sandbox(tmp_path_factory.mktemp("sandbox"))
    yield process
    process.stop()


def open_memory(service: str) -> PopulationRegister:
    return MemoryRegister(cast.records, service=service)  # type: ignore[arg-type]


def open_golden(service: str) -> PopulationRegister:
    settings = settings_for("c06", "http://127.0.0.1:9", service)
    return Gateway(settings, GoldenTransport(), now=lambda: 0.0)


@pytest.fixture(params=["memory", "golden", "spring", *(f"sandbox {facade}" for facade in FACADES)])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    """Return the way to a register of this kind."""
    kind, _, facade = request.param.partition(" ")
    if kind == "memory":
        yield Line(open_memory)
    elif kind == "golden":
        yield Line(open_golden)
    elif kind == "spring":
        with StubRegister(spring) as stub:
            yield Line(
                lambda service: open_gateway(settings_for("c06", f"http://127.0.0.1:{stub.port}", service)),
                wire="c06",
            )
    else:
        sandbox: SandboxProcess = request.getfixturevalue("sandbox")
        yield Line(
            lambda service: open_gateway(settings_for(facade, sandbox.url, service)),
            has_records=facade not in SAY_ONLY_YES_OR_NO,
            wire=facade.partition(" ")[0],
        )


class TestEveryRegister:
    """Cases over the cast; each asks through the port only."""

    def test_a_person_is_found_with_the_record(self, line):
        line.knows(
            cast.an.claim,
            personal_number=cast.an.number,
            old_card_number=cast.an.old_number,
            birth_date=BirthDate(1985, 3, 7),
            sex="male",
            ethnic_group="01",
            nationality="VN",
            is_deceased=False,
        )

    def test_a_record_names_the_person_and_where_they_live(self, line):
        record = line.ask(cast.an.claim).record
        assert (record is not None) == line.has_records
        if record is not None:
            assert key(record.full_name) == key(cast.an.full_name)
            assert record.permanent_residence is not None
            assert record.current_residence is not None

    def test_the_answer_carries_the_id_of_the_question(self, line):
        answer = line.ask(cast.hanh.claim)
        assert answer.messages.request_id == ASKED_BY.request_id
        assert answer.line

    def test_over_a_wire_question_and_answer_are_bound_by_their_digests(self, line):
        first, second = line.ask(cast.an.claim).messages.exchange, line.ask(cast.hanh.claim).messages.exchange
        if line.wire:
            assert (first.transport, first.certificate) == (line.wire, "")
            digests = {
                *(first.request_digest, first.answer_digest),
                *(second.request_digest, second.answer_digest),
            }
            assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
            assert first.request_digest != second.request_digest
            assert first.answer_digest != second.answer_digest
        else:
            assert (first.request_digest, first.answer_digest, first.certificate) == ("", "", "")

    def test_nobody_is_nobody(self, line):
        line.does_not_know(cast.hanh.claim)

    def test_another_name_is_nobody(self, line):
        line.does_not_know(cast.an.named("Nguyễn Văn Anh"))

    def test_another_birth_date_is_nobody(self, line):
        line.does_not_know(cast.an.born_on(1985, 3, 8))

    def test_the_name_is_matched_without_accents_blanks_and_case(self, line):
        line.knows(cast.an.named(unicodedata.normalize("NFD", "nguyễn  văn AN")))
        line.knows(cast.an.named("Nguyen Van An"))

    def test_a_highland_name_is_found(self, line):
        line.knows(cast.hmai.claim)
        record = line.ask(cast.hmai.claim).record
        assert record is None or key(record.full_name) == key("H'Mai Niê Thử")

    def test_a_year_alone_finds_a_whole_date(self, line):
        line.knows(cast.an.born_on(1985), birth_date=BirthDate(1985, 3, 7))

    def test_a_whole_date_finds_a_year_alone(self, line):
        line.knows(cast.dung.born_on(1950, 5, 5), birth_date=BirthDate(1950))

    def test_an_old_number_finds_its_person(self, line):
        line.knows(cast.duc.old_claim, old_card_number=cast.duc.old_number, personal_number=cast.duc.number)

    @pytest.mark.parametrize("who", ["hoa", "hoa2"])
    def test_an_old_number_that_two_share_is_settled_by_the_birth_date(self, line, who):
        person = getattr(cast, who)
        line.knows(person.old_claim, personal_number=person.number)

    def test_the_dead_are_never_shown_as_living(self, line):
        answer = line.ask(cast.giang.claim)
        assert not answer.is_confirmed or (answer.record is not None and answer.record.is_deceased)

    def test_the_person_of_a_ping_does_not_exist(self, line):
        line.does_not_know(ping_claim(cast.hanh.number))

    @pytest.mark.parametrize(("name", "confirmed"), [("Nguyễn Văn An", True), ("Nguyễn Văn Anh", False)])
    def test_the_yes_no_service_says_a_bare_word(self, line, name, confirmed):
        answer = line.ask(cast.an.named(name), service="003")
        assert (answer.record, answer.is_confirmed) == (None, confirmed)

    def test_the_whole_question_comes_out_verified_or_rejected(self, line):
        whole = self.outcome(line, cast.an.claim)
        assert isinstance(whole, Verified)
        assert whole.birth_match is BirthMatch.WHOLE_DATE
        assert whole.matched_by is (MatchedBy.RECORD if line.has_records else MatchedBy.REGISTER_ALONE)
        word = self.outcome(line, cast.an.claim, "003")
        assert isinstance(word, Verified)
        assert word.matched_by is MatchedBy.REGISTER_ALONE
        assert isinstance(self.outcome(line, cast.hanh.claim), Rejected)
        other = IdentityClaim("Nguyễn Văn An", IdNumber(cast.hanh.number), cast.an.birth_date)
        assert isinstance(self.outcome(line, other), Rejected)

    def test_only_a_record_proves_accents_and_a_birth_year_alone(self, line):
        year, accents = (
            self.outcome(line, cast.dung.claim),
            self.outcome(line, cast.an.named("Nguyen Van An")),
        )
        if line.has_records:
            assert isinstance(year, Verified)
            assert year.birth_match is BirthMatch.YEAR
            assert isinstance(accents, Rejected)
        else:
            assert isinstance(year, Rejected)
            assert isinstance(accents, Verified)

    def outcome(self, line: Line, claim: IdentityClaim, service: str = "037") -> Outcome:
        register = line.open(service if line.has_records else "003")
        return verify(claim=claim, register=register, inquiry=ASKED_BY, year_alone=YearAlone.YEAR_ONLY_RECORD)


def test_questions_asked_at_once_each_get_their_own_answer():
    people = [cast.an, cast.duc, cast.dung, cast.hmai] * 10
    with StubRegister(spring) as stub, ThreadPoolExecutor(16) as threads:
        register = open_gateway(settings_for("c06", f"http://127.0.0.1:{stub.port}"))
        answers = list(threads.map(lambda person: register.ask(person.claim, ASKED_BY), people))
    assert [answer.record.personal_number for answer in answers if answer.record] == [
        p.number for p in people
    ]


def test_a_register_in_memory_can_be_told_to_be_in_trouble():
    register = MemoryRegister(cast.records)
    register.trouble = CouldNotAsk(Trouble.TIMEOUT)
    with pytest.raises(CouldNotAsk) as caught:
        register.ask(cast.an.claim, ASKED_BY)
    assert caught.value.messages == MessageIds(ASKED_BY.request_id)
    register.trouble = None
    assert register.ask(cast.an.claim, ASKED_BY).record is not None
    assert register.asked == 2


def test_golden_files_of_the_cast_tell_what_the_cast_tells():
    for who in ("an", "dung", "duc", "hmai", "hoa", "hoa2"):
        text = (Path(__file__).parent.parent / "messages" / f"cast-{who}.xml").read_text("utf-8")
        person = getattr(cast, who)
        assert person.number in text
        assert unicodedata.normalize("NFC", person.full_name.upper()) in text
