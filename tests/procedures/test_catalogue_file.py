"""The catalogue as a file: written and read without loss, refused whole when anything in it is wrong."""

from __future__ import annotations

import json
import unicodedata
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from motcua.audit.models import AuditEvent
from motcua.procedures import catalogue_file, importing
from motcua.procedures.catalogue_file import FileRefused
from motcua.procedures.comparing import description_of
from motcua.procedures.models import Procedure, ProcedureCase, ProcedureRevision, RequiredDocument
from tests.dossiers.filing import BIRTH_REGISTRATION

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]


def exported() -> bytes:
    """Return the catalogue's file."""
    procedures = Procedure.objects.order_by("code").prefetch_related("cases", "documents")
    return catalogue_file.written([description_of(procedure) for procedure in procedures])


def rows() -> list[dict[str, Any]]:
    """Return what the catalogue's file holds, to be changed."""
    return list(json.loads(exported())["procedures"])


def row_of(code: str, /, **changed: Any) -> dict[str, Any]:
    """Return the row of one procedure, changed."""
    return next(row for row in rows() if row["code"] == code) | changed


def file_of(*changed: Any, **beside: Any) -> bytes:
    """Return a file with these rows."""
    return json.dumps({"procedures": list(changed), **beside}, ensure_ascii=False).encode()


def take(content: bytes) -> importing.Plan:
    """Import a file as one who saw the plan and confirmed it."""
    entries = catalogue_file.read(content)
    shown = importing.plan(entries).digest
    return importing.apply(entries, shown=shown, act="import", by=None, now=timezone.now())


def everything() -> list[Any]:
    """Return all rows of the catalogue."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (Procedure, ProcedureCase, RequiredDocument, ProcedureRevision)
    ]


def test_a_file_of_the_catalogue_changes_nothing_in_it() -> None:
    before = everything()

    done = take(exported())

    assert (done.changes, done.missing, done.alike) == ([], [], 40)
    assert everything() == before


def test_an_empty_catalogue_filled_from_a_file_writes_the_same_file() -> None:
    before = exported()
    ProcedureRevision.objects.all().delete()
    Procedure.objects.all().delete()

    done = take(before)

    assert done.summary == "0 thay đổi, 40 mới"
    assert exported() == before
    assert ProcedureRevision.objects.count() == 40


def test_the_shipped_catalogue_is_such_a_file() -> None:
    shipped = Path(catalogue_file.__file__).with_name("procedures.json").read_bytes()

    assert importing.plan(catalogue_file.read(shipped)).changes == []


def test_the_plan_says_field_by_field_what_changes_from_what_to_what() -> None:
    residence = row_of("1.004222", name="Đăng ký nơi thường trú", time_limit=5)
    residence["fee_vnd"]["online"] = 12000
    residence["documents"][0]["original"] = 2

    (change,) = importing.plan(catalogue_file.read(file_of(residence))).changes

    assert [(one.before, one.after) for one in change.differences[:2]] == [
        ("Đăng ký thường trú", "Đăng ký nơi thường trú"),
        ("7", "5"),
    ]
    assert change.differences[2].after.startswith("Trực tuyến: 12.000 đ")
    assert "Bản chính" in change.differences[3].label


def test_changed_and_new_ones_are_counted_and_those_missing_are_left_alone() -> None:
    new = row_of("1.000894", code="9.000001", name="Thủ tục mới")
    done = take(file_of(row_of("1.001193", name="Khai sinh"), new))

    assert done.summary == "1 thay đổi, 1 mới"
    assert len(done.missing) == 39
    assert Procedure.objects.count() == 41
    assert Procedure.objects.get(code="9.000001").documents.count() == len(new["documents"])


def test_what_a_file_does_not_say_stays() -> None:
    Procedure.objects.filter(code=BIRTH_REGISTRATION).update(npd_code="X1", steps="Bước 1")
    given = {"code": BIRTH_REGISTRATION, "name": "Khai sinh", "field": "Hộ tịch"}

    take(file_of(given | {"agency": "UBND cấp xã", "service_level": "toàn trình"}))

    birth = Procedure.objects.get(code=BIRTH_REGISTRATION)
    assert (birth.name, birth.npd_code, birth.steps) == ("Khai sinh", "X1", "Bước 1")
    assert birth.documents.count() == 6


def test_an_import_publishes_a_revision_of_each_changed_procedure_and_is_recorded() -> None:
    take(file_of(row_of("1.001193", name="Khai sinh"), row_of("1.000894")))

    assert Procedure.objects.get(code="1.001193").revisions.count() == 2
    assert Procedure.objects.get(code="1.000894").revisions.count() == 1
    assert AuditEvent.objects.get(name="catalogue.changed").details == {"act": "import", "count": 1}


def test_cases_and_documents_keep_their_keys_when_others_come_before_them() -> None:
    building = Procedure.objects.get(code="1.013225")
    houses = building.cases.get(name="Nhà ở riêng lẻ")
    documents = {document.name: document.pk for document in building.documents.all()}
    row = row_of("1.013225")
    row["cases"].reverse()
    row["documents"].insert(0, {"name": "Giấy mới", "case": "Nhà ở riêng lẻ"})
    row["documents"].append(row["documents"].pop(1))

    take(file_of(row))

    assert building.cases.get(position=2) == houses
    assert building.documents.get(position=1).case == houses
    kept = {document.name: document.pk for document in building.documents.all()}
    assert documents.items() <= kept.items()
    assert list(building.documents.values_list("position", flat=True)) == list(range(1, len(kept) + 1))


def test_a_renamed_document_keeps_its_key_and_one_taken_out_goes() -> None:
    birth = Procedure.objects.get(code=BIRTH_REGISTRATION)
    first = birth.documents.first()
    row = row_of(BIRTH_REGISTRATION)
    row["documents"][0]["name"] = "Tờ khai"
    gone = row["documents"].pop()

    take(file_of(row))

    assert birth.documents.first() == first
    assert not birth.documents.filter(name=gone["name"]).exists()


def test_a_case_with_documents_of_its_own_can_be_taken_out_with_them() -> None:
    row = row_of("1.013225")
    row["documents"].append({"name": "Giấy của nhà ở", "case": "Nhà ở riêng lẻ"})
    take(file_of(row))
    row["cases"].pop(0)
    row["documents"].pop()

    take(file_of(row))

    building = Procedure.objects.get(code="1.013225")
    assert [case.name for case in building.cases.all()] == ["Công trình khác"]
    assert not building.documents.filter(name="Giấy của nhà ở").exists()


def wrong(**changed: Any) -> Any:
    """Return the row of birth registration with something wrong, as a parameter."""
    return pytest.param(changed, id=next(iter(changed)) + repr(next(iter(changed.values())))[:30])


@pytest.mark.parametrize(
    "changed",
    [
        wrong(name=""),
        wrong(name=None),
        wrong(name=7),
        wrong(name="a" * 301),
        wrong(name="a\x00b"),
        wrong(name="\ud800"),
        wrong(name="\x1b[31m"),
        wrong(field=["Hộ tịch"]),
        wrong(service_level="một nửa"),
        wrong(time_limit="3"),
        wrong(time_limit=-1),
        wrong(time_limit=True),
        wrong(time_limit=10**6),
        wrong(time_unit="tuần"),
        wrong(time_unit=""),
        wrong(time_limit=2),
        wrong(time_limit=None, time_unit="ngày"),
        wrong(time_limit=None, time_unit="", times={"online": 2}),
        wrong(times={"fax": 1}),
        wrong(times={"online": "2"}),
        wrong(times=[1]),
        wrong(fee_vnd={"fax": 1}),
        wrong(fee_vnd={"online": -1}),
        wrong(fee_vnd={"online": "10.000"}),
        wrong(fee_vnd={"online": 10**12}),
        wrong(fee_vnd=10000),
        wrong(audience="Công dân"),
        wrong(audience=[["Công dân"]]),
        wrong(results=["Giấy khai sinh"]),
        wrong(results=7),
        wrong(results=[{"code": "KQ"}]),
        wrong(results=[{"name": "a", "price": 1}]),
        wrong(npd_fields=["religion"]),
        wrong(npd_fields=[{}]),
        wrong(npd_fields="sex"),
        wrong(may_query="true"),
        wrong(is_active=1),
        wrong(price=1),
        wrong(documents={}),
        wrong(documents=["Tờ khai"]),
        wrong(documents=[{}]),
        wrong(documents=[{"name": ""}]),
        wrong(documents=[{"name": "Tờ khai", "kind": "mượn"}]),
        wrong(documents=[{"name": "Tờ khai", "original": None}]),
        wrong(documents=[{"name": "Tờ khai", "case": "không có"}]),
        wrong(documents=[{"name": "Tờ khai", "procedure": 1}]),
        wrong(documents=[{"name": "Tờ khai"}] * 501),
        wrong(cases=[{"name": "a"}, {"name": "a"}]),
        wrong(cases=[{"name": "a", "time_limit": 3}]),
        wrong(cases=[{"name": "a", "times": {"online": 2}}]),
        wrong(cases=[{"name": "a", "time_unit": "giờ"}]),
        wrong(cases=[{"name": "a", "fee_vnd": {"fax": 1}}]),
        wrong(cases=[{"name": "a", "key": 1}]),
        wrong(cases="a"),
    ],
)
def test_one_wrong_value_refuses_the_whole_file_and_names_procedure_and_field(
    changed: dict[str, Any],
) -> None:
    before = everything()
    given = json.dumps({"procedures": [row_of("1.000894", name="Kết hôn"), row_of("1.001193", **changed)]})

    with pytest.raises(FileRefused) as refused:
        take(given.encode())

    assert len(refused.value.problems) == 1
    assert refused.value.problems[0].startswith("Thủ tục 1.001193: ")
    assert next(iter(changed)) in refused.value.problems[0]
    assert everything() == before


def test_what_every_procedure_needs_is_named_where_it_is_missing() -> None:
    for name in ("name", "field", "agency", "service_level"):
        row = row_of(BIRTH_REGISTRATION)
        del row[name]
        with pytest.raises(FileRefused) as refused:
            take(file_of(row))
        assert refused.value.problems == [f"Thủ tục {BIRTH_REGISTRATION}: {name}: chưa có."]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b'{"procedures": {}}',
        b'{"procedures": []}',
        b'{"procedures": [], "procedures": []}',
        b'{"procedures": [7]}',
        b'{"procedures": [{}]}',
        b'{"procedures": [{"code": "1.001193", "code": "1.001193"}]}',
        b'{"procedures": [{"code": "../x"}]}',
        b'{"procedures": [NaN]}',
        b'{"procedures": [1e999]}',
        b'{"procedures": [' + b"9" * 10_000 + b"]}",
        b"[" * 200_000,
        b'{"procedures": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"procedures": [{"code": "1.001193", "\\ud800": 1}]}',
        b'{"procedures": [{"code": "1.001193"}], "exec": 1}',
        b" " * (catalogue_file.MOST_BYTES + 1),
    ],
    ids=lambda content: content[:20].decode(errors="replace"),
)
def test_what_is_no_such_file_is_refused_with_words_that_can_be_shown(content: bytes) -> None:
    before = everything()

    with pytest.raises(FileRefused) as refused:
        take(content)

    assert all(problem.encode() for problem in refused.value.problems)
    assert everything() == before


def test_a_fee_that_is_a_fraction_is_not_taken_for_one_that_another_rule_fixes() -> None:
    for fee in (1.5, float("nan")):
        with pytest.raises(FileRefused):
            take(file_of(row_of(BIRTH_REGISTRATION, fee_vnd={"online": fee})))


def test_a_procedure_that_comes_twice_is_refused() -> None:
    with pytest.raises(FileRefused) as refused:
        take(file_of(row_of("1.001193"), row_of("1.001193", name="Khai sinh")))

    assert refused.value.problems == ["Thủ tục 1.001193: code: mã này có nhiều hơn một lần trong tệp."]


def test_no_more_problems_are_told_than_one_can_read() -> None:
    with pytest.raises(FileRefused) as refused:
        catalogue_file.read(file_of(*[{"code": f"1.{n:06}"} for n in range(2000)]))

    assert len(refused.value.problems) == 50


def test_texts_are_composed_however_they_were_typed() -> None:
    take(file_of(row_of("1.001193", name=unicodedata.normalize("NFD", "Khai sinh lưu động"))))

    assert Procedure.objects.get(code="1.001193").name == "Khai sinh lưu động"


def test_a_plan_that_is_no_longer_true_does_nothing() -> None:
    entries = catalogue_file.read(file_of(row_of("1.001193", name="Khai sinh")))
    shown = importing.plan(entries).digest
    Procedure.objects.filter(code="1.001193").update(agency="UBND phường")
    before = everything()

    with pytest.raises(importing.CatalogueChanged):
        importing.apply(entries, shown=shown, act="import", by=None, now=timezone.now())

    assert everything() == before


def test_another_file_than_the_one_that_was_shown_does_nothing() -> None:
    shown = importing.plan(catalogue_file.read(file_of(row_of("1.001193", name="Khai sinh")))).digest
    other = catalogue_file.read(file_of(row_of("1.001193", name="Khai sinh", is_active=False)))

    with pytest.raises(importing.CatalogueChanged):
        importing.apply(other, shown=shown, act="import", by=None, now=timezone.now())

    assert Procedure.objects.get(code="1.001193").is_active


def test_the_command_writes_a_file_once_and_replaces_none(tmp_path: Path) -> None:
    target = tmp_path / "danh-muc.json"

    call_command("catalogue", "export", str(target), stdout=StringIO())

    assert target.read_bytes() == exported()
    with pytest.raises(CommandError, match="not replaced"):
        call_command("catalogue", "export", str(target), stdout=StringIO())
    assert target.read_bytes() == exported()


def test_the_command_shows_what_it_changes_and_dry_changes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "danh-muc.json"
    source.write_bytes(file_of(row_of("1.001193", name="Khai sinh")))
    before, told = everything(), StringIO()

    call_command("catalogue", "import", str(source), "--dry-run", stdout=told)

    assert "Tên thủ tục: Đăng ký khai sinh → Khai sinh" in told.getvalue()
    assert "1.000894" in told.getvalue()
    assert everything() == before
    call_command("catalogue", "import", str(source), stdout=StringIO())
    assert Procedure.objects.get(code="1.001193").name == "Khai sinh"


def test_the_command_refuses_a_wrong_file_in_words(tmp_path: Path) -> None:
    source = tmp_path / "danh-muc.json"
    source.write_bytes(file_of(row_of("1.001193", time_unit="tuần")))

    with pytest.raises(CommandError, match=r"1\.001193: time_unit"):
        call_command("catalogue", "import", str(source), stdout=StringIO())
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("catalogue", "import", str(tmp_path / "none.json"), stdout=StringIO())
