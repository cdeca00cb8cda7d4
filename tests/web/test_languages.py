"""Two languages: Vietnamese until somebody chooses, English on every page then, and Vietnamese in all that stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format

from motcua.accounts.models import Citizen, Notice, User
from motcua.dossiers import states
from motcua.dossiers.residence import compose
from motcua.messaging.service import texts
from motcua.slips.facts import facts_of
from motcua.verification.challenge import in_words
from motcua.verification.models import IdentityCheck
from motcua.web.templatetags.motcua import money
from tests.accounts.test_registration import typed
from tests.attacks.test_requests import every_address
from tests.conftest import ToldRegister
from tests.dossiers.filing import begin, filed
from tests.dossiers.lives import standing_at
from tests.dossiers.test_notifications import goes
from tests.messaging.reading import delivered
from tests.people import WRONG_NAME_OF_BINH, cast
from tests.reception.conftest import Desk
from tests.web.reading import content_kept, left_in_vietnamese

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database,
    pytest.mark.usefixtures("catalogue", "people"),
]

OFFICIALS = ("lan", "khanh", "bao", "nga", "ket", "oanh", "quantri")
ADMINISTRATION = (
    "", "accounts/user/", "accounts/user/add/", "accounts/citizen/", "accounts/office/", "accounts/office/add/",
    "accounts/dayoff/add/", "procedures/procedure/", "procedures/procedure/add/", "procedures/offer/",
    "audit/auditevent/", "outbox/parcel/", "password_change/",
)  # fmt: skip


def in_english(browser: Client) -> Client:
    """Choose English in a browser."""
    assert browser.post("/ngon-ngu/", {"language": "en", "next": "/"}).status_code == 302
    return browser


def logged_in(login: str) -> Client:
    """Return a browser of somebody who reads English."""
    browser = in_english(Client())
    browser.force_login(User.objects.get(login=login))
    return browser


def left(answer: HttpResponse) -> list[str]:
    """Return what an answer says in Vietnamese apart from its content."""
    return left_in_vietnamese(answer.content.decode(), content_kept())


def unread(browser: Client, paths: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Go to pages and yield those that say something in Vietnamese, with what they say."""
    content = content_kept()
    seen = 0
    for path in paths:
        page = browser.get(path)
        if not page.headers.get("Content-Type", "").startswith("text/html") or page.status_code in {302, 405}:
            continue
        seen += 1
        text = page.content.decode()
        assert "<html" not in text or '<html lang="en"' in text, path
        assert page.headers["Content-Language"] == "en"
        if found := left_in_vietnamese(text, content):
            yield path, found
    assert seen


def test_a_citizen_reads_english_on_every_page(an_client: Client, register: ToldRegister) -> None:
    in_english(an_client)
    there = filed(an_client)
    pages = {path for dossier in (there, begin(an_client)) for path in every_address(dossier)}
    assert list(unread(an_client, sorted(pages))) == []


def test_a_stranger_reads_english_on_every_page(register: ToldRegister) -> None:
    assert list(unread(in_english(Client()), every_address())) == []


@pytest.mark.parametrize("login", OFFICIALS)
def test_an_official_reads_english_on_every_page(login: str, register: ToldRegister) -> None:
    pages = {path for status in (1, 2, 4, 5, 6, 9, 10) for path in every_address(standing_at(status))}
    assert list(unread(logged_in(login), sorted(pages))) == []


def test_the_administration_is_in_english() -> None:
    browser = logged_in("quantri")
    assert list(unread(browser, [f"/quan-tri/{one}" for one in ADMINISTRATION])) == []


def test_a_reader_of_pages_finds_what_is_left_in_vietnamese() -> None:
    page = '<p title="Tiêu đề">Xin chào <b lang="vi">Có</b> 8.000 đ</p><input placeholder="số"><i>Khai sinh ở xã</i>'
    assert left_in_vietnamese(page, ["Khai sinh ở xã"]) == ["Tiêu đề", "Xin chào", "số"]


def test_nobody_who_never_chose_reads_anything_but_vietnamese(client: Client) -> None:
    page = client.get("/", headers={"Accept-Language": "en-US,en;q=0.9"})
    assert '<html lang="vi">' in page.content.decode()
    assert "Ông/bà cần làm thủ tục gì?" in page.content.decode()
    assert page.headers["Content-Language"] == "vi"
    assert "language" not in client.cookies


@pytest.mark.parametrize("language", ["de", "", "vi\0", "../en", "EN"])
def test_a_language_that_is_not_there_is_not_chosen(client: Client, language: str) -> None:
    client.post("/ngon-ngu/", {"language": language, "next": "/"})
    client.cookies["language"] = language.replace("\0", "")
    assert '<html lang="vi">' in client.get("/").content.decode()


def test_the_choice_is_remembered_and_can_be_taken_back(client: Client) -> None:
    answer = client.post("/ngon-ngu/", {"language": "en", "next": "/thu-tuc/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/thu-tuc/")
    cookie = answer.cookies["language"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert int(cookie["max-age"]) > 300 * 86400
    page = client.get("/")
    assert '<html lang="en">' in page.content.decode()
    assert "Which procedure do you need?" in page.content.decode()
    assert "Cookie" in page.headers["Vary"]

    client.post("/ngon-ngu/", {"language": "vi", "next": "/"})
    assert "Ông/bà cần làm thủ tục gì?" in client.get("/").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        "\t//evil.example",
    ],
)
def test_the_choice_leads_to_no_other_site(client: Client, path: str) -> None:
    referer = {"Referer": "https://evil.example/thu-tuc/?q=1"}
    answer = client.post("/ngon-ngu/", {"language": "en", "next": path}, headers=referer)
    assert answer.headers["Location"] == "/"


def test_a_referer_that_is_no_address_changes_nothing(client: Client) -> None:
    answer = client.post(
        "/ngon-ngu/", {"language": "en", "next": "/thu-tuc/"}, headers={"Referer": "http://["}
    )
    assert answer.headers["Location"] == "/thu-tuc/"


def test_the_choice_leads_back_to_what_was_looked_for(client: Client) -> None:
    referer = {"Referer": "http://testserver/thu-tuc/?q=khai+sinh"}
    answer = client.post("/ngon-ngu/", {"language": "en", "next": "/thu-tuc/"}, headers=referer)
    assert answer.headers["Location"] == "/thu-tuc/?q=khai+sinh"
    answer = client.post("/ngon-ngu/", {"language": "en", "next": "/"}, headers=referer)
    assert answer.headers["Location"] == "/"


def test_a_browser_that_says_nonsense_of_its_page_may_choose_all_the_same(client: Client) -> None:
    answer = client.post(
        "/ngon-ngu/", {"language": "en", "next": "/thu-tuc/"}, headers={"Referer": "http://["}
    )
    assert answer.headers["Location"] == "/thu-tuc/"


def test_every_frame_has_the_choice_and_no_page_that_answers_a_form(
    client: Client, officer_client: Client, administrator_client: Client
) -> None:
    for page in (client.get("/"), officer_client.get("/mot-cua/"), administrator_client.get("/quan-tri/")):
        assert page.content.decode().count('action="/ngon-ngu/"') == 1
    refused = client.post("/dang-ky/", {"full_name": "An"})
    assert 'action="/ngon-ngu/"' not in refused.content.decode()


def test_what_a_form_refuses_is_said_in_english(register: ToldRegister, an_client: Client) -> None:
    stranger = in_english(Client())
    wrong = typed(cast.an, full_name="An 1", number="12", birth_date="31/02/1990", password="1234567890")
    assert left(stranger.post("/dang-ky/", {})) == []
    page = stranger.post("/dang-ky/", wrong)
    assert "The full name cannot have digits." in page.content.decode()
    assert left(page) == []
    for path in ("/dang-nhap/", "/tra-cuu/", "/xac-minh/"):
        assert left(stranger.post(path, {"word": "x", "password": "y", "code": "z", "number": "1"})) == []
    draft = begin(in_english(an_client))
    for step in ("nguoi-nop/", "giay-to/", "xem-lai/"):
        page = an_client.post(f"/ho-so/{draft.pk}/{step}", {"consent": "", "go_on": "1"}, follow=True)
        assert left(page) == []


@pytest.mark.parametrize("word", ["an", "binh", "hanh", "giang", "dung", "duc"])
def test_the_desk_says_every_answer_of_the_register_in_english(desk: Desk, word: str) -> None:
    in_english(desk.client)
    person = getattr(cast, word)
    screen = desk.checks(person, full_name=WRONG_NAME_OF_BINH if word == "binh" else person.full_name)
    record = person.record
    said = {record.full_name, compose(record.permanent_residence)} - {""} if record else set()
    content = sorted({*content_kept(), *said, person.full_name}, key=len, reverse=True)
    assert re.search("Verified|Verification failed|Not sent for a check", screen.html)
    assert left_in_vietnamese(screen.response.content.decode(), content) == []


def test_the_desk_says_in_english_that_nobody_could_be_asked(desk: Desk, register: ToldRegister) -> None:
    in_english(desk.client)
    register.is_down()
    page = desk.checks(cast.an).response.content.decode()
    assert left_in_vietnamese(page, [*content_kept(), cast.an.full_name]) == []


def test_what_is_kept_and_what_goes_out_stays_vietnamese(an_client: Client, register: ToldRegister) -> None:
    dossier = filed(in_english(an_client))
    logged_in("lan").post(reverse("take_up", args=[dossier.pk]))
    told = [notice.text for notice in Notice.objects.filter(user=dossier.citizen.user).order_by("pk")]
    assert told
    assert all(re.match("Đã nộp hồ sơ|.* đã tiếp nhận hồ sơ", text) for text in told)
    assert all("hồ sơ" in letter.body for letter in delivered())

    dossier.refresh_from_db()
    with translation.override("vi"):
        meant = facts_of("01", dossier, now=timezone.now(), base_url="http://x.example")
    with translation.override("en"):
        assert str(facts_of("01", dossier, now=timezone.now(), base_url="http://x.example")) == str(meant)


def test_the_words_of_messages_are_edited_in_vietnamese(administrator_client: Client) -> None:
    with translation.override("en"):
        for text in texts():
            assert not re.search(r"\b(dossier|please|your)\b", text.body)
    page = in_english(administrator_client).get(reverse("admin:messaging_edit", args=["received-email"]))
    assert "đã tiếp nhận hồ sơ {ma_ho_so}" in page.content.decode()


def test_papers_for_citizens_are_printed_in_vietnamese(officer: User) -> None:
    dossier = standing_at(states.RECEIVED)
    page = logged_in("lan").get(f"/mot-cua/ho-so/{dossier.pk}/phieu/").content.decode()
    paper = page[page.index("<article") : page.index("</article>")]
    assert ' lang="vi"' in paper.split(">")[0]
    assert "Giấy tiếp nhận hồ sơ" in paper
    assert not re.search("Received|Due|Procedure|dossier", paper)


def test_what_a_process_keeps_for_speed_is_kept_for_each_language(officer_client: Client) -> None:
    standing_at(states.RECEIVED)
    assert 'label="Hay tiếp nhận"' in officer_client.get("/mot-cua/tiep-nhan/").content.decode()
    assert 'label="Often received"' in in_english(officer_client).get("/mot-cua/tiep-nhan/").content.decode()


def test_the_place_of_a_check_is_named_in_english_and_is_no_order_to_the_reader() -> None:
    with translation.override("en"):
        places = {str(IdentityCheck.TouchPoint(place).label) for place in ("registration", "filing")}
    assert places == {"Account registration", "Online filing"}


def test_dates_and_money_look_the_same_in_both_languages() -> None:
    now = timezone.now()
    with translation.override("vi"):
        meant = money(1234567), f"{timezone.localtime(now):%d/%m/%Y}"
    with translation.override("en"):
        assert (money(1234567), date_format(timezone.localtime(now), "SHORT_DATE_FORMAT")) == meant
        assert number_format(1234567.5, force_grouping=True) == "1.234.567,5"


@pytest.mark.parametrize(
    ("number", "words"), [(10, "ten"), (13, "thirteen"), (20, "twenty"), (47, "forty-seven")]
)
def test_a_number_in_words_is_in_the_words_of_the_page(number: int, words: str) -> None:
    with translation.override("en"):
        assert in_words(number) == words


@pytest.mark.parametrize(
    ("move", "origin"),
    [
        ("take_up", states.SUBMITTED),
        ("refuse", states.SUBMITTED),
        ("ask_supplement", states.RECEIVED),
        ("take_supplement", states.SUPPLEMENT),
        ("ask_fee", states.PROCESSING),
        ("take_fee", states.FEE),
        ("withdraw", states.PROCESSING),
        ("stop", states.PROCESSING),
        ("finish", states.PROCESSING),
        ("reopen", states.FINISHED),
        ("hand_out", states.FINISHED),
    ],
)
def test_what_a_citizen_is_told_by_an_official_who_reads_english_is_vietnamese(
    move: str, origin: int, citizen_an: Citizen
) -> None:
    dossier = standing_at(origin, citizen=citizen_an)
    Notice.objects.all().delete()
    with translation.override("en"):
        goes(dossier, move)
    (told,) = Notice.objects.filter(user=citizen_an.user)
    assert "hồ sơ" in told.text.lower()
    assert not re.search(r"\b(dossier|result|please|fees|as the procedure says)\b", told.text, re.IGNORECASE)
