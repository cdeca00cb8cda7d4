"""What every register promises, whatever it is made of: in memory, over golden messages, over sockets, the sandbox.

The sandbox and the registers of golden messages share no code with the client, nor with each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
from motcua.identity.verification import BirthMatch, MatchedBy, Rejected, Verified, verify
from motcua.population.gateway import Gateway, open_gateway, ping_claim
from motcua.population.memory import MemoryRegister
from motcua.population.settings import RegisterSettings
from motcua.population.transports.http import Reply
from tests.people import cast
from tests.population.stub_register import Received, StubRegister, golden, http
from tests.sandbox_process import SandboxProcess, start_sandbox

ASKED_BY = Inquiry("H40-20261123-1", cast.lan.number, "lan", "000.00.01.H23", "VPCP", TouchPoint.RECEPTION)
Opening = Callable[[str], PopulationRegister]  # a service, "037" or "003" → a register


def settings_for(transport: str, url: str, service: str) -> RegisterSettings:
    return RegisterSettings(
        transport=transport,  # type: ignore[arg-type]
        url=url,
        hash_uri="/sandbox/csdldc/{operation}",
        username="sandbox_hp",
        secret="sandbox-secret-1",
        xroad_client="SANDBOX/GOV/HAIPHONG/MOTCUA",
        api_key="sbx-key-1",
        service=service,  # type: ignore[arg-type]
    )


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
    settings = settings_for("c06", "http://127.0.0.1:9/", service)
    return Gateway(settings, GoldenTransport(), now=lambda: 0.0)


@pytest.fixture(params=["memory", "golden", "spring", "sandbox c06", "sandbox xroad"])
def opening(request: pytest.FixtureRequest) -> Iterator[Opening]:
    """Return a way to open the register of this kind for a service."""
    kind = request.param
    if kind == "memory":
        yield open_memory
    elif kind == "golden":
        yield open_golden
    elif kind == "spring":
        with StubRegister(spring) as stub:
            yield lambda service: open_gateway(settings_for("c06", stub.url, service))
    else:
        sandbox: SandboxProcess = request.getfixturevalue("sandbox")
        transport = kind.partition(" ")[2]
        path = "/c06/{operation}" if transport == "c06" else "/r1/SANDBOX/GOV/BCA/CSDLDC/{operation}"
        yield lambda service: open_gateway(settings_for(transport, sandbox.url + path, service))


class TestEveryRegister:
    """Cases over the cast; each asks through the port only."""

    def ask(self, opening: Opening, claim: IdentityClaim, service: str = "037") -> Answer:
        return opening(service).ask(claim, ASKED_BY)

    def test_a_person_is_found_with_the_record(self, opening):
        answer = self.ask(opening, cast.an.claim)
        record = answer.record
        assert answer.is_confirmed
        assert record is not None
        assert record.personal_number == cast.an.number
        assert record.old_card_number == cast.an.old_number
        assert key(record.full_name) == key(cast.an.full_name)
        assert record.birth_date == BirthDate(1985, 3, 7)
        assert record.sex == "male"
        assert (record.ethnic_group, record.nationality, record.is_deceased) == ("01", "VN", False)
        assert record.permanent_residence is not None
        assert record.current_residence is not None

    def test_the_answer_carries_the_id_of_the_question(self, opening):
        answer = self.ask(opening, cast.hanh.claim)
        assert answer.messages.request_id == ASKED_BY.request_id
        assert answer.line

    def test_nobody_is_nobody(self, opening):
        answer = self.ask(opening, cast.hanh.claim)
        assert (answer.record, answer.is_confirmed) == (None, False)

    def test_another_name_is_nobody(self, opening):
        assert self.ask(opening, cast.an.named("Nguyễn Văn Anh")).record is None

    def test_another_birth_date_is_nobody(self, opening):
        assert self.ask(opening, cast.an.born_on(1985, 3, 8)).record is None

    def test_the_name_is_matched_without_accents_blanks_and_case(self, opening):
        decomposed = unicodedata.normalize("NFD", "nguyễn  văn AN")
        assert self.ask(opening, cast.an.named(decomposed)).record is not None
        assert self.ask(opening, cast.an.named("Nguyen Van An")).record is not None

    def test_a_highland_name_is_found(self, opening):
        record = self.ask(opening, cast.hmai.claim).record
        assert record is not None
        assert key(record.full_name) == key("H'Mai Niê Thử")

    def test_a_year_alone_finds_a_whole_date(self, opening):
        record = self.ask(opening, cast.an.born_on(1985)).record
        assert record is not None
        assert record.birth_date == BirthDate(1985, 3, 7)

    def test_a_whole_date_finds_a_year_alone(self, opening):
        record = self.ask(opening, cast.dung.born_on(1950, 5, 5)).record
        assert record is not None
        assert record.birth_date == BirthDate(1950)

    def test_an_old_number_finds_its_person(self, opening):
        record = self.ask(opening, cast.duc.old_claim).record
        assert record is not None
        assert (record.old_card_number, record.personal_number) == (cast.duc.old_number, cast.duc.number)

    @pytest.mark.parametrize("who", ["hoa", "hoa2"])
    def test_an_old_number_that_two_share_is_settled_by_the_birth_date(self, opening, who):
        person = getattr(cast, who)
        record = self.ask(opening, person.old_claim).record
        assert record is not None
        assert record.personal_number == person.number

    def test_the_dead_are_never_shown_as_living(self, opening):
        record = self.ask(opening, cast.giang.claim).record
        assert record is None or record.is_deceased

    def test_the_person_of_a_ping_does_not_exist(self, opening):
        answer = self.ask(opening, ping_claim(cast.hanh.number))
        assert (answer.record, answer.is_confirmed) == (None, False)

    @pytest.mark.parametrize(("name", "confirmed"), [("Nguyễn Văn An", True), ("Nguyễn Văn Anh", False)])
    def test_the_yes_no_service_says_a_bare_word(self, opening, name, confirmed):
        answer = self.ask(opening, cast.an.named(name), service="003")
        assert (answer.record, answer.is_confirmed) == (None, confirmed)

    def test_the_whole_question_comes_out_verified_or_rejected(self, opening):
        def outcome(claim: IdentityClaim, service: str = "037"):
            register = opening(service)
            return verify(
                claim=claim, register=register, inquiry=ASKED_BY, year_alone=YearAlone.YEAR_ONLY_RECORD
            )

        whole = outcome(cast.an.claim)
        assert isinstance(whole, Verified)
        assert (whole.matched_by, whole.birth_match) == (MatchedBy.RECORD, BirthMatch.WHOLE_DATE)
        year = outcome(cast.dung.claim)
        assert isinstance(year, Verified)
        assert year.birth_match is BirthMatch.YEAR
        word = outcome(cast.an.claim, "003")
        assert isinstance(word, Verified)
        assert word.matched_by is MatchedBy.REGISTER_ALONE
        assert isinstance(outcome(cast.hanh.claim), Rejected)
        assert isinstance(outcome(cast.an.named("Nguyen Van An")), Rejected)
        assert isinstance(
            outcome(IdentityClaim("Nguyễn Văn An", IdNumber(cast.hanh.number), cast.an.birth_date)), Rejected
        )


def test_questions_asked_at_once_each_get_their_own_answer():
    people = [cast.an, cast.duc, cast.dung, cast.hmai] * 10
    with StubRegister(spring) as stub, ThreadPoolExecutor(16) as threads:
        register = open_gateway(settings_for("c06", stub.url, "037"))
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
