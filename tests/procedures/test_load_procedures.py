"""``motcua load_procedures``: the catalogue that comes with the product."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.procedures.models import Procedure, RequiredDocument

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]


def test_all_procedures_and_their_documents_are_there() -> None:
    assert Procedure.objects.count() == 40
    birth = Procedure.objects.get(code="1.001193")
    assert (birth.sector, birth.time_limit, birth.time_unit) == ("Hộ tịch", 1, "ngày làm việc")
    assert birth.documents.first().name == "Tờ khai đăng ký khai sinh"
    assert birth.is_online


def test_loading_again_changes_nothing_and_is_quick() -> None:
    before = (
        list(Procedure.objects.order_by("id").values()),
        list(RequiredDocument.objects.order_by("id").values()),
    )

    with CaptureQueriesContext(connection) as queries:
        call_command("load_procedures", stdout=StringIO())

    after = (
        list(Procedure.objects.order_by("id").values()),
        list(RequiredDocument.objects.order_by("id").values()),
    )
    assert after == before
    assert len(queries) <= 20


def test_what_an_office_decided_for_itself_survives_a_reload() -> None:
    Procedure.objects.filter(code="1.001193").update(npd_code="X1", is_active=False)
    Procedure.objects.filter(code="1.000894").update(name="Kết hôn")

    call_command("load_procedures", stdout=StringIO())

    birth = Procedure.objects.get(code="1.001193")
    assert (birth.npd_code, birth.is_active) == ("X1", False)
    assert Procedure.objects.get(code="1.000894").name == "Đăng ký kết hôn"


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
