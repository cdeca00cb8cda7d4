"""Only what a procedure's form needs is taken over from the register, kept, and shown."""

from __future__ import annotations

import pytest

from motcua.dossiers.models import Dossier
from motcua.procedures.models import NPD_FIELDS, Procedure
from motcua.procedures.service import forget
from tests.people import cast
from tests.reception.conftest import ANOTHER_PROCEDURE, BIRTH_REGISTRATION, RESIDENCE, Desk

pytestmark = pytest.mark.django_db

GIVEN = {
    "sex": "male",
    "permanent_residence": "Số 1 phố Thử Nghiệm, Phường Hải Dương, Thành phố Hải Phòng",
    "current_residence": "Số 9 phố Thử Nghiệm, Phường Lê Thanh Nghị, Thành phố Hải Phòng",
}
KEPT = {"sex": "applicant_sex", "permanent_residence": "permanent_residence"}


def kept(dossier: Dossier) -> dict[str, str]:
    """Return what a dossier has of the register beside name, number and birth date."""
    said = {name: getattr(dossier, KEPT.get(name, name)) for name in NPD_FIELDS}
    return {name: value for name, value in said.items() if value}


@pytest.mark.parametrize("field", NPD_FIELDS)
def test_what_the_procedure_names_is_taken_over_and_nothing_else(desk: Desk, field: str) -> None:
    Procedure.objects.filter(code=BIRTH_REGISTRATION).update(npd_fields=[field])
    forget()

    desk.checks(cast.an)
    desk.saves()

    assert kept(Dossier.objects.get()) == {field: GIVEN[field]}


@pytest.mark.parametrize("field", NPD_FIELDS)
def test_what_the_procedure_does_not_name_is_neither_kept_nor_shown(desk: Desk, field: str) -> None:
    others = [name for name in NPD_FIELDS if name != field]
    Procedure.objects.filter(code=RESIDENCE).update(npd_fields=others)
    forget()
    desk.choose(RESIDENCE)

    shown = desk.checks(cast.an)
    again = desk.checks()
    for screen in (shown, again):
        block = screen.html.split("Thông tin từ CSDLQG về dân cư đã được gỡ")[1].split("</dl>")[0]
        assert str(NPD_FIELDS[field]) not in block
        assert "Nguyễn" in block or "NGUYỄN" in block
        if field != "sex":
            assert GIVEN[field] not in screen.html
    receipt = desk.saves()

    dossier = Dossier.objects.get()
    assert kept(dossier) == {name: GIVEN[name] for name in others}
    if field != "sex":
        assert GIVEN[field] not in receipt.html


def test_a_certification_takes_name_number_and_birth_date_alone(desk: Desk) -> None:
    desk.choose(ANOTHER_PROCEDURE)
    shown = desk.checks(cast.an)
    desk.saves()

    dossier = Dossier.objects.get()
    assert (dossier.applicant_name, dossier.applicant_birth) == ("NGUYỄN VĂN AN", "1985-03-07")
    assert kept(dossier) == {}
    assert "phố Thử Nghiệm" not in shown.html
