"""A check's code on a page of its own: what anybody may learn, and who may take the proof home."""

from __future__ import annotations

import json
import uuid
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from motcua.accounts.models import User
from motcua.dossiers.models import Dossier
from motcua.identity.register import TouchPoint
from motcua.verification import proofs
from motcua.verification.models import IdentityCheck
from tests.conftest import ToldRegister
from tests.dossiers.filing import filed
from tests.people import cast
from tests.verification.checks import ENDS, NOW, check_at, check_that_ends

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]


def asked(code: str, client: Client | None = None) -> tuple[int, str]:
    """Look a code up as anybody, and return status and text."""
    response = (client or Client()).get(reverse("verify"), {"ma": code})
    return response.status_code, unescape(response.content.decode())


@pytest.mark.parametrize("end", ENDS)
def test_a_code_tells_the_outcome_in_words_and_that_its_signature_holds(
    register: ToldRegister, officer: User, end: str
) -> None:
    check = check_that_ends(end, TouchPoint.RECEPTION, officer, register)
    assert check is not None

    status, page = asked(check.code)

    assert status == 200
    assert check.get_outcome_display() in page
    assert "08:31 23/11/2026" in page
    assert "Tiếp nhận trực tiếp" in page
    assert "Bộ phận Một cửa phường Mẫu A (000.00.01.H23)" in page
    assert "Đăng ký khai sinh (1.001193)" in page
    assert ">Hợp lệ<" in page
    assert check.key_id in page


@pytest.mark.parametrize("touch_point", TouchPoint)
def test_a_code_tells_nothing_about_a_person(
    register: ToldRegister, officer: User, touch_point: TouchPoint
) -> None:
    check = check_at(touch_point, officer)

    _, page = asked(check.code)

    personal = [
        *(cast.an.number, cast.an.claim.number.masked, cast.an.number[:3] + "*", cast.an.old_number),
        *("Nguyễn", "NGUYỄN", "1985", officer.full_name, officer.login + "<", "999180000008"),
        *(check.claim_digest, check.number_digest, check.request_id, str(check.id), check.id.hex),
    ]
    assert [text for text in personal if text in page] == []


def test_looking_a_code_up_asks_no_register_and_is_cheap(
    register: ToldRegister, officer: User, django_assert_max_num_queries: object
) -> None:
    check = check_at(TouchPoint.FILING, officer)
    before = register.asked

    with django_assert_max_num_queries(3):  # type: ignore[operator]
        assert asked(check.code)[0] == 200
    with django_assert_max_num_queries(1):  # type: ignore[operator]
        assert asked("0000-0000-0000")[0] == 404

    assert register.asked == before
    assert register.probes == 0


@pytest.mark.parametrize("code", ["0000-0000-0000", "nonsense", "MC-NOBODY", "0" * 60, "'; --"])
def test_an_unknown_code_is_told_in_words_what_to_do(db: None, code: str) -> None:
    status, page = asked(code)

    assert status == 404
    assert "Không tìm thấy mã này" in page
    assert "vui lòng hỏi cơ quan đã cấp giấy" in page


@pytest.mark.parametrize("code", ["", " ", "\x1f", "0" * 61])
def test_what_cannot_be_a_code_is_told_at_the_field(db: None, code: str) -> None:
    status, page = asked(code)

    assert status == 200
    assert "Vui lòng" in page
    assert "Không tìm thấy mã này" not in page


def test_a_code_may_be_typed_carelessly(register: ToldRegister, officer: User) -> None:
    check = check_at(TouchPoint.FILING, officer)

    status, page = asked(f" {check.code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} ")

    assert status == 200
    assert check.code in page


def test_an_edited_check_is_told_as_one_not_to_be_used(register: ToldRegister, officer: User) -> None:
    check = check_at(TouchPoint.RECEPTION, officer, claim=cast.an.named("Nguyễn Văn Anh"))
    IdentityCheck.objects.filter(pk=check.pk).update(outcome="verified")

    _, page = asked(check.code)

    assert "KHÔNG hợp lệ" in page
    assert ">Hợp lệ<" not in page


def test_a_check_from_before_signatures_is_told_as_such(db: None) -> None:
    old = IdentityCheck.objects.create(
        request_id="MC-OLD",
        touch_point="filing",
        purpose="x",
        asked_at=NOW,
        answered_at=NOW,
        outcome="verified",
    )

    _, page = asked(old.code)

    assert "từ trước khi hệ thống ký xác nhận" in page
    assert "ợp lệ" not in page


def test_a_question_under_way_has_no_outcome_and_no_word_of_a_signature(db: None) -> None:
    check = IdentityCheck.objects.create(
        request_id="MC-OPEN", touch_point="filing", purpose="x", asked_at=NOW
    )

    _, page = asked(check.code)

    assert "Chưa rõ kết quả" in page
    assert "Chữ ký" not in page


def test_the_keys_page_shows_every_key_that_ever_signed_and_how_to_use_it(
    register: ToldRegister, officer: User, settings, tmp_path
) -> None:
    settings.STATE = tmp_path
    old = check_at(TouchPoint.FILING, officer)
    settings.SECRET_KEY = "another secret, since the first one was seen"
    page = unescape(Client().get(reverse("published_keys")).content.decode())

    assert old.key_id in page.partition("Khóa đã dùng trước đây")[2]
    assert page.count("-----BEGIN PUBLIC KEY-----") == 2
    assert proofs.present_key().decode().strip() in page.partition("Khóa đã dùng trước đây")[0]
    assert "openssl pkeyutl -verify" in page


def test_the_keys_page_is_there_though_the_folder_cannot_be_written(db: None, settings, tmp_path) -> None:
    settings.STATE = tmp_path / "a file"
    settings.STATE.write_text("in the way")

    page = Client().get(reverse("published_keys"))

    assert page.status_code == 200
    assert proofs.present_key().decode().strip() in unescape(page.content.decode())


class TestTakingAProofHome:
    """An's dossier, filed online with the first office."""

    @pytest.fixture
    def dossier(self, an_client: Client, register: ToldRegister) -> Dossier:
        """Return what An filed."""
        return filed(an_client)

    @pytest.mark.parametrize("who", ["an_client", "officer_client", "second_officer_client"])
    def test_the_citizen_and_the_office_of_the_dossier_may(
        self, dossier: Dossier, who: str, request: pytest.FixtureRequest
    ) -> None:
        response = request.getfixturevalue(who).get(reverse("proof", args=[dossier.pk]))

        assert response.status_code == 200
        check = dossier.identity_check
        assert check is not None
        name = f"xac-nhan-{check.code}.json"
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert "no-store" in response.headers["Cache-Control"]
        proofs.verified(response.content, proofs.published_keys())
        assert json.loads(response.content)["code"] == check.code
        told = response.content.decode()
        assert cast.an.number not in told
        assert "Nguyễn" not in told

    @pytest.mark.parametrize("who", ["binh_client", "other_officer_client", "administrator_client"])
    def test_nobody_else_may_or_learns_that_it_is_there(
        self, dossier: Dossier, who: str, request: pytest.FixtureRequest
    ) -> None:
        client = request.getfixturevalue(who)

        theirs, missing = (client.get(reverse("proof", args=[key])) for key in (dossier.pk, uuid.uuid4()))

        assert theirs.status_code == missing.status_code == 404
        assert theirs.content == missing.content

    def test_who_is_not_logged_in_is_led_to_log_in_and_learns_no_more(self, dossier: Dossier) -> None:
        for key in (dossier.pk, uuid.uuid4()):
            page = reverse("proof", args=[key])
            assert Client().get(page).headers["Location"] == f"/dang-nhap/?next={page}"

    def test_a_draft_s_proof_is_the_citizen_s_alone(
        self, dossier: Dossier, an_client: Client, officer_client: Client
    ) -> None:
        Dossier.objects.update(status=Dossier.Status.DRAFT)

        assert officer_client.get(reverse("proof", args=[dossier.pk])).status_code == 404
        assert an_client.get(reverse("proof", args=[dossier.pk])).status_code == 200

    def test_both_dossier_pages_show_code_and_proof(
        self, dossier: Dossier, an_client: Client, officer_client: Client
    ) -> None:
        check = dossier.identity_check
        assert check is not None
        for client, name in ((an_client, "dossier"), (officer_client, "desk_dossier")):
            page = client.get(reverse(name, args=[dossier.pk])).content.decode()
            assert f'href="/xac-minh/?ma={check.code}"' in page
            assert f'href="{reverse("proof", args=[dossier.pk])}"' in page

    def test_a_check_from_before_signatures_has_a_code_and_no_file(
        self, dossier: Dossier, an_client: Client
    ) -> None:
        IdentityCheck.objects.update(signature=None, key_id="")

        assert an_client.get(reverse("proof", args=[dossier.pk])).status_code == 404
        page = an_client.get(reverse("dossier", args=[dossier.pk])).content.decode()
        assert "/xac-minh/?ma=" in page
        assert "/xac-nhan/" not in page
