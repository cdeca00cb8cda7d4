"""The whole question over a register of the test's own: every answer it can give, and what comes out."""

import unicodedata
from dataclasses import replace

import pytest

from motcua.identity.birth import BirthDate
from motcua.identity.claims import CitizenRecord, IdentityClaim, Sex
from motcua.identity.matching import Difference, YearAlone, differences
from motcua.identity.names import NameRefused
from motcua.identity.numbers import IdNumber
from motcua.identity.register import (
    Answer,
    Barred,
    CouldNotAsk,
    Inquiry,
    MessageIds,
    NotPermitted,
    TouchPoint,
    Trouble,
)
from motcua.identity.verification import (
    BirthMatch,
    MatchedBy,
    NotAllowed,
    Rejected,
    Unanswered,
    Verified,
    verify,
)
from tests.people import cast

BORN = BirthDate(1985, 3, 7)
DESK, PORTAL = YearAlone.ANY_RECORD, YearAlone.YEAR_ONLY_RECORD
INQUIRY = Inquiry("MC-1", "999085999999", "lan", "000.00.00.H31", "VPCP", TouchPoint.RECEPTION)
IDS = MessageIds("MC-1", (("X-Road-Request-Id", "r-1"),))
HOA = CitizenRecord(
    personal_number="999085000001",
    old_card_number="999000001",
    full_name="Nguyễn Thị Hòa",
    sex=Sex.FEMALE,
    birth_date=BirthDate(1985, 3, 7),
    ethnic_group="01",
    nationality="VN",
    permanent_residence=None,
    current_residence=None,
)
YEAR_ONLY = replace(HOA, birth_date=BirthDate(1985))


class RegisterThat:
    """A register that gives one answer, or raises one error, and remembers what it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def ask(self, claim, inquiry):
        self.asked.append((claim, inquiry))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def a_claim(*, name="Nguyễn Thị Hòa", digits="999085000001", birth=BORN):
    return IdentityClaim(name, IdNumber(digits), birth)


def outcome(answer, *, claim=None, year_alone=DESK):
    register = RegisterThat(answer)
    result = verify(claim=claim or a_claim(), register=register, inquiry=INQUIRY, year_alone=year_alone)
    assert register.asked == [(claim or a_claim(), INQUIRY)]
    return result


def answer_with(record):
    return Answer(record, True, IDS, "c06/037")


NOBODY = Answer(None, False, IDS, "c06/037")
BARE_YES = Answer(None, True, IDS, "c06/003")


@pytest.mark.parametrize(
    ("claim", "record", "year_alone", "birth_match"),
    [
        (a_claim(), HOA, DESK, BirthMatch.WHOLE_DATE),
        (a_claim(), HOA, PORTAL, BirthMatch.WHOLE_DATE),
        (a_claim(name="NGUYỄN THỊ HOÀ"), HOA, PORTAL, BirthMatch.WHOLE_DATE),
        (a_claim(digits="999000001"), HOA, PORTAL, BirthMatch.WHOLE_DATE),
        (a_claim(), YEAR_ONLY, DESK, BirthMatch.YEAR),
        (a_claim(), YEAR_ONLY, PORTAL, BirthMatch.YEAR),
        (a_claim(birth=BirthDate(1985)), YEAR_ONLY, DESK, BirthMatch.YEAR),
        (a_claim(birth=BirthDate(1985)), YEAR_ONLY, PORTAL, BirthMatch.YEAR),
        (a_claim(birth=BirthDate(1985)), HOA, DESK, BirthMatch.YEAR),
    ],
)
def test_a_record_that_bears_the_claim_out_is_verified(claim, record, year_alone, birth_match):
    expected = Verified(IDS, "c06/037", MatchedBy.RECORD, birth_match, record)
    assert outcome(answer_with(record), claim=claim, year_alone=year_alone) == expected


@pytest.mark.parametrize(
    ("claim", "record", "year_alone", "found"),
    [
        (a_claim(name="Nguyễn Thị Huệ"), HOA, DESK, {Difference.NAME}),
        (a_claim(name="Nguyen Thi Hoa"), HOA, DESK, {Difference.NAME_ACCENTS}),
        (a_claim(name="Nguyễn Thị Hóa"), HOA, PORTAL, {Difference.NAME_ACCENTS}),
        (a_claim(birth=BirthDate(1985, 7, 3)), HOA, DESK, {Difference.BIRTH_DATE}),
        (a_claim(birth=BirthDate(1986)), HOA, DESK, {Difference.BIRTH_DATE}),
        (a_claim(birth=BirthDate(1986)), YEAR_ONLY, PORTAL, {Difference.BIRTH_DATE}),
        (a_claim(birth=BirthDate(1986, 3, 7)), YEAR_ONLY, DESK, {Difference.BIRTH_DATE}),
        (a_claim(birth=BirthDate(1985)), HOA, PORTAL, {Difference.BIRTH_DATE}),
        (a_claim(), replace(HOA, birth_date=None), DESK, {Difference.BIRTH_DATE}),
        (a_claim(), replace(HOA, is_deceased=True), DESK, {Difference.DECEASED}),
        (a_claim(), replace(HOA, is_deceased=True), PORTAL, {Difference.DECEASED}),
        (
            a_claim(name="Lê Lê Na", birth=BirthDate(1990)),
            replace(HOA, full_name="Lê Na Lan", is_deceased=True),
            DESK,
            {Difference.NAME, Difference.BIRTH_DATE, Difference.DECEASED},
        ),
    ],
)
def test_a_record_that_differs_is_rejected_with_what_differs(claim, record, year_alone, found):
    expected = Rejected(IDS, "c06/037", frozenset(found))
    assert outcome(answer_with(record), claim=claim, year_alone=year_alone) == expected


@pytest.mark.parametrize("year_alone", [DESK, PORTAL])
def test_a_register_that_knows_nobody_rejects_without_differences(year_alone):
    assert outcome(NOBODY, year_alone=year_alone) == Rejected(IDS, "c06/037", frozenset())


@pytest.mark.parametrize(
    ("birth", "year_alone", "expected"),
    [
        (BirthDate(1985, 3, 7), DESK, BirthMatch.WHOLE_DATE),
        (BirthDate(1985, 3, 7), PORTAL, BirthMatch.WHOLE_DATE),
        (BirthDate(1985), DESK, BirthMatch.YEAR),
    ],
)
def test_a_bare_yes_is_verified_on_the_registers_word_alone(birth, year_alone, expected):
    result = outcome(BARE_YES, claim=a_claim(birth=birth), year_alone=year_alone)
    assert result == Verified(IDS, "c06/003", MatchedBy.REGISTER_ALONE, expected, None)


def test_a_bare_yes_to_a_year_alone_is_too_little_for_the_portal():
    result = outcome(BARE_YES, claim=a_claim(birth=BirthDate(1985)), year_alone=PORTAL)
    assert result == Rejected(IDS, "c06/003", frozenset({Difference.BIRTH_DATE}))


@pytest.mark.parametrize(
    ("claim", "record"),
    [
        (a_claim(), replace(HOA, personal_number="999085000009")),
        (a_claim(), replace(HOA, personal_number="")),
        (a_claim(), replace(HOA, personal_number="999000001", old_card_number="999085000001")),
        (a_claim(digits="999000001"), replace(HOA, old_card_number="")),
        (a_claim(digits="999000001"), replace(HOA, old_card_number="999000009")),
    ],
)
def test_a_record_about_another_number_is_neither_yes_nor_no(claim, record):
    result = outcome(answer_with(record), claim=claim)
    assert isinstance(result, Unanswered)
    assert (result.messages, result.trouble) == (IDS, Trouble.OTHER_PERSON)


@pytest.mark.parametrize("name", ["", "Nguy\ufffdn Thị Hòa", "阮氏和", "x" * 2000])
def test_a_record_whose_name_cannot_be_read_is_neither_yes_nor_no(name):
    result = outcome(answer_with(replace(HOA, full_name=name)))
    assert isinstance(result, Unanswered)
    assert (result.messages, result.trouble) == (IDS, Trouble.UNREADABLE)


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_of_a_register_is_unanswered(trouble):
    error = CouldNotAsk(trouble, detail="reset by peer", retry_after=12.5, messages=IDS)
    assert outcome(error) == Unanswered(IDS, trouble, 12.5, "reset by peer")
    assert outcome(CouldNotAsk(trouble)) == Unanswered(None, trouble, None, "")
    assert outcome(CouldNotAsk(trouble, is_unsent=True)) == Unanswered(
        None, trouble, None, "", is_unsent=True
    )


@pytest.mark.parametrize("barred", Barred)
def test_every_bar_of_a_register_is_not_allowed(barred):
    error = NotPermitted(barred, detail="code 005", messages=IDS)
    assert outcome(error) == NotAllowed(IDS, barred, "code 005")


@pytest.mark.parametrize("year_alone", [DESK, PORTAL])
@pytest.mark.parametrize(
    "person", [cast.an, cast.binh, cast.cuc, cast.dung, cast.duc], ids=lambda person: person.id
)
def test_a_person_who_tells_the_truth_is_verified_however_they_write_it(person, year_alone):
    for written in (
        person.full_name,
        person.full_name.upper(),
        unicodedata.normalize("NFD", person.full_name),
    ):
        result = outcome(answer_with(person.record), claim=person.named(written), year_alone=year_alone)
        assert isinstance(result, Verified)


def test_a_name_decomposed_and_with_the_other_tone_placement_is_verified():
    claim = cast.cuc.named(unicodedata.normalize("NFD", "Phạm Thị Thúy Cúc"))
    assert isinstance(outcome(answer_with(cast.cuc.record), claim=claim, year_alone=PORTAL), Verified)


def test_an_error_of_our_own_is_no_outcome():
    with pytest.raises(ZeroDivisionError):
        outcome(ZeroDivisionError())


def test_a_comparison_alone_tells_another_number_too():
    assert differences(a_claim(digits="999085000009"), HOA, year_alone=DESK) == {Difference.NUMBER}
    with pytest.raises(NameRefused):
        differences(a_claim(), replace(HOA, full_name=""), year_alone=DESK)


def test_an_answer_that_cannot_be_trusted_is_unusable_and_alarming():
    unusable = {trouble for trouble in Trouble if trouble.is_unusable}
    assert unusable == {
        Trouble.UNREADABLE,
        Trouble.OVERSIZED,
        Trouble.ENCODING,
        Trouble.BAD_RECORD,
        Trouble.OTHER_PERSON,
        Trouble.TWO_CITIZENS,
    }
    assert all(trouble.is_alarming for trouble in unusable)


def test_troubles_that_waiting_does_not_mend_are_alarming():
    assert {trouble for trouble in Trouble if trouble.is_alarming} == {
        Trouble.UNREADABLE,
        Trouble.OVERSIZED,
        Trouble.ENCODING,
        Trouble.BAD_RECORD,
        Trouble.OTHER_PERSON,
        Trouble.TWO_CITIZENS,
        Trouble.TLS,
        Trouble.CONFIGURATION,
    }


@pytest.mark.parametrize("request_id", ["", "x" * 41, "MC 1", "MC_1", "MC-1\n", "Ấ1"])
def test_an_inquiry_takes_only_an_id_that_every_wire_carries(request_id):
    with pytest.raises(ValueError, match="request_id"):
        replace(INQUIRY, request_id=request_id)


def test_no_text_of_an_inquiry_shows_the_officer():
    assert repr(INQUIRY) == "Inquiry(request_id='MC-1', touch_point='reception')"


def test_no_text_of_an_outcome_shows_the_person():
    for result in (
        outcome(answer_with(HOA)),
        outcome(NOBODY),
        outcome(answer_with(replace(HOA, full_name=""))),
    ):
        for personal in ("Hòa", "999085000001", "1985"):
            assert personal not in repr(result)


def test_an_error_says_what_happened_and_carries_its_detail():
    assert (
        str(CouldNotAsk(Trouble.TLS, detail="certificate expired"))
        == "could not ask (tls): certificate expired"
    )
    assert str(NotPermitted(Barred.OFFICER)) == "not permitted (officer)"
