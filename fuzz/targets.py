"""What is fuzzed, from which seeds, and what must hold whatever comes in.

A target takes bytes and raises `Broken`, or whatever else its code lets out, when a property does not hold: only the
declared refusals may be raised, nothing longer than allowed is accepted, and what was accepted reads the same again.
Time and memory are watched by `engine`.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from fuzz.mutating import Reshape
from fuzz.reshaping import reshape_json, reshape_xml
from motcua.dossiers.files import reading as papers
from motcua.identity.birth import BirthRefused, parse_birth
from motcua.identity.card_qr import CardRefused, read_card
from motcua.identity.claims import CitizenRecord
from motcua.identity.names import LONGEST_NAME, NameRefused, clean, key, suggest, wire_form
from motcua.identity.numbers import NumberRefused, mask, parse_number, read_number
from motcua.identity.register import CouldNotAsk
from motcua.population.soap import FaultReceived
from motcua.population.wire import Reading, read_reply
from motcua.population.wire_json import read_json_reply
from npdsandbox.reading import BODY_LIMIT, inflate, read_call, read_question
from npdsandbox.refusals import Refusal

MESSAGES = Path(__file__).resolve().parent.parent / "tests" / "messages"
NAME_PAIRS = MESSAGES.parent / "name-pairs.tsv"
TODAY = date(2026, 11, 23)
CARD = "999085000001|999000001|Nguyễn Văn An|07031985|Nam|Số 1 phố Thử Nghiệm, Hải Phòng|15082022"
_LABEL = re.compile(r"[A-Za-z0-9 .]{1,100}")
_SAID_OF_FAULTS = re.compile(r"[ -~]{0,120}")
_XML_TOKENS = (
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"&#0;", b"&#65;", b"&#x110000;", b"<![CDATA[", b"]]>", b"<!--", b"-->",
    b"<?xml version='1.0' encoding='utf-16'?>", b"<?x?>", b" xmlns=''", b" xmlns='http://www.mic.gov.vn/dancu/1.0'",
    b"<CongDan>", b"</CongDan>", b"<Ten>", b"</Ten>", b"<a>", b"</a>", b"<a/>", b"soapenv:Fault", b"\xc3\xa1\xc2\xba",
)  # fmt: skip
_NAME_TOKENS = tuple(
    sign.encode()
    for sign in ("Nguyễn", "'", "-", "Đ", "Ð", "Ɖ", "đ", "̂", "̣", "̆", "ơ", "ư", "K'", "uw", "a1", "%C3%A1", "&#7877;",
                 "Ã¡", "\u200d", "\u202e", "\ufeff", "Ａ", "ß", "ﬁ", "а", "𝐀", "😀", "İ")
)  # fmt: skip


class Broken(AssertionError):
    """A property that does not hold."""


@dataclass(frozen=True)
class Target:
    """One reader under fuzz.

    `milliseconds` and `megabytes` are the most that one case may take in processor time and further memory; `longest`
    is the longest input in bytes. `tokens` and `reshape` are what the mutator knows of the format.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    tokens: Sequence[bytes] = ()
    reshape: Reshape | None = None
    longest: int = 4096
    milliseconds: int = 50
    megabytes: int = 32


def insist(holds: object, what: str) -> None:
    """Raise Broken unless it holds."""
    if not holds:
        raise Broken(what)


def text_of(data: bytes) -> str:
    """Return bytes as a text: UTF-8, also with half characters as JSON can carry them, else one sign per byte."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("latin-1")


# --- the register's replies --------------------------------------------------------------------------


def run_reply_xml(data: bytes) -> None:
    """Read a reply as one of each service."""
    for service in ("037", "003", "033"):
        _read(lambda service=service: read_reply(data, service=service, deceased_statuses=("2",)))


def run_reply_json(data: bytes) -> None:
    """Read a reply as one of each adapter."""
    for style in ("opencps", "dong_thap", "thanh_hoa"):
        for service in ("037", "003"):
            _read(
                lambda style=style, service=service: read_json_reply(
                    data, style=style, service=service, deceased_statuses=("2",)
                )
            )


def _read(read: Callable[[], Reading]) -> None:
    try:
        reading = read()
    except FaultReceived as fault:
        insist(_LABEL.fullmatch(fault.label), "a fault's label is a code and no free text")
        return
    except CouldNotAsk as error:
        insist(_SAID_OF_FAULTS.fullmatch(error.detail), "the detail of an error is ours and short")
        insist(not re.search(r"\d{9}", error.detail), "the detail of an error holds no number")
        return
    insist(reading.unknown_elements >= 0, "the unknown elements are counted")
    insist(reading.record is None or reading.is_confirmed, "a record is a confirmation")
    if reading.record is not None:
        _insist_on_an_honest_record(reading.record)


def _insist_on_an_honest_record(record: CitizenRecord) -> None:
    insist(re.fullmatch(r"\d{12}", record.personal_number, re.ASCII), "the number has twelve digits")
    insist(re.fullmatch(r"(\d{9}|\d{12})?", record.old_card_number, re.ASCII), "the old number has its shape")
    insist(clean(record.full_name) == record.full_name, "the name is clean")
    insist(len(record.full_name) <= LONGEST_NAME, "the name is not too long")
    for address in (record.permanent_residence, record.current_residence):
        insist(address is None or len(address.detail) <= 500, "the address is not too long")
    insist(record.personal_number not in repr(record), "the record masks itself")


def _files(*patterns: str) -> list[bytes]:
    return [path.read_bytes() for pattern in patterns for path in sorted(MESSAGES.glob(pattern))]


# --- the questions to the sandbox --------------------------------------------------------------------


def run_sandbox_request(data: bytes) -> None:
    """Read a call strictly and leniently, plain and packed."""
    try:
        insist(len(inflate(data)) <= BODY_LIMIT, "what was unpacked is within the limit")
    except Refusal as refusal:
        _insist_on_an_honest_refusal(refusal)
    questions = {}
    for strict in (False, True):
        try:
            questions[strict] = read_question(read_call(data, strict=strict), strict=strict)
        except Refusal as refusal:
            _insist_on_an_honest_refusal(refusal)
    if True in questions:
        insist(questions[True] == questions.get(False), "strict reading refuses more and reads nothing else")
    for question in questions.values():
        claim = question.claim
        insist(re.fullmatch(r"(999\d{9})?", claim.personal_number, re.ASCII), "the number is synthetic")
        insist(re.fullmatch(r"(999\d{6})?", claim.old_card_number, re.ASCII), "the old number is synthetic")
        insist(claim.personal_number or claim.old_card_number, "somebody is asked for")
        insist(0 < len(claim.full_name) <= 100, "the name is of an allowed length")


def _insist_on_an_honest_refusal(refusal: Refusal) -> None:
    insist(refusal.status in (400, 413, 422, 500), "the status is a declared one")
    insist(not re.search(r"\d{9}", refusal.message), "a refusal repeats no number")
    insist(re.fullmatch(r"[A-Za-z]{0,40}", refusal.element), "a refusal names an element only")


def _requests() -> list[bytes]:
    plain = _files("request-*.xml")
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return [*plain, packer.compress(plain[0]) + packer.flush()]


# --- what people type and scan -----------------------------------------------------------------------


def run_name(data: bytes) -> None:
    """Clean, compare, send and guess a name."""
    typed = text_of(data)
    meant = suggest(typed)
    if meant is not None:
        insist(clean(meant) == meant, "a suggestion is a clean name")
    try:
        name = clean(typed)
    except NameRefused as refused:
        insist(len(refused.sign) <= 1, "a refusal names one sign")
        insist(str(refused) == f"name refused: {refused.reason}", "the message quotes nothing")
        for other in (key, wire_form):
            try:
                other(typed)
            except NameRefused as again:
                insist(again.reason == refused.reason, "one text, one reason")
            else:
                raise Broken("what is refused is not compared or sent")
        return
    insist(1 <= len(name) <= LONGEST_NAME, "a name has 1 to 100 characters")
    insist(clean(name) == name, "cleaning a clean name changes nothing")
    insist(unicodedata.is_normalized("NFC", name), "a clean name is composed")
    insist(key(name) == key(typed), "the key is of the clean name")
    insist(key(name) == key(name.upper()) == key(name.lower()), "case does not tell people apart")
    insist(re.fullmatch(r"[A-Z]+", wire_form(name)), "only bare letters are sent")
    insist(clean(unicodedata.normalize("NFD", name)) == name, "decomposing it changes nothing")


def _names() -> list[bytes]:
    lines = NAME_PAIRS.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    return [row[place].encode("ascii").decode("unicode_escape").encode("utf-8", "surrogatepass")
            for row in rows for place in (6, 7) if row[place]]  # fmt: skip


def run_card(data: bytes) -> None:
    """Read what a scanner typed."""
    try:
        card = read_card(text_of(data), today=TODAY)
    except CardRefused as refused:
        insist(refused.reason in ("empty", "too_long", "shape", "number"), "the reason is a declared one")
        return
    insist(card.number.is_personal_number, "a card carries a personal number")
    insist(card.old_number is None or len(card.old_number.digits) == 9, "the old number has nine digits")
    insist(card.full_name is None or clean(card.full_name) == card.full_name, "the name is clean")
    insist(card.birth_date is None or 1900 <= card.birth_date.year <= TODAY.year, "the birth can be")
    insist(card.issued_on is None or card.issued_on <= TODAY, "the day of issue has been")
    insist((card.name_text + card.residence).isprintable(), "nothing invisible is kept")
    insist(card.number.digits not in repr(card), "the card masks itself")


def _cards() -> list[bytes]:
    tail = "|Nguyễn Văn Cha|Trần Thị Mẹ||999000009"
    texts = [CARD, CARD + tail, "]Q1" + CARD, CARD.replace("|", "~"), CARD.replace("Nguyễn Văn An", "Nguye61n Va8n An"),
             CARD.replace("07031985", "00001985"), unicodedata.normalize("NFD", CARD)]  # fmt: skip
    return [text.encode() for text in texts]


def run_number_and_birth(data: bytes) -> None:
    """Read a number and a date of birth."""
    text = text_of(data)
    insist(len(mask(text)) <= 12 or not mask(text).strip("*"), "a mask is short")
    try:
        number = parse_number(text)
    except NumberRefused as refused:
        insist(refused.reason in ("empty", "shape", "length"), "the reason is a declared one")
    else:
        insist(re.fullmatch(r"[0-9]{9}|[0-9]{12}", number.digits), "a number has 9 or 12 digits")
        insist(parse_number(number.digits) == number, "reading it again changes nothing")
        insist(number.digits not in (repr(number), number.masked), "a number masks itself")
        reading = read_number(number)
        insist(reading is None or 1900 <= reading.birth_year < 2400, "the digits tell a year")
    try:
        birth = parse_birth(text, today=TODAY)
    except BirthRefused as refused:
        insist(refused.reason in ("empty", "shape", "impossible", "future", "before_1900", "month_only"),
               "the reason is a declared one")  # fmt: skip
    else:
        insist(1900 <= birth.year <= TODAY.year, "the birth can be")
        insist(parse_birth(birth.as_text(), today=TODAY) == birth, "reading it again changes nothing")


def _numbers_and_births() -> list[bytes]:
    texts = ("999085000001", "999 085 000 001", "999.085.000-001", "９９９０８５０００００１", "999000001",
             "07/03/1985", "7-3-1985", "07 . 03 . 1985", "07031985", "1950", "29/02/2000",
             "31/02/1990", "03/1985")  # fmt: skip
    return [text.encode() for text in texts]


# --- what people upload ------------------------------------------------------------------------------


def run_upload(data: bytes) -> None:
    """Read a paper: a file name, a line break, the content."""
    name, _, content = data.partition(b"\n")
    upload = SimpleUploadedFile("x", content)
    upload._name = text_of(name)  # what a browser sends, before Django shortens it
    try:
        paper = papers.read_paper(upload)
    except papers.PaperRefused as refused:
        insist(refused.reason in papers.REFUSALS, "the reason is a declared one")
        return
    insist(paper.media_type in papers.SUFFIXES, "only declared kinds are kept")
    insist(paper.name.endswith(papers.SUFFIXES[paper.media_type]), "the suffix is that of the content")
    insist(len(paper.name) <= 130, "the name is not too long")
    insist(not re.search(r"[/\\\x00-\x1f\x7f]", paper.name), "the name holds no path and no control")
    if paper.media_type != papers.PDF:
        with Image.open(BytesIO(paper.content)) as picture:
            picture.load()
            insist(max(picture.size) <= 4000, "a kept picture is of a bounded size")
            insist(not picture.getexif(), "nothing hidden is kept")


def _papers() -> list[bytes]:
    def drawn(kind: str, mode: str) -> bytes:
        kept = BytesIO()
        Image.new(mode, (7, 5), None if mode == "1" else 3).save(kept, kind, progressive=mode == "L")
        return kept.getvalue()

    def turned(entries: bytes) -> bytes:
        kept = BytesIO()
        Image.new("RGB", (7, 5)).save(kept, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08" + entries + bytes(4))
        return kept.getvalue()

    orientation, resolution = b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0", b"\x01\x1a\0\x02\0\0\0\x04abc\0"
    pictures = [turned(b"\0\x01" + orientation), turned(b"\0\x02" + orientation + resolution)]
    pictures += [drawn("JPEG", mode) for mode in ("RGB", "L", "CMYK")]
    pictures += [drawn("PNG", mode) for mode in ("RGB", "RGBA", "P", "LA", "1", "I;16")]
    return [
        b"giay-khai-sinh.pdf\n%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
        *(b"a.png\n" + one for one in pictures),
    ]


TARGETS = (
    Target("reply_xml", run_reply_xml, lambda: _files("reply-*.xml", "cast-*.xml", "fault-*.xml"), _XML_TOKENS,
           reshape_xml, longest=16384),
    Target("reply_json", run_reply_json, lambda: _files("reply-*.json"),
           (b"{", b"}", b"[", b"]", b"null", b"true", b'"":', b'"Fault":', b"\\ud800", b"\\u0000", b"NaN", b"\\ufffd"),
           reshape_json, longest=16384),
    Target("sandbox_request", run_sandbox_request, _requests, _XML_TOKENS, reshape_xml, longest=16384),
    Target("name", run_name, _names, _NAME_TOKENS, longest=1200),
    Target("card", run_card, _cards, (*_NAME_TOKENS, b"|", b"||||||", b"]Q1"), longest=1200),
    Target("number_and_birth", run_number_and_birth, _numbers_and_births, (b"/", b".", b"0000", b"29/02/"), longest=80),
    Target("upload", run_upload, _papers, (b"%PDF-", b"%%EOF", b"IHDR", b"IDAT", b"../", b"\xff\xd8\xff", b"\xff\xe1",
            b"\xff\xda", b"\xff\xd9"),
           longest=8192, milliseconds=2000, megabytes=400),
)  # fmt: skip
