"""Filing for another person: both identities are checked, and nothing goes on without both."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from motcua.accounts.models import Citizen, Notice, User
from motcua.dossiers import service
from motcua.dossiers.models import Dossier, DossierOwner, Paper
from motcua.identity.birth import BirthDate
from motcua.identity.numbers import IdNumber
from motcua.identity.register import CouldNotAsk, Trouble
from motcua.sealing import digest
from motcua.verification.models import IdentityCheck
from tests.conftest import ToldRegister, raw
from tests.dossiers.filing import (
    address,
    agree,
    begin,
    file_it,
    for_child,
    give_papers,
    pdf,
    procedure_of,
)
from tests.people import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue", "register")]

RESIDENCE = "1.004222"
TITLE = "thông tin chủ hồ sơ"


def owner_of(dossier: Dossier) -> DossierOwner:
    """Return the owner as the database has it."""
    return DossierOwner.objects.get(dossier=dossier)


def filed_for_child(client: Client) -> Dossier:
    """File for Hân, the whole way."""
    dossier = begin(client, RESIDENCE)
    assert agree(client, dossier, **for_child()).status_code == 302
    assert give_papers(client, dossier).headers["Location"].endswith("/xem-lai/")
    assert file_it(client, dossier).headers["Location"].endswith("/hoan-tat/")
    dossier.refresh_from_db()
    return dossier


def test_a_father_files_for_his_child_and_both_are_checked(an_client: Client, register: ToldRegister) -> None:
    dossier = filed_for_child(an_client)

    owner = owner_of(dossier)
    assert [claim.number.digits for claim in register.claims] == [cast.an.number, cast.han.number]
    assert (dossier.status, dossier.applicant_number) == (1, cast.an.number)
    assert (owner.full_name, owner.number, owner.relation) == (cast.han.full_name, cast.han.number, "parent")
    assert owner.identity_check.is_verified
    assert owner.identity_check != dossier.identity_check
    page = an_client.get(address(dossier)).content.decode()
    assert cast.han.full_name in page
    assert cast.han.number not in page
    assert cast.han.full_name.encode() not in raw(owner, "full_name")


def test_the_owners_question_says_for_which_dossier_and_counts_as_the_filers(
    an_client: Client, citizen_an: Citizen
) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child())

    check = IdentityCheck.objects.get(number_digest=digest("number", cast.han.number))
    assert (check.touch_point, check.asked_by, check.procedure_code, check.dossier_id) == (
        "filing",
        citizen_an.user,
        RESIDENCE,
        dossier.pk,
    )


ANSWERS = {
    "another name": ("Xác thực thất bại", replace(cast.han.record, full_name="Nguyễn Gia Hận")),
    "another birth date": (
        "Xác thực thất bại",
        replace(cast.han.record, birth_date=BirthDate(2015, 6, 2)),
    ),
    "a death": ("Xác thực thất bại", replace(cast.han.record, is_deceased=True)),
    "no answer": ("Chưa kiểm tra được", CouldNotAsk(Trouble.TIMEOUT)),
    "another person's record": ("Chưa kiểm tra được", cast.an2.record),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_without_a_yes_about_the_owner_there_is_no_way_on_and_nothing_is_lost(
    an_client: Client, register: ToldRegister, case: str
) -> None:
    text, answer = ANSWERS[case]
    register.says(cast.han, answer)
    dossier = begin(an_client, RESIDENCE)

    page = agree(an_client, dossier, **for_child(residence="Tổ 5 khu Mẫu Tây"))
    html = page.content.decode()

    assert page.status_code == 200
    assert f"{text}: {TITLE}" in html
    for typed in (cast.han.full_name, cast.han.typed_birth, cast.han.number, "Tổ 5 khu Mẫu Tây"):
        assert typed in html
    dossier.refresh_from_db()
    assert dossier.identity_check.is_verified
    assert owner_of(dossier).identity_check is None
    for step in ("giay-to/", "xem-lai/"):
        assert an_client.get(address(dossier, step)).headers["Location"] == address(dossier, "nguoi-nop/")
    assert file_it(an_client, dossier).headers["Location"] == address(dossier, "nguoi-nop/")
    again = an_client.get(address(dossier, "nguoi-nop/")).content.decode()
    assert cast.han.number in again


def test_what_is_read_about_a_wrong_owner_does_not_tell_which_part_was_wrong(
    an_client: Client, register: ToldRegister
) -> None:
    dossier, pages = begin(an_client, RESIDENCE), set()
    agree(an_client, dossier)
    for text, answer in ANSWERS.values():
        if text == "Xác thực thất bại":
            register.says(cast.han, answer)
            page = agree(an_client, dossier, **for_child()).content.decode()
            page = re.sub(r'name="(csrfmiddlewaretoken|press_key)" value="[^"]+"', "", page)
            pages.add(re.sub(r"lưu lúc [0-9:/ ]+", "", page))
            IdentityCheck.objects.filter(number_digest=digest("number", cast.han.number)).delete()

    assert len(pages) == 1


def test_a_wrong_filer_asks_nothing_about_the_owner(binh_client: Client, register: ToldRegister) -> None:
    dossier = begin(binh_client, RESIDENCE)

    page = agree(binh_client, dossier, **for_child()).content.decode()

    assert "Xác thực thất bại" in page
    assert TITLE not in page
    assert cast.han.number in page
    assert register.asked == 1


def test_wrong_tries_about_an_owner_are_limited_like_ones_own(
    an_client: Client, register: ToldRegister, settings: Settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 2}
    dossier = begin(an_client, RESIDENCE)
    for name in ("Nguyễn Gia Hà", "Nguyễn Gia Hoa"):
        agree(an_client, dossier, **for_child(full_name=name))

    page = agree(an_client, dossier, **for_child())

    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "Tạm dừng kiểm tra: thông tin chủ hồ sơ" in page.content.decode()
    assert IdentityCheck.objects.count() == 3


def test_the_holder_of_a_number_that_is_guessed_at_as_an_owners_is_told_once(
    an_client: Client, citizen_binh: Citizen, settings: Settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 1}
    dossier = begin(an_client, RESIDENCE)
    binh = {"number": cast.binh.number, "birth_date": cast.binh.typed_birth}
    for name in ("Trần Thị Bảo", "Trần Thị Bích", "Trần Thị Biên"):
        agree(an_client, dossier, **for_child(full_name=name, **binh))

    assert "nhiều lần nhập sai" in Notice.objects.get().text
    assert Notice.objects.get().user == citizen_binh.user


def test_nobody_is_warned_of_their_own_tries(binh_client: Client, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "TRIES_NUMBER_HOUR": 1}
    dossier = begin(binh_client, RESIDENCE)

    assert [agree(binh_client, dossier).status_code for _ in range(2)] == [200, 429]
    assert not Notice.objects.exists()


def test_an_owners_digits_that_contradict_the_year_warn_before_anybody_is_asked(
    an_client: Client, register: ToldRegister
) -> None:
    dossier = begin(an_client, RESIDENCE)
    typed = for_child(birth_date="01/06/2016")

    page = agree(an_client, dossier, **typed).content.decode()

    assert "Số này ứng với người sinh năm 2015; ông/bà nhập 2016." in page
    assert cast.han.full_name in page
    assert register.asked == 0
    said_of = re.search(r'name="owner-sure_of" value="([0-9a-f]{64})"', page)
    assert said_of is not None

    sure = {"owner-is_sure": "on", "owner-sure_of": said_of[1]}
    assert "Xác thực thất bại" in agree(an_client, dossier, **typed, **sure).content.decode()
    assert register.asked == 2

    other = for_child(birth_date="01/06/2017")
    assert "ông/bà nhập 2017" in agree(an_client, dossier, **other, **sure).content.decode()
    assert register.asked == 2


def test_a_changed_owner_needs_a_new_check(an_client: Client, register: ToldRegister) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child())
    register.says(cast.han, CouldNotAsk(Trouble.TIMEOUT))
    agree(an_client, dossier, **for_child(birth_date="02/06/2015"))

    response = an_client.get(address(dossier, "giay-to/"), follow=True)

    assert response.redirect_chain == [(address(dossier, "nguoi-nop/"), 302)]
    assert "chủ hồ sơ" in response.content.decode()
    assert owner_of(dossier).identity_check is None


def test_an_owner_put_in_behind_the_check_files_nothing(an_client: Client) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child())
    give_papers(an_client, dossier)
    owner = owner_of(dossier)
    owner.set_number(IdNumber(cast.cuc.number))
    owner.save()

    assert file_it(an_client, dossier).headers["Location"] == address(dossier, "nguoi-nop/")
    fresh = Dossier.objects.get(pk=dossier.pk)
    with pytest.raises(service.Held):
        service.submit(dossier=fresh, has_sworn=True, now=timezone.now())
    assert fresh.is_draft


def test_the_owners_check_carries_a_day(an_client: Client) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child())
    check = owner_of(dossier).identity_check
    IdentityCheck.objects.filter(pk=check.pk).update(answered_at=timezone.now() - timedelta(hours=25))

    response = an_client.get(address(dossier, "giay-to/"), follow=True)

    assert "quá 24 giờ" in response.content.decode()


def test_the_same_press_twice_asks_once_about_each(an_client: Client, register: ToldRegister) -> None:
    dossier, key = begin(an_client, RESIDENCE), str(uuid.uuid4())
    for _ in range(2):
        assert agree(an_client, dossier, press_key=key, **for_child()).status_code == 302

    assert register.asked == 2
    assert IdentityCheck.objects.count() == 2


def test_a_press_sent_again_about_another_owner_asks_nobody(
    an_client: Client, register: ToldRegister
) -> None:
    dossier, key = begin(an_client, RESIDENCE), str(uuid.uuid4())
    agree(an_client, dossier, press_key=key, **for_child(full_name="Nguyễn Gia Hà"))

    page = agree(an_client, dossier, press_key=key, **for_child())

    assert page.status_code == 409
    assert IdentityCheck.objects.count() == 2


def test_while_one_press_waits_another_does_not_ask(an_client: Client, register: ToldRegister) -> None:
    dossier, seen = begin(an_client, RESIDENCE), []
    agree(an_client, dossier)

    def press_again() -> None:
        register.before_answer = None
        seen.append(agree(an_client, dossier, **for_child()).content.decode())

    register.before_answer = press_again
    assert agree(an_client, dossier, **for_child()).status_code == 302
    assert "Đang kiểm tra" in seen[0]
    assert register.asked == 2


def test_a_file_for_a_line_that_another_tab_took_away_is_told_and_not_lost_in_silence(
    an_client: Client,
) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child(relation="guardian"))
    agree(an_client, dossier, filing_for="self")

    answer = an_client.post(address(dossier, "giay-to/"), {"authority": pdf("uy-quyen.pdf")}, follow=True)

    assert "nên tệp vừa chọn chưa được nhận" in answer.content.decode()
    assert not dossier.papers.exists()


def test_nobody_swears_to_another_owner_than_the_page_showed(an_client: Client) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child())
    give_papers(an_client, dossier)
    mark = an_client.get(address(dossier, "xem-lai/")).context["mark"]
    agree(an_client, dossier, filing_for="self")  # in another tab

    sworn = {"oath": "on", "collecting": "postal", "mark": mark}
    again = an_client.post(address(dossier, "xem-lai/"), sworn, follow=True)

    assert "Chưa nộp: hồ sơ đã được sửa ở một trang khác" in again.content.decode()
    dossier.refresh_from_db()
    assert (dossier.is_draft, dossier.collecting) == (True, "postal")
    answer = an_client.post(address(dossier, "xem-lai/"), sworn | {"mark": again.context["mark"]})
    assert answer.headers["Location"].endswith("/hoan-tat/")


@pytest.mark.parametrize("relation", ["guardian", "authorized", "relative"])
def test_who_is_no_parent_brings_a_paper(an_client: Client, relation: str) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child(relation=relation))

    refused = give_papers(an_client, dossier).content.decode()
    assert "Chưa có giấy tờ chứng minh được nộp thay" in refused
    assert file_it(an_client, dossier).headers["Location"] == address(dossier, "giay-to/")

    an_client.post(address(dossier, "giay-to/"), {"authority": pdf("uy-quyen.pdf"), "go_on": "1"})
    assert file_it(an_client, dossier).headers["Location"].endswith("/hoan-tat/")
    assert dossier.papers.get(kind=Paper.Kind.AUTHORITY).original_name == "uy-quyen.pdf"
    assert "Giấy tờ chứng minh được nộp thay" in an_client.get(address(dossier)).content.decode()


def test_a_newborn_without_number_is_filed_for_where_the_procedure_allows_it(
    an_client: Client, register: ToldRegister
) -> None:
    procedure = procedure_of()
    procedure.owner_may_lack_number = True
    procedure.save()
    dossier = begin(an_client)
    newborn = for_child(
        full_name="", number="", without_number="newborn", birth_date="20/11/2026", sex="female"
    )

    assert agree(an_client, dossier, **newborn).headers["Location"] == address(dossier, "giay-to/")
    give_papers(an_client, dossier)
    assert file_it(an_client, dossier).headers["Location"].endswith("/hoan-tat/")

    owner = owner_of(dossier)
    assert (owner.full_name, owner.birth, owner.sex, owner.number) == ("", "2026-11-20", "female", "")
    assert register.asked == 1
    assert "Chưa đặt tên" in an_client.get(address(dossier)).content.decode()


def test_a_number_begun_before_newborn_was_chosen_stands_in_nobodys_way(
    an_client: Client, register: ToldRegister
) -> None:
    procedure = procedure_of()
    procedure.owner_may_lack_number = True
    procedure.save()
    dossier = begin(an_client)
    newborn = for_child(
        full_name="", number="9993", without_number="newborn", birth_date="20/11/2026", sex="female"
    )

    assert agree(an_client, dossier, **newborn).headers["Location"] == address(dossier, "giay-to/")
    assert owner_of(dossier).number == ""


def test_a_newborn_needs_birth_date_and_sex(an_client: Client, register: ToldRegister) -> None:
    procedure = procedure_of()
    procedure.owner_may_lack_number = True
    procedure.save()
    dossier = begin(an_client)

    page = agree(
        an_client,
        dossier,
        **for_child(full_name="", number="", without_number="newborn", birth_date="", sex=""),
    ).content.decode()

    assert "Vui lòng nhập ngày sinh" in page
    assert "Vui lòng chọn giới tính" in page
    assert register.asked == 0


def test_without_a_number_nothing_is_filed_where_the_procedure_wants_one(
    an_client: Client, register: ToldRegister
) -> None:
    dossier = begin(an_client, RESIDENCE)

    page = agree(an_client, dossier, **for_child(number="", without_number="newborn", sex="female"))

    assert "Vui lòng nhập số CCCD/CMND" in page.content.decode()
    assert register.asked == 0
    with pytest.raises(service.OwnerRefused):
        service.keep_owner(
            dossier=dossier,
            owner=service.Owner("parent", "", None, BirthDate(2026, 11, 20), without_number="newborn"),
            now=timezone.now(),
        )


def test_a_procedure_for_oneself_alone_knows_no_owner(an_client: Client) -> None:
    procedure = procedure_of(RESIDENCE)
    procedure.may_be_filed_for_others = False
    procedure.save()
    dossier = begin(an_client, RESIDENCE)
    assert "Nộp thay người khác" not in an_client.get(address(dossier, "nguoi-nop/")).content.decode()

    assert agree(an_client, dossier, **for_child()).status_code == 302
    assert not DossierOwner.objects.exists()


def test_a_procedure_closed_to_others_meanwhile_holds_the_draft(an_client: Client) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child())
    give_papers(an_client, dossier)
    type(dossier.procedure).objects.filter(code=RESIDENCE).update(may_be_filed_for_others=False)

    assert file_it(an_client, dossier).headers["Location"] == address(dossier, "nguoi-nop/")


def test_ones_own_number_is_no_other_person(an_client: Client, register: ToldRegister) -> None:
    dossier = begin(an_client, RESIDENCE)

    page = agree(an_client, dossier, **for_child(number=cast.an.number)).content.decode()

    assert "Số này là của chính ông/bà" in page
    assert register.asked == 0


def test_who_changes_to_filing_for_themselves_has_no_owner_any_more(an_client: Client) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child())

    assert agree(an_client, dossier, **(for_child() | {"filing_for": "self"})).status_code == 302
    assert not DossierOwner.objects.exists()


def test_what_was_typed_of_another_stays_while_one_files_for_oneself(binh_client: Client) -> None:
    dossier = begin(binh_client, RESIDENCE)

    page = agree(binh_client, dossier, **(for_child() | {"filing_for": "self"})).content.decode()

    assert cast.han.full_name in page


def test_the_office_finds_the_dossier_by_either_name_and_by_either_number(
    an_client: Client, officer: User
) -> None:
    dossier = filed_for_child(an_client)
    office = officer.office_id

    for name in ("văn an", "gia hân", "nguyễn gia h"):
        assert service.named(offices=[office], text=name, most=5) == [dossier.pk]
    for number in (cast.an.number, cast.han.number):
        assert service.numbered(Dossier.objects.all(), IdNumber(number)).get() == dossier
    assert not service.numbered(Dossier.objects.all(), IdNumber(cast.cuc.number)).exists()


@pytest.mark.parametrize("step", ["nguoi-nop/", "giay-to/", "xem-lai/"])
def test_a_step_for_another_costs_no_more_than_eight_queries(
    an_client: Client, step: str, django_assert_max_num_queries: object
) -> None:
    dossier = begin(an_client, RESIDENCE)
    agree(an_client, dossier, **for_child())
    give_papers(an_client, dossier)

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert an_client.get(address(dossier, step)).status_code == 200
