"""Every address at once: kept by no cache, posted with a token only, personal in no word; and presses sent again."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from io import BytesIO

import pytest
from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, encode_multipart
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.dossiers.models import Dossier
from motcua.procedures.models import Procedure
from motcua.verification.models import IdentityCheck
from tests.accounts.test_registration import typed
from tests.conftest import ToldRegister
from tests.dossiers.filing import BIRTH_REGISTRATION, address, agree, begin, filed
from tests.people import cast
from tests.reception.conftest import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "people")]

NOBODYS = uuid.UUID("0e6b7f3a-1111-4111-8111-000000000001")
WITHOUT_PAGES = {"healthz"}
SEARCHES = ("/thu-tuc/", "/tra-cuu/", "/mot-cua/", "/ho-so/", "/quan-tri/accounts/citizen/")


def names(resolver: URLResolver | None = None) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield every named address of the product with what it takes; not those of the administration."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from names(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, dict.fromkeys(pattern.pattern.regex.groupindex)


def every_address(dossier: Dossier | None = None) -> list[str]:
    """Return one address for every page, about this dossier where there is one."""
    given = {"pk": dossier.pk if dossier else NOBODYS, "code": BIRTH_REGISTRATION, "paper_pk": NOBODYS}
    found = [_address(name, {one: given[one] for one in wanted}) for name, wanted in names()]
    assert len(found) > 30
    return [*found, "/quan-tri/", "/quan-tri/accounts/citizen/", "/khong-co/"]


def _address(name: str, given: dict[str, object]) -> str:
    """Return a page's address; officers and nights are told apart by plain counts, which tell nothing of a person."""
    try:
        return reverse(name, kwargs=given)
    except NoReverseMatch:
        return reverse(name, kwargs=given | {"pk": 1})


def clients(*logins: str) -> list[Client]:
    """Return nobody's browser and one of each who is named, with the check of tokens on."""
    browsers = [Client(enforce_csrf_checks=True)]
    for login in logins:
        browsers.append(Client(enforce_csrf_checks=True))
        browsers[-1].force_login(User.objects.get(login=login))
    return browsers


def test_no_address_is_kept_by_a_cache_whoever_asks(an_client: Client, register: ToldRegister) -> None:
    dossier = begin(an_client)
    for browser in [*clients("lan", "quantri"), an_client]:
        for path in every_address(dossier):
            for answer in (browser.get(path), browser.get(path, headers={"HX-Request": "true"})):
                assert answer["Cache-Control"] == "no-store, private", path
                assert "default-src 'none'" in answer["Content-Security-Policy"], path


def test_answers_to_the_check_button_are_kept_by_no_cache(desk: Desk) -> None:
    for is_htmx in (True, False):
        for person in (cast.an, cast.hanh):
            assert desk.checks(person, htmx=is_htmx).response["Cache-Control"] == "no-store, private"


def test_looking_at_any_page_asks_the_register_about_nobody(
    an_client: Client, register: ToldRegister
) -> None:
    dossier = begin(an_client)
    claim = {**typed(cast.an), "consent": "2026-11", "procedure": "1", "word": cast.an.number}
    for browser in [*clients("lan", "quantri"), an_client]:
        for path in every_address(dossier):
            browser.get(path, claim)

    assert register.asked == 0
    assert not IdentityCheck.objects.exists()


def test_no_address_takes_a_form_without_its_token(
    an_client: Client, citizen_an: Citizen, register: ToldRegister
) -> None:
    dossier = begin(an_client)
    claim = {**typed(cast.an), "consent": "2026-11", "procedure": "1"}
    citizen = Client(enforce_csrf_checks=True)
    citizen.force_login(citizen_an.user)
    before = AuditEvent.objects.count(), Dossier.objects.count()
    for browser in [*clients("lan", "quantri"), citizen]:
        for path in every_address(dossier):
            answer = browser.post(path, claim)
            is_sent_to_log_in = answer.headers.get("Location", "").startswith("/dang-nhap/")
            assert answer.status_code == 403 or is_sent_to_log_in or path == "/khong-co/", path

    assert register.asked == 0
    assert (AuditEvent.objects.count(), Dossier.objects.count()) == before


def test_no_address_has_room_for_a_person() -> None:
    for name, wanted in names():
        assert set(wanted) <= {"pk", "paper_pk", "code"}, (
            f"{name}: a dossier's id, a paper's, a procedure's code"
        )


@pytest.mark.parametrize("path", SEARCHES)
def test_nobody_is_found_by_a_number_in_an_address(
    an_client: Client, officer_client: Client, administrator_client: Client, register: ToldRegister, path: str
) -> None:
    filed(an_client)
    for browser in (Client(), an_client, officer_client, administrator_client):
        for word in ("q", "ma", "number", "so", "so-cccd"):
            page = browser.get(path, {word: cast.an.number, "trang": 1})
            found = page.content.decode().replace(f'value="{cast.an.number}"', "")
            assert cast.an.number not in re.sub(r"«[^»]*»|“[^”]*”", "", found)


def test_a_number_stands_in_no_title_address_or_message(
    an_client: Client, officer_client: Client, register: ToldRegister
) -> None:
    dossier = filed(an_client)
    officer_client.post(reverse("take_up", args=[dossier.pk]))
    seen: list[HttpResponse] = []
    for browser in (an_client, officer_client):
        seen += [browser.get(path) for path in every_address(dossier)]
    for answer in seen:
        title = re.search(r"<title>(.*?)</title>", answer.content.decode(errors="replace"), re.DOTALL)
        for text in (
            answer.request["PATH_INFO"],
            answer.headers.get("Location", ""),
            title[1] if title else "",
        ):
            assert cast.an.number not in text
            assert cast.an.full_name not in text
    notices = [notice.text for user in User.objects.all() for notice in user.notices.all()]
    assert notices
    assert not any(cast.an.number in text for text in notices)


def test_a_browser_cannot_name_the_officer_that_the_register_is_told(
    desk: Desk, register: ToldRegister
) -> None:
    forged = {
        "X-Road-UserId": "999000000009", "X-Road-Client": "VN/GOV/OTHER", "X-Road-Issue": "other", "AuthHash": "x",
        "Remote-User": "minh", "X-Forwarded-User": "minh", "Authorization": "Basic bWluaDptaW5o",
    }  # fmt: skip
    desk.types(cast.an)
    desk.client.post(reverse("check"), desk.form | {"officer": "minh", "agency": "other"}, headers=forged)

    inquiry = register.inquiries[-1]
    check = IdentityCheck.objects.get()
    assert check.asked_by.login == "lan"
    assert inquiry.officer_login == "lan"
    assert "999000000009" not in (inquiry.officer, inquiry.agency, inquiry.procedure)
    assert check.office_code == inquiry.agency


def test_a_press_sent_again_byte_by_byte_asks_and_receives_once(desk: Desk, register: ToldRegister) -> None:
    desk.checks(cast.an)
    form = dict(desk.form)
    for _ in range(3):
        desk.client.post(reverse("check"), form)
    assert register.asked == 1

    for _ in range(3):
        desk.client.post(reverse("reception"), form)
    assert Dossier.objects.filter(received_by__login="lan").count() == 1


def test_a_kept_press_is_worth_nothing_to_another_session(
    desk: Desk, other_officer_client: Client, an_client: Client, register: ToldRegister
) -> None:
    desk.checks(cast.an)
    for browser in (other_officer_client, an_client, Client()):
        browser.post(reverse("reception"), desk.form)
    assert not Dossier.objects.exists()
    assert register.asked == 1


@pytest.mark.parametrize("procedure", ["", "0", "999999", "1.001193", "-1", "1 OR 1=1", "１"])
def test_without_a_procedure_that_is_offered_nobody_is_asked(
    desk: Desk, register: ToldRegister, procedure: str
) -> None:
    assert not Procedure.objects.filter(pk=999999).exists()
    desk.form["procedure"] = procedure
    screen = desk.checks(cast.an)
    if procedure != "１":
        assert register.asked == 0
        assert not IdentityCheck.objects.exists()
        assert screen.answers == []


@pytest.mark.parametrize(
    "consent", ["", "false", "off", "0", "2025-01", "2026-11 ", "２０２６-11", "2026-11\x00"]
)
def test_a_consent_to_another_text_or_none_asks_nobody(
    an_client: Client, register: ToldRegister, consent: str
) -> None:
    dossier = begin(an_client)
    answer = agree(an_client, dossier, consent=consent)

    assert answer.status_code == 200 or consent.strip() == "2026-11"
    if consent.strip() != "2026-11":
        assert register.asked == 0
        assert not IdentityCheck.objects.exists()
        dossier.refresh_from_db()
        assert dossier.consented_at is None


def test_a_consent_left_out_altogether_asks_nobody_and_opens_no_later_step(
    an_client: Client, register: ToldRegister
) -> None:
    dossier = begin(an_client)
    an_client.post(address(dossier, "nguoi-nop/"), {"phone": "0912345678", "address": "Số 1"})
    an_client.post(
        address(dossier, "nguoi-nop/"), {"phone": "0912345678", "agree": "on", "consented_at": "now"}
    )

    assert register.asked == 0
    for step in ("giay-to/", "xem-lai/", "hoan-tat/"):
        assert an_client.get(address(dossier, step)).status_code == 302
    assert an_client.post(address(dossier, "xem-lai/"), {"oath": "on"}).status_code == 302
    dossier.refresh_from_db()
    assert dossier.is_draft


def test_a_page_behind_a_log_in_is_gone_with_it(an_client: Client, officer_client: Client) -> None:
    dossier = begin(an_client)
    for browser in (an_client, officer_client):
        open_to_all = {path for path in every_address(dossier) if Client().get(path).status_code != 302}
        kept = browser.cookies["sessionid"].value
        browser.post("/dang-xuat/")
        browser.cookies["sessionid"] = kept
        for path in set(every_address(dossier)) - open_to_all:
            answer = browser.get(path)
            assert (answer.status_code, answer.content) == (302, b""), path


def test_no_page_but_that_of_papers_takes_a_file(
    an_client: Client, register: ToldRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a stranger could fill the disk: a file is written down before anybody looks at the form it came with."""
    written: list[object] = []
    for kind in (TemporaryUploadedFile, InMemoryUploadedFile):
        monkeypatch.setattr(kind, "__init__", lambda *given, **named: written.append(given))
    dossier = begin(an_client)
    taking = address(dossier, "giay-to/")
    for browser in (Client(), Client(enforce_csrf_checks=True), an_client):
        for path in every_address(dossier):
            if path in (taking, "/khong-co/", "/dang-xuat/"):
                continue
            film = BytesIO(b"%PDF-" + b"0" * 3_000_000)
            film.name = "film.pdf"
            answer = browser.post(path, {"word": "x", "file": film})
            assert answer.status_code in (302, 400, 403, 404, 405), path
    assert written == []


def test_a_form_posted_as_multipart_without_a_file_is_taken(client: Client, register: ToldRegister) -> None:
    body = encode_multipart(BOUNDARY, typed(cast.cuc))
    empty = b'--%b\r\nContent-Disposition: form-data; name="a"; filename=""\r\n\r\n\r\n' % BOUNDARY.encode()
    assert (
        client.post(
            "/dang-ky/", empty + body, content_type=f"multipart/form-data; boundary={BOUNDARY}"
        ).status_code
        == 302
    )
    assert register.asked == 1
