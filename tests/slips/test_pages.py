"""Who is handed which slip, as what, and what is written down about it."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from motcua.accounts.models import Citizen, User
from motcua.audit.models import AuditEvent
from motcua.dossiers import steps
from motcua.dossiers.models import Dossier
from motcua.slips.codes import qr_code
from tests.conftest import ToldRegister, browser_of
from tests.dossiers.filing import begin, filed
from tests.slips.conftest import NOW
from tests.slips.reading import squeezed, words

pytestmark = pytest.mark.django_db

MOST_QUERIES = 8


def asked(client: Client, dossier: Dossier, slip: str = "01") -> HttpResponse:
    """Open a slip."""
    return client.get(reverse("slip", args=[dossier.pk, slip]))


@pytest.fixture
def ans(whole_life: Dossier, citizen_an: Citizen) -> Dossier:
    """Return a dossier that went through everything, and is An's."""
    Dossier.objects.filter(pk=whole_life.pk).update(citizen=citizen_an)
    return whole_life


def test_a_slip_is_shown_by_the_browser_and_kept_by_nobody(ans: Dossier, officer_client: Client) -> None:
    answer = asked(officer_client, ans)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'inline; filename="giay-tiep-nhan-{ans.code}.pdf"'
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Slip-Signed"] == "no"
    assert squeezed(str(ans.code)) in words(answer.content)


def test_a_slip_lets_the_browsers_own_viewer_draw_itself_and_runs_nothing(
    ans: Dossier, officer_client: Client
) -> None:
    parts = asked(officer_client, ans)["Content-Security-Policy"].split("; ")
    said = dict(part.split(" ", 1) for part in parts)
    assert (said["style-src"], said["object-src"]) == ("'unsafe-inline'", "'self'")
    assert (said["script-src"], said["default-src"], said["frame-ancestors"]) == ("'none'",) * 3


@pytest.mark.parametrize("slip", ["01", "02", "04", "05"])
def test_a_citizen_is_handed_the_slips_of_their_own_dossier(
    ans: Dossier, an_client: Client, slip: str
) -> None:
    assert asked(an_client, ans, slip).status_code == 200


def test_the_control_sheet_is_the_offices_own(
    ans: Dossier, an_client: Client, officer_client: Client
) -> None:
    assert asked(an_client, ans, "06").status_code == 404
    assert asked(officer_client, ans, "06").status_code == 200


@pytest.mark.parametrize("slip", ["01", "02", "04", "05", "06"])
def test_nobody_else_is_handed_a_slip(
    ans: Dossier,
    binh_client: Client,
    other_officer_client: Client,
    other_specialist: User,
    administrator_client: Client,
    slip: str,
) -> None:
    assert asked(binh_client, ans, slip).status_code == 404
    assert asked(other_officer_client, ans, slip).status_code == 404
    assert asked(browser_of(other_specialist), ans, slip).status_code == 404
    assert asked(administrator_client, ans, slip).status_code == 403
    assert "/dang-nhap/" in asked(Client(), ans, slip)["Location"]
    assert not AuditEvent.objects.filter(name="dossier.slip_made").exists()


def test_whoever_may_see_the_dossier_is_handed_its_slips(
    ans: Dossier, leader: User, cashier: User, result_officer: User, supervisor: User, second_officer: User
) -> None:
    for user in (leader, cashier, result_officer, supervisor, second_officer):
        assert asked(browser_of(user), ans).status_code == 200, user.login


def test_a_draft_has_no_slip(
    an_client: Client, officer_client: Client, catalogue: None, register: ToldRegister
) -> None:
    draft = begin(an_client)
    for slip in ("01", "02", "03", "06"):
        assert asked(an_client, draft, slip).status_code == 404
        assert asked(officer_client, draft, slip).status_code == 404


def test_what_was_filed_and_not_received_has_no_receipt_yet(
    an_client: Client, officer: User, catalogue: None, register: ToldRegister
) -> None:
    dossier = filed(an_client)
    assert asked(an_client, dossier).status_code == 404
    steps.go(dossier=dossier, move="take_up", by=officer, now=NOW)
    assert asked(an_client, dossier).status_code == 200


@pytest.mark.parametrize("slip", ["03", "07", "00", "1", "01x", "head", "..", "%2e%2e"])
def test_a_number_that_the_dossier_has_no_slip_for_is_not_found(
    ans: Dossier, officer_client: Client, slip: str
) -> None:
    assert officer_client.get(f"/ho-so/{ans.pk}/phieu/{slip}/").status_code == 404


def test_a_dossier_that_is_not_there_has_no_slip(officer_client: Client) -> None:
    assert officer_client.get(reverse("slip", args=[uuid.uuid4(), "01"])).status_code == 404


def test_every_slip_handed_out_is_written_down(ans: Dossier, an_client: Client, citizen_an: Citizen) -> None:
    asked(an_client, ans, "04")
    event = AuditEvent.objects.get(name="dossier.slip_made")
    assert (event.actor_id, event.subject, event.office_code) == (
        citizen_an.user_id,
        ans.code,
        ans.office.code,
    )
    assert event.details == {"slip": "04", "signed": False}


@pytest.mark.parametrize("slip", ["01", "02", "04", "05", "06"])
def test_a_slip_asks_the_database_little(ans: Dossier, officer_client: Client, slip: str) -> None:
    asked(officer_client, ans, slip)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        asked(officer_client, ans, slip)
    assert len(seen) <= MOST_QUERIES, [query["sql"][:90] for query in seen]


def test_a_slip_is_only_ever_looked_at(ans: Dossier, officer_client: Client) -> None:
    assert officer_client.post(reverse("slip", args=[ans.pk, "01"])).status_code == 405


def test_the_pages_of_a_dossier_lead_to_its_slips(
    ans: Dossier, an_client: Client, officer_client: Client
) -> None:
    desk = officer_client.get(reverse("desk_dossier", args=[ans.pk])).content.decode()
    receipt = officer_client.get(reverse("receipt", args=[ans.pk])).content.decode()
    own = an_client.get(reverse("dossier", args=[ans.pk])).content.decode()
    for slip in ("01", "02", "04", "05"):
        address = reverse("slip", args=[ans.pk, slip])
        assert all(f'href="{address}"' in page for page in (desk, receipt, own)), slip
    control = reverse("slip", args=[ans.pk, "06"])
    assert control in desk
    assert control not in own
    assert reverse("slip", args=[ans.pk, "03"]) not in desk


def test_an_official_without_the_second_factor_is_handed_nothing(
    ans: Dossier, officer_client: Client, settings: Any
) -> None:
    settings.OFFICER_SECOND_FACTOR = "required"
    answer = asked(officer_client, ans)
    assert answer.status_code == 302
    assert answer["Location"] == reverse("second_factor")


def test_the_address_of_the_portal_in_the_codes_is_that_by_which_one_came(
    receive: Callable[..., Dossier], officer_client: Client, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["dichvucong.example"]
    answer = officer_client.get(
        reverse("slip", args=[receive().pk, "01"]), headers={"host": "dichvucong.example"}
    )
    assert squeezed("http://dichvucong.example/tra-cuu/") in words(answer.content)


def test_what_is_printed_at_a_desk_with_a_name_of_its_own_leads_to_the_portal_as_people_know_it(
    receive: Callable[..., Dossier], officer_client: Client, settings: Any
) -> None:
    settings.ALLOWED_HOSTS, settings.PORTAL_ADDRESS = ["quay.noi-bo"], "https://dichvucong.example"
    dossier, host = receive(), {"host": "quay.noi-bo"}
    slip = officer_client.get(reverse("slip", args=[dossier.pk, "01"]), headers=host)
    assert squeezed("https://dichvucong.example/tra-cuu/") in words(slip.content)
    receipt = officer_client.get(reverse("receipt", args=[dossier.pk]), headers=host).content.decode()
    assert qr_code(f"https://dichvucong.example/tra-cuu/?{urlencode({'ma': dossier.code})}") in receipt
    assert "noi-bo" not in receipt


def test_a_slip_that_cannot_be_set_is_said_so(
    ans: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    answer = asked(an_client, ans)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "slips.not_made" in caplog.text
    assert "form 01 ended with 1" in caplog.text
    assert not AuditEvent.objects.filter(name="dossier.slip_made").exists()
