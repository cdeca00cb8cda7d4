"""``motcua load_procedures``: the catalogue that comes with the product."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.procedures.models import Procedure, ProcedureCase, ProcedureRevision, RequiredDocument, TimeUnit
from motcua.procedures.terms import content_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]


def test_all_procedures_and_their_documents_are_there() -> None:
    assert Procedure.objects.count() == 40
    birth = Procedure.objects.get(code="1.001193")
    assert (birth.sector, birth.time_limit, birth.time_unit) == ("Hộ tịch", 1, "trong ngày")
    assert birth.documents.first().name == "Tờ khai đăng ký khai sinh"
    assert birth.is_online


def test_loading_again_changes_nothing_and_is_quick() -> None:
    before = (
        list(Procedure.objects.order_by("id").values()),
        list(RequiredDocument.objects.order_by("id").values()),
        list(ProcedureCase.objects.order_by("id").values()),
        list(ProcedureRevision.objects.order_by("id").values()),
    )

    with CaptureQueriesContext(connection) as queries:
        call_command("load_procedures", stdout=StringIO())

    after = (
        list(Procedure.objects.order_by("id").values()),
        list(RequiredDocument.objects.order_by("id").values()),
        list(ProcedureCase.objects.order_by("id").values()),
        list(ProcedureRevision.objects.order_by("id").values()),
    )
    assert after == before
    assert len(queries) <= 20


def test_what_an_office_decided_for_itself_survives_a_reload() -> None:
    Procedure.objects.filter(code="1.001193").update(npd_code="X1", is_active=False, npd_fields=["sex"])
    Procedure.objects.filter(code="1.000894").update(name="Kết hôn")

    call_command("load_procedures", stdout=StringIO())

    birth = Procedure.objects.get(code="1.001193")
    assert (birth.npd_code, birth.is_active, birth.npd_fields) == ("X1", False, ["sex"])
    assert Procedure.objects.get(code="1.000894").name == "Đăng ký kết hôn"


def test_documents_and_cases_that_an_office_added_survive_a_reload() -> None:
    birth = Procedure.objects.get(code="1.001193")
    case = ProcedureCase.objects.create(procedure=birth, position=1, name="Quá hạn", time_limit=3)
    RequiredDocument.objects.create(procedure=birth, position=99, name="Giấy tờ của phường", case=case)

    call_command("load_procedures", stdout=StringIO())

    assert birth.documents.get(name="Giấy tờ của phường").case == case


def test_every_procedure_has_its_first_revision() -> None:
    for procedure in Procedure.objects.prefetch_related("cases", "documents"):
        assert procedure.revisions.get().content == content_of(procedure)


@pytest.mark.parametrize(
    ("code", "cases"),
    [
        ("1.010041", [(1, "ngày làm việc"), (3, "ngày làm việc")]),
        ("1.012566", [(3, "ngày làm việc"), (7, "ngày làm việc")]),
        ("3.000228", [(3, "ngày làm việc"), (7, "ngày làm việc")]),
        ("1.013225", [(15, "ngày"), (20, "ngày")]),
        ("1.013274", [(1, "ngày"), (5, "ngày làm việc")]),
    ],
)
def test_cases_have_their_own_time_limits(code: str, cases: list[tuple[int, str]]) -> None:
    found = ProcedureCase.objects.filter(procedure__code=code)

    assert list(found.values_list("time_limit", "time_unit")) == cases


def test_civil_status_is_done_in_a_day_where_the_source_says_so() -> None:
    same_day = Procedure.objects.filter(time_unit=TimeUnit.SAME_DAY).values_list("code", flat=True)

    assert set(same_day) == {"1.001193", "1.000894", "1.000656", "2.000635"}


def test_only_a_newborn_may_lack_a_number() -> None:
    assert Procedure.objects.get(owner_may_lack_number=True).code == "1.001193"


def test_a_procedure_takes_no_more_from_the_register_than_its_form_needs() -> None:
    taken = dict(Procedure.objects.values_list("code", "npd_fields"))

    assert taken["1.001193"] == ["sex", "permanent_residence"]
    assert taken["2.000815"] == []
    assert taken["1.004222"] == ["sex", "permanent_residence", "current_residence"]


def test_a_fee_that_the_source_does_not_print_is_not_claimed() -> None:
    assert Procedure.objects.get(code="1.004194").fees == {"online": 7000, "postal": None, "direct": None}


def test_notes_about_the_source_are_not_shown_to_citizens() -> None:
    notes = [note for pair in Procedure.objects.values_list("time_note", "fee_note") for note in pair]

    assert not [note for note in notes if "nguồn" in note or "RECALL" in note]
    birth = Procedure.objects.get(code="1.001193")
    assert birth.time_note == "trong ngày, nhận sau 15 giờ thì trả ngày làm việc tiếp theo"


def test_a_copy_of_a_card_is_demanded_only_where_the_procedures_own_rule_does() -> None:
    demanded = RequiredDocument.objects.filter(kind=RequiredDocument.Kind.SUBMIT, is_required=True)
    cards = re.compile(
        r"thẻ căn cước|căn cước công dân|cccd|cmnd|chứng minh nhân dân|giấy tờ tùy thân", re.IGNORECASE
    )

    assert demanded.count() > 40
    found = {document.procedure.code for document in demanded if cards.search(document.name)}
    assert found == {"3.000333"}  # the certificate of criminal record
