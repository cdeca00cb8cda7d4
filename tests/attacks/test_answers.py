"""What an answer gives away: a rejection tells nobody which part was wrong, and a portal page holds no record."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from motcua.accounts.models import Citizen
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import CONSENT_VERSION
from motcua.identity.birth import BirthDate
from motcua.identity.claims import Address
from motcua.population.wire import read_reply
from motcua.verification.models import IdentityCheck
from motcua.verification.service import check_identity, recheck_identity
from tests.accounts.test_registration import typed
from tests.conftest import ToldRegister
from tests.dossiers.filing import BIRTH_REGISTRATION, address, agree, begin
from tests.people import cast
from tests.population.stub_register import golden
from tests.reception.conftest import Desk, Screen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]

TOLD_OF_THE_CITIZEN = "Số 77 ngõ Không Ai Biết"
AN = cast.an.record
WRONG_PARTS: dict[str, Callable[[ToldRegister], None]] = {
    "the number is unknown": lambda register: setattr(register, "_records", ()),
    "the name is another": lambda register: register.says(cast.an, replace(AN, full_name="LÊ VĂN ÂN")),
    "the name has other accents": lambda register: register.says(
        cast.an, replace(AN, full_name="NGUYỄN VĂN ÂN")
    ),
    "the date is another": lambda register: register.says(
        cast.an, replace(AN, birth_date=BirthDate(1985, 3, 8))
    ),
    "the person is dead": lambda register: register.says(cast.an, replace(AN, is_deceased=True)),
}


def shown(answer: HttpResponse) -> tuple[int, str, str]:
    """Return all that a stranger could compare but tokens and the moment: status, headers, body."""
    body = re.sub(r'name="(csrfmiddlewaretoken|press_key)" value="[^"]+"', "", answer.content.decode())
    body = re.sub(r"lưu lúc [0-9:/ ]+", "", body)
    headers = {name: text for name, text in answer.headers.items() if name != "Set-Cookie"}
    return answer.status_code, str(sorted(headers.items())), body


def told(press: Callable[[], HttpResponse], register: ToldRegister) -> list[tuple[int, str, str]]:
    """Press once for each part that may be wrong, and return what was shown."""
    answers, records = [], register._records
    for make_wrong in WRONG_PARTS.values():
        register._told.clear()
        register._records = records
        make_wrong(register)
        answers.append(shown(press()))
        assert IdentityCheck.objects.get().is_rejected
        IdentityCheck.objects.all().delete()  # each is the first try
    return answers


def test_a_rejected_registration_does_not_tell_which_part_was_wrong(
    client: Client, register: ToldRegister
) -> None:
    answers = told(lambda: client.post("/dang-ky/", typed(cast.an)), register)

    assert len(answers) == len(WRONG_PARTS)
    assert len(set(answers)) == 1
    page = answers[0][2]
    assert page.count("Xác thực thất bại") == 1
    assert "aria-invalid" not in page
    assert "-error" not in page


def test_a_rejected_applicant_does_not_tell_which_part_was_wrong(
    an_client: Client, register: ToldRegister
) -> None:
    dossier = begin(an_client)
    answers = told(lambda: agree(an_client, dossier), register)

    assert len(answers) == len(WRONG_PARTS)
    assert len(set(answers)) == 1
    assert "aria-invalid" not in answers[0][2]


def test_a_portal_page_holds_nothing_that_only_the_register_knows(
    client: Client, an_client: Client, register: ToldRegister
) -> None:
    home = Address(
        province_code="31", district_code="", commune_code="10525", detail=TOLD_OF_THE_CITIZEN, country="VN"
    )
    for person in (cast.an, cast.cuc):
        register.says(person, replace(person.record, permanent_residence=home, current_residence=home))
    dossier = begin(an_client)
    pages = [
        client.post("/dang-ky/", typed(cast.cuc), follow=True),
        agree(an_client, dossier),
        *(an_client.get(address(dossier, step)) for step in ("nguoi-nop/", "giay-to/")),
        an_client.get("/ca-nhan/"),
    ]

    assert IdentityCheck.objects.filter(outcome="verified").count() == 2
    for page in pages:
        assert TOLD_OF_THE_CITIZEN not in page.content.decode()
    dossier.refresh_from_db()
    assert TOLD_OF_THE_CITIZEN not in str(
        {field.name: getattr(dossier, field.name) for field in dossier._meta.fields}
    )
    for citizen in Citizen.objects.all():
        assert TOLD_OF_THE_CITIZEN not in str(
            {field.name: getattr(citizen, field.name) for field in citizen._meta.fields}
        )


def test_asking_for_more_changes_nothing_that_the_portal_answers(
    an_client: Client, register: ToldRegister
) -> None:
    wishes = dict.fromkeys(
        ("fields", "record", "permanent_residence", "parents", "touch_point", "service"), "1"
    )
    dossier = begin(an_client)
    answer = agree(an_client, dossier, **wishes, purpose="reception", officer="lan", format="json")

    assert answer.status_code == 302
    check = IdentityCheck.objects.get()
    assert check.touch_point == "filing"
    assert check.asked_by == dossier.citizen.user
    assert not hasattr(check, "waiting_record")


def test_what_the_portal_calls_returns_no_record_by_its_type() -> None:
    for ask in (check_identity, recheck_identity):
        assert ask.__annotations__["return"] == "IdentityCheck"
    assert not any("record" in field.name.lower() for field in IdentityCheck._meta.fields)


def test_forty_further_fields_of_a_reply_do_not_get_past_the_reader() -> None:
    names = [f"ThongTinThem{place}" for place in range(40)]
    further = "".join(f"<ns1:{name}>KÍN {name}</ns1:{name}>" for name in names)
    reply = golden("reply-037-match.xml").decode().replace("</ns1:CongDan>", further + "</ns1:CongDan>")

    reading = read_reply(reply.encode(), service="037")

    assert reading.record is not None
    assert reading.unknown_elements == 40
    assert "KÍN" not in str([getattr(reading.record, field.name) for field in fields(reading.record)])
    assert reading.record == read_reply(golden("reply-037-match.xml"), service="037").record


def test_before_a_yes_the_desk_shows_nothing_of_the_record(desk: Desk, register: ToldRegister) -> None:
    for make_wrong in list(WRONG_PARTS.values())[1:]:
        make_wrong(register)
        screen: Screen = desk.checks(cast.an)
        assert screen.answers == ["Xác thực thất bại"]
        assert "Số 1 phố" not in screen
        assert "08/03/1985" not in screen
        assert "LÊ VĂN" not in screen
        assert "NGUYỄN VĂN ÂN" not in screen


def test_the_desk_says_on_what_ground_it_asks(officer_client: Client, register: ToldRegister) -> None:
    page = officer_client.get("/mot-cua/tiep-nhan/").content.decode()

    assert "để giải quyết thủ tục" in page
    assert "mỗi lần kiểm tra được ghi lại" in page
    assert 'name="consent"' not in page


def test_the_proof_of_a_consent_is_kept_with_its_dossier(an_client: Client, register: ToldRegister) -> None:
    before = timezone.now()
    dossier = begin(an_client)
    assert dossier.consented_at is None
    agree(an_client, dossier)

    dossier.refresh_from_db()
    assert dossier.consent_version == CONSENT_VERSION
    assert before <= dossier.consented_at <= timezone.now()
    assert dossier.citizen.full_name == cast.an.full_name
    assert (dossier.procedure.code, dossier.channel) == (BIRTH_REGISTRATION, Dossier.Channel.ONLINE)
    check = IdentityCheck.objects.get()
    assert check.dossier_id == dossier.pk
    assert check.purpose


def test_no_box_of_consent_is_ticked_beforehand(
    client: Client, an_client: Client, register: ToldRegister
) -> None:
    dossier = begin(an_client)
    for page in (client.get("/dang-ky/"), an_client.get(address(dossier, "nguoi-nop/"))):
        boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*>', page.content.decode())
        assert not any(re.search(r"\bchecked\b", box) for box in boxes)
    form = typed(cast.cuc)
    del form["has_read_notice"]
    client.post("/dang-ky/", form)
    assert register.asked == 0
