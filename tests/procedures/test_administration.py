"""The catalogue in the administrators' pages: edited field by field, by file, and copied from office to office."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from motcua.accounts.models import Office, User
from motcua.audit.models import AuditEvent
from motcua.procedures import catalogue_file
from motcua.procedures.models import (
    CatalogueUpload,
    Offer,
    Procedure,
    ProcedureCase,
    ProcedureRevision,
    RequiredDocument,
)
from motcua.procedures.service import offered
from tests.people import FIRST_OFFICE, SECOND_OFFICE
from tests.procedures.test_catalogue_file import exported, file_of, row_of, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]

FILES = "/quan-tri/procedures/procedure/tep/"
UPLOAD = FILES + "tai-len/"
REVIEW = FILES + "xem-truoc/"
COPY = "/quan-tri/procedures/offer/sao-chep/"
BUILDING = "1.013225"


def address(code: str) -> str:
    """Return the page on which a procedure is edited."""
    return reverse("admin:procedures_procedure_change", args=[Procedure.objects.get(code=code).pk])


def typed(page: HttpResponse) -> dict[str, Any]:
    """Return all that the form of an administration page holds, as a browser would send it."""
    said: dict[str, Any] = {}
    context = page.context
    forms = [context["adminform"].form]
    for one in context["inline_admin_formsets"]:
        forms += [one.formset.management_form, *one.formset.forms]
    for form in forms:
        for bound in form:
            widget = getattr(bound.field.widget, "widget", bound.field.widget)  # Django's wrapper has links
            data = widget.get_context(bound.html_name, bound.value(), {})["widget"]
            for part in data.get("subwidgets") or [data]:
                value = part["value"]
                if part.get("type") == "checkbox":
                    if part["attrs"].get("checked"):
                        said[part["name"]] = "on"
                elif isinstance(value, list):
                    said[part["name"]] = value if bound.name == "npd_fields" else value[0]
                else:
                    said[part["name"]] = "" if value is None else value
            if bound.name == "npd_fields":
                said = {name: one for name, one in said.items() if name != "npd_fields"}
                said["npd_fields"] = bound.value()
    return said


@pytest.fixture
def page(administrator_client: Client) -> Any:
    """Return what edits a procedure: its code, what is typed otherwise; the answer comes back."""

    def edit(code: str, **changed: Any) -> HttpResponse:
        form = typed(administrator_client.get(address(code))) | changed
        return administrator_client.post(address(code), form, follow=True)

    return edit


def errors(answer: HttpResponse) -> str:
    """Return the errors that a page shows."""
    return unescape(
        " ".join(re.findall(r'class="errorlist[^>]*>(.*?)</ul>', answer.content.decode(), re.DOTALL))
    )


def test_saving_an_untouched_form_changes_nothing_and_publishes_nothing(page: Any) -> None:
    before = exported()

    for code in ("1.001193", BUILDING, "1.001456", "1.004194"):
        assert errors(page(code)) == ""

    assert exported() == before
    assert ProcedureRevision.objects.count() == 40
    assert not AuditEvent.objects.filter(name="catalogue.changed").exists()


def test_an_administrator_edits_what_a_procedure_says(page: Any, administrator: User) -> None:
    answer = page(
        "1.004222",
        name="Đăng ký nơi thường trú",
        time_limit="5",
        times_online="3",
        fees_online="12.000",
        fees_direct="",
        fees_postal="0",
        audience="Công dân Việt Nam\n\n Người nước ngoài ",
        levels="Cấp xã",
        results="Thông báo kết quả | KQ.G01.000001\nQuyết định",
        npd_fields=["sex"],
        steps="Bước 1\nBước 2",
    )

    assert errors(answer) == ""
    residence = Procedure.objects.get(code="1.004222")
    assert residence.fees == {"online": 12000, "postal": 0, "direct": None}
    assert residence.times == {"online": 3}
    assert residence.audience == ["Công dân Việt Nam", "Người nước ngoài"]
    assert residence.results == [
        {"name": "Thông báo kết quả", "code": "KQ.G01.000001"},
        {"name": "Quyết định", "code": ""},
    ]
    assert residence.npd_fields == ["sex"]
    revision = residence.revisions.first()
    assert (revision.number, revision.made_by, revision.content["time_limit"]) == (2, administrator, 5)
    event = AuditEvent.objects.get(name="catalogue.changed")
    assert event.actor == administrator
    assert event.details == {"act": "edit", "procedure": "1.004222", "revision": 2}


def test_nothing_but_name_number_and_birth_can_be_chosen(page: Any) -> None:
    page("1.004222", npd_fields=[])

    assert Procedure.objects.get(code="1.004222").npd_fields == []


@pytest.mark.django_db(transaction=True)
def test_a_change_reaches_the_desks_at_once(page: Any) -> None:
    assert "Khai sinh" not in {one.name for one in offered().values()}

    page("1.001193", name="Khai sinh")

    assert "Khai sinh" in {one.name for one in offered().values()}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"time_unit": ""}, "chọn đơn vị"),
        ({"time_limit": "", "times_online": "3"}, "nhập thời hạn"),
        ({"fees_online": "-1"}, "số nguyên không âm"),
        ({"fees_online": "10.000 đ"}, "số nguyên không âm"),
        ({"fees_online": "8.00"}, "số nguyên không âm"),
        ({"results": "| KQ"}, "tên | mã"),
        ({"npd_fields": ["religion"]}, "religion"),
        ({"audience": "a" * 301}, "300"),
    ],
)
def test_what_is_typed_wrongly_is_told_and_nothing_is_saved(
    page: Any, changed: dict[str, Any], error: str
) -> None:
    answer = page("1.004222", **changed)

    assert error in errors(answer)
    assert Procedure.objects.get(code="1.004222").revisions.count() == 1


@pytest.mark.parametrize("code", ["a/b c", "x?y", "Thử.1", "-1", "1.0 2"])
def test_a_new_procedure_has_a_code_that_its_page_and_its_file_can_hold(
    administrator_client: Client, code: str
) -> None:
    address_of_new = reverse("admin:procedures_procedure_add")
    said = typed(administrator_client.get(address_of_new))
    said |= {
        "npd_fields": [],
        "code": code,
        "name": "Thủ tục mới",
        "sector": "Hộ tịch",
        "agency": "UBND",
        "service_level": "full",
    }

    page = administrator_client.post(address_of_new, said).content.decode()

    assert "Vui lòng ghi mã thủ tục, ví dụ 1.001193" in page
    assert not Procedure.objects.filter(name="Thủ tục mới").exists()


def test_what_is_done_in_a_day_needs_no_number(page: Any) -> None:
    assert errors(page("1.001193", time_limit="")) == ""

    assert Procedure.objects.get(code="1.001193").time_limit == 1


def test_cases_are_added_and_stand_in_the_order_that_was_typed(page: Any) -> None:
    new = {"cases-2-name": "Công trình ngầm", "cases-2-order": "1", "cases-2-time_limit": "30"}
    answer = page(BUILDING, **new, **{"cases-2-time_unit": "ngày", "cases-2-fees_online": "75000"})

    assert errors(answer) == ""
    cases = list(ProcedureCase.objects.filter(procedure__code=BUILDING))
    assert [(case.position, case.name) for case in cases] == [
        (1, "Công trình ngầm"),
        (2, "Nhà ở riêng lẻ"),
        (3, "Công trình khác"),
    ]
    assert cases[0].fees == {"online": 75000}


def test_what_another_rule_fixes_stays_so_when_a_case_is_given_a_fee(page: Any) -> None:
    cases = ProcedureCase.objects.filter(procedure__code=BUILDING)
    cases.update(fees={"direct": None, "online": None})

    assert errors(page(BUILDING, **{"cases-0-fees_online": "75000"})) == ""

    assert [case.fees for case in cases.order_by("position")] == [
        {"direct": None, "online": 75000},
        {"direct": None, "online": None},
    ]


def test_documents_change_places(page: Any) -> None:
    before = list(RequiredDocument.objects.filter(procedure__code="1.001193").values_list("name", flat=True))

    assert errors(page("1.001193", **{"documents-2-order": "1"})) == ""

    after = RequiredDocument.objects.filter(procedure__code="1.001193").values_list("position", "name")
    assert list(after) == list(enumerate([before[2], before[0], before[1], *before[3:]], start=1))


def test_a_document_belongs_to_a_case_of_its_own_procedure_only(page: Any) -> None:
    own = ProcedureCase.objects.get(name="Nhà ở riêng lẻ")
    other = ProcedureCase.objects.get(name="Phải xác minh")

    assert "documents-0-case" not in errors(page(BUILDING, **{"documents-0-case": own.pk}))
    assert RequiredDocument.objects.filter(case=own).count() == 1
    page(BUILDING, **{"documents-0-case": other.pk})
    assert not RequiredDocument.objects.filter(case=other).exists()


def test_two_cases_of_one_name_are_refused(page: Any) -> None:
    answer = page(BUILDING, **{"cases-1-name": "Nhà ở riêng lẻ"})

    assert "cùng tên" in errors(answer)


def test_a_case_is_not_taken_out_from_under_its_documents(page: Any) -> None:
    case = ProcedureCase.objects.get(name="Nhà ở riêng lẻ")
    page(BUILDING, **{"documents-0-case": case.pk})

    answer = page(BUILDING, **{"cases-0-DELETE": "on"})

    assert "Còn giấy tờ" in errors(answer)
    assert ProcedureCase.objects.filter(pk=case.pk).exists()
    assert errors(page(BUILDING, **{"documents-0-case": "", "documents-1-DELETE": "on"})) == ""
    assert errors(page(BUILDING, **{"cases-0-DELETE": "on"})) == ""
    assert not ProcedureCase.objects.filter(pk=case.pk).exists()


def test_a_document_given_to_a_case_that_goes_in_the_same_press_is_for_all(page: Any) -> None:
    case = ProcedureCase.objects.get(name="Nhà ở riêng lẻ")
    before = RequiredDocument.objects.filter(procedure__code=BUILDING).count()

    answer = page(BUILDING, **{"cases-0-DELETE": "on", "documents-0-case": case.pk})

    assert errors(answer) == ""
    assert RequiredDocument.objects.filter(procedure__code=BUILDING, case=None).count() == before


def test_the_page_lists_the_revisions_and_shows_what_each_changed(
    page: Any, administrator_client: Client
) -> None:
    page("1.004222", name="Đăng ký nơi thường trú", fees_online="12000")

    shown = administrator_client.get(address("1.004222")).content.decode()
    assert "Bản 2:" in shown
    assert "quantri" in shown
    pk = Procedure.objects.get(code="1.004222").pk
    compared = administrator_client.get(f"/quan-tri/procedures/procedure/{pk}/ban/").content.decode()
    for text in ("Đăng ký thường trú", "Đăng ký nơi thường trú", "10.000 đ", "12.000 đ"):
        assert text in compared


@pytest.mark.parametrize("asked", ["?tu=1&den=99", "?tu=x", "?tu=2&den=1", "?den=99999999999999"])
def test_odd_revisions_break_nothing(administrator_client: Client, asked: str) -> None:
    pk = Procedure.objects.get(code="1.004222").pk

    assert administrator_client.get(f"/quan-tri/procedures/procedure/{pk}/ban/{asked}").status_code == 200
    assert administrator_client.get("/quan-tri/procedures/procedure/999999/ban/").status_code == 404


def test_every_input_of_the_form_has_a_label(administrator_client: Client) -> None:
    Offer.objects.create(
        office=Office.objects.get(code=FIRST_OFFICE), procedure=Procedure.objects.get(code=BUILDING)
    )
    for path in (address(BUILDING), "/quan-tri/procedures/procedure/add/", FILES, COPY):
        shown = administrator_client.get(path).content.decode().split('id="content-main"')[-1]
        labels = set(re.findall(r'<label[^>]*for="([^"]+)"', shown))
        inputs = re.findall(r"<(?:input|select|textarea)\b[^>]*>", shown)
        named = [one for one in inputs if not re.search(r'type="(hidden|submit)"', one)]
        for one in named:
            found = re.search(r'\bid="([^"]+)"', one)
            assert "aria-label" in one or (found and found[1] in labels), one
    listed = administrator_client.get("/quan-tri/procedures/offer/").content.decode()
    for one in re.findall(r'<(?:input|select)\b[^>]*name="form-0-(?!id)[^>]*>', listed):
        assert "aria-label" in one


def test_the_pages_take_few_queries(administrator_client: Client) -> None:
    for office in Office.objects.filter(kind=Office.Kind.DESK):
        Offer.objects.bulk_create(
            Offer(office=office, procedure=procedure) for procedure in Procedure.objects.all()
        )
    pk = Procedure.objects.get(code="1.001193").pk
    for path in (
        address("1.001193"),
        f"/quan-tri/procedures/procedure/{pk}/ban/",
        FILES,
        COPY,
    ):
        administrator_client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert administrator_client.get(path).status_code == 200
        assert len(queries) <= 8, path
    with CaptureQueriesContext(connection) as queries:
        administrator_client.get("/quan-tri/procedures/offer/")
    assert len(queries) <= 15


# The file, in the browser.


def uploads(client: Client, content: bytes) -> HttpResponse:
    """Upload a file and follow."""
    return client.post(UPLOAD, {"file": SimpleUploadedFile("danh-muc.json", content)}, follow=True)


def confirms(client: Client, shown: HttpResponse) -> HttpResponse:
    """Press "Xác nhận nhập" on the page that was shown."""
    found = re.search(r'name="plan" value="([0-9a-f]+)"', shown.content.decode())
    assert found
    return client.post(REVIEW, {"plan": found[1]}, follow=True)


def test_the_export_is_the_file_and_is_recorded(administrator_client: Client) -> None:
    answer = administrator_client.post(FILES)

    assert answer.content == exported()
    assert "attachment" in answer["Content-Disposition"]
    assert AuditEvent.objects.get(name="catalogue.changed").details == {"act": "export", "count": 40}


def test_an_upload_shows_the_difference_and_changes_nothing_before_it_is_confirmed(
    administrator_client: Client, administrator: User
) -> None:
    new = row_of("1.000894", code="9.000001", name="Thủ tục mới")
    before = exported()

    shown = uploads(administrator_client, file_of(row_of("1.004222", time_limit=5), new))

    page = unescape(shown.content.decode())
    assert "1 thay đổi, 1 mới" in page
    assert "<td>7</td><td>5</td>" in re.sub(r">\s+<", "><", page)
    assert "9.000001 Thủ tục mới" in page
    assert "1.001193 Đăng ký khai sinh" in page  # missing in the file, left alone
    assert exported() == before

    done = confirms(administrator_client, shown)

    assert "Đã nhập danh mục: 1 thay đổi, 1 mới" in unescape(done.content.decode())
    assert Procedure.objects.get(code="1.004222").time_limit == 5
    assert Procedure.objects.get(code="1.004222").revisions.first().made_by == administrator
    assert not CatalogueUpload.objects.exists()


def test_a_catalogue_that_changed_meanwhile_is_shown_anew(administrator_client: Client, page: Any) -> None:
    shown = uploads(administrator_client, file_of(row_of("1.004222", time_limit=5)))
    page("1.004222", name="Đăng ký nơi thường trú")

    again = confirms(administrator_client, shown)

    told = unescape(again.content.decode())
    assert "vừa được thay đổi" in told
    assert "Đăng ký nơi thường trú" in told
    assert Procedure.objects.get(code="1.004222").time_limit == 7
    assert "Đã nhập" in unescape(confirms(administrator_client, again).content.decode())


def test_a_plan_made_up_by_a_browser_does_nothing(administrator_client: Client) -> None:
    uploads(administrator_client, file_of(row_of("1.004222", time_limit=5)))

    for plan in ("", "0" * 64, "'"):
        administrator_client.post(REVIEW, {"plan": plan})

    assert Procedure.objects.get(code="1.004222").time_limit == 7


def test_another_administrators_upload_is_not_confirmed_by_mine(
    administrator_client: Client, administrator: User
) -> None:
    uploads(administrator_client, file_of(row_of("1.004222", time_limit=5)))
    colleague = User.objects.create_superuser("quantri2", "mật khẩu đủ dài của tôi")
    browser = Client()
    browser.force_login(colleague)

    assert browser.get(REVIEW)["Location"] == FILES


def test_a_wrong_file_is_refused_with_procedure_and_field(administrator_client: Client) -> None:
    shown = uploads(administrator_client, file_of(row_of("1.004222", time_unit="<b>tuần</b>")))

    page = shown.content.decode()
    assert "Thủ tục 1.004222: time_unit" in unescape(page)
    assert "<b>tuần" not in page
    assert not CatalogueUpload.objects.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_file_of_a_catalogue_is_refused(administrator_client: Client, content: bytes) -> None:
    answer = uploads(administrator_client, content)

    assert answer.status_code == 200
    assert "Chưa nhập mục nào" in unescape(answer.content.decode())


def test_a_huge_file_is_refused_before_it_is_read_with_a_way_to_bring_it_in(
    administrator_client: Client,
) -> None:
    answer = administrator_client.post(
        UPLOAD,
        b"x",
        content_type="multipart/form-data; boundary=x",
        headers={"content-length": str(catalogue_file.MOST_BYTES * 2)},
    )

    assert answer.status_code == 413
    assert "chia thành nhiều tệp" in unescape(answer.content.decode())


def test_a_form_without_its_token_takes_no_file(administrator: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(administrator)
    given = {"file": SimpleUploadedFile("danh-muc.json", exported())}

    assert browser.post(UPLOAD, given).status_code == 403
    for path in (FILES, REVIEW, COPY):
        assert browser.post(path, {"plan": "0"}).status_code == 403
    assert not CatalogueUpload.objects.exists()


@pytest.mark.parametrize("login", ["lan", "oanh", "bao", None])
def test_nobody_else_sees_or_takes_a_file(people: None, login: str | None) -> None:
    browser = Client()
    if login:
        browser.force_login(User.objects.get(login=login))
    pk = Procedure.objects.get(code="1.001193").pk
    given = {"file": SimpleUploadedFile("danh-muc.json", exported())}
    for path in (FILES, REVIEW, COPY, f"/quan-tri/procedures/procedure/{pk}/ban/"):
        assert browser.get(path).status_code == 302
        assert browser.post(path).status_code == 302
    assert browser.post(UPLOAD, given).status_code == 302
    assert not CatalogueUpload.objects.exists()


def test_no_page_of_the_catalogue_is_kept_by_a_cache(administrator_client: Client) -> None:
    for path in (FILES, REVIEW, COPY):
        assert administrator_client.get(path)["Cache-Control"] == "no-store, private"


# Offices.


@pytest.fixture
def desks(people: None) -> tuple[Office, Office]:
    """Return the two desks."""
    return Office.objects.get(code=FIRST_OFFICE), Office.objects.get(code=SECOND_OFFICE)


@pytest.fixture
def offers(catalogue: None, desks: tuple[Office, Office]) -> None:
    """Let the first desk handle three procedures in its own way."""
    first, _second = desks
    culture = Office.objects.get(code="H23.101.02")
    economy = Office.objects.get(code="H23.101.03")
    for code, said in {
        "1.001193": {"takes_online": False, "handling_office": culture},
        BUILDING: {"time_limit": 10, "handling_office": economy},
        "1.004222": {"is_offered": False},
    }.items():
        Offer.objects.create(office=first, procedure=Procedure.objects.get(code=code), **said)


def copies(client: Client, source: Office, *targets: Office, **beside: Any) -> HttpResponse:
    """Choose from where to where."""
    given = {"source": source.pk, "targets": [target.pk for target in targets], **beside}
    return client.post(COPY, given, follow=True)


def confirmed(client: Client, source: Office, *targets: Office) -> HttpResponse:
    """Choose, look and confirm."""
    shown = copies(client, source, *targets)
    found = re.search(r'name="plan" value="([0-9a-f]+)"', shown.content.decode())
    assert found
    return copies(client, source, *targets, plan=found[1])


@pytest.mark.usefixtures("offers")
def test_settings_are_copied_after_they_were_shown(
    administrator_client: Client, desks: tuple[Office, Office]
) -> None:
    first, second = desks

    shown = unescape(copies(administrator_client, first, second).content.decode())
    assert "0 thay đổi, 3 mới" in shown
    assert not Offer.objects.filter(office=second).exists()
    done = unescape(confirmed(administrator_client, first, second).content.decode())

    assert "Đã sao chép: 0 thay đổi, 3 mới" in done
    copied = {offer.procedure.code: offer for offer in Offer.objects.filter(office=second)}
    assert not copied["1.001193"].takes_online
    assert copied[BUILDING].time_limit == 10
    assert not copied["1.004222"].is_offered
    event = AuditEvent.objects.get(name="catalogue.changed")
    assert (event.office_code, event.details) == (SECOND_OFFICE, {"act": "copy", "count": 3})


@pytest.mark.parametrize("key", ["1234567890123456789012345", "99999999999999999999", "x", "-1", "①"])
def test_an_office_that_cannot_be_is_refused_and_nothing_copied(
    administrator_client: Client, desks: tuple[Office, Office], offers: None, key: str
) -> None:
    first, second = desks

    for given in ({"source": first.pk, "targets": [second.pk, key]}, {"source": key, "targets": [second.pk]}):
        refused = administrator_client.post(COPY, given)
        assert refused.status_code == 200
        assert refused.context["form"].errors

    assert not Offer.objects.filter(office=second).exists()


@pytest.mark.usefixtures("offers")
def test_the_one_division_of_the_kind_handles_and_two_leave_it_open(
    administrator_client: Client, desks: tuple[Office, Office]
) -> None:
    first, second = desks
    confirmed(administrator_client, first, second)
    copied = {offer.procedure.code: offer for offer in Offer.objects.filter(office=second)}
    assert copied["1.001193"].handling_office == Office.objects.get(code="H23.102.02")

    confirmed(administrator_client, second, first)  # the first unit has two divisions, neither of that name
    back = Offer.objects.get(office=first, procedure__code="1.001193")
    assert back.handling_office is None


@pytest.mark.usefixtures("offers")
def test_a_division_that_is_not_clear_is_said(
    administrator_client: Client, desks: tuple[Office, Office]
) -> None:
    first, second = desks
    Office.objects.filter(code="H23.102.02").update(is_active=False)

    shown = unescape(copies(administrator_client, first, second).content.decode())

    assert shown.count("Không rõ bộ phận giải quyết nào tương ứng") == 2


@pytest.mark.usefixtures("offers")
def test_copying_again_changes_nothing_and_what_else_the_target_has_stays(
    administrator_client: Client, desks: tuple[Office, Office]
) -> None:
    first, second = desks
    own = Offer.objects.create(
        office=second, procedure=Procedure.objects.get(code="1.000894"), takes_online=False
    )
    confirmed(administrator_client, first, second)

    assert "Không có gì thay đổi" in unescape(copies(administrator_client, first, second).content.decode())
    assert Offer.objects.filter(pk=own.pk, takes_online=False).exists()


@pytest.mark.usefixtures("offers")
def test_settings_that_changed_meanwhile_are_shown_anew(
    administrator_client: Client, desks: tuple[Office, Office]
) -> None:
    first, second = desks
    shown = copies(administrator_client, first, second).content.decode()
    plan = re.search(r'name="plan" value="([0-9a-f]+)"', shown)
    assert plan
    Offer.objects.filter(office=first, procedure__code=BUILDING).update(time_limit=9)

    again = unescape(copies(administrator_client, first, second, plan=plan[1]).content.decode())

    assert "vừa được thay đổi" in again
    assert not Offer.objects.filter(office=second).exists()


def test_nothing_is_copied_onto_itself(administrator_client: Client, desks: tuple[Office, Office]) -> None:
    first, _second = desks

    assert "vào chính cơ quan đó" in unescape(copies(administrator_client, first, first).content.decode())


@pytest.mark.usefixtures("offers")
def test_offers_are_changed_in_the_list_and_the_change_is_recorded(
    administrator_client: Client, desks: tuple[Office, Office]
) -> None:
    first, _second = desks
    rows_ = list(Offer.objects.order_by("office__code", "procedure__code"))
    form: dict[str, Any] = {
        "form-TOTAL_FORMS": len(rows_),
        "form-INITIAL_FORMS": len(rows_),
        "_save": "Lưu",
    }
    for place, offer in enumerate(rows_):
        form |= {f"form-{place}-id": offer.pk, f"form-{place}-is_offered": "on"}
        form |= {f"initial-form-{place}-{field}": "True" for field in ("is_offered", "takes_online")}

    answer = administrator_client.post("/quan-tri/procedures/offer/", form, follow=True)

    assert answer.status_code == 200
    assert not Offer.objects.filter(takes_online=True).exists()
    assert AuditEvent.objects.filter(name="catalogue.changed", office_code=first.code).count() == 3


def test_the_file_of_all_procedures_has_as_many_rows() -> None:
    assert len(rows()) == 40


def test_who_saves_a_procedure_takes_back_nothing_that_a_colleague_saved_meanwhile(
    administrator_client: Client,
) -> None:
    where = address(BUILDING)
    opened_early = administrator_client.get(where)
    early = typed(opened_early) | {"as_shown": opened_early.context["as_shown"]}
    administrator_client.post(where, typed(administrator_client.get(where)) | {"steps": "Bước mới"})

    refused = administrator_client.post(where, early | {"conditions": "Điều kiện mới"})

    procedure = Procedure.objects.get(code=BUILDING)
    assert (procedure.steps, procedure.conditions == "Điều kiện mới") == ("Bước mới", False)
    assert "người khác đã sửa: Trình tự thực hiện." in errors(refused)
    assert refused.context["adminform"].form["conditions"].value() == "Điều kiện mới"
    again = early | {"conditions": "Điều kiện mới", "as_shown": refused.context["as_shown"]}
    assert administrator_client.post(where, again).status_code == 302


def test_who_saves_a_procedure_is_told_of_a_document_that_a_colleague_added(
    administrator_client: Client,
) -> None:
    where = address(BUILDING)
    opened_early = administrator_client.get(where)
    procedure = Procedure.objects.get(code=BUILDING)
    RequiredDocument.objects.create(procedure=procedure, name="Sổ đỏ", position=99, kind="submit")

    refused = administrator_client.post(
        where, typed(opened_early) | {"as_shown": opened_early.context["as_shown"]}
    )

    assert "người khác đã sửa: Thành phần hồ sơ." in errors(refused)


def test_a_list_of_offers_that_stood_open_takes_back_nothing_that_a_colleague_saved(
    administrator_client: Client,
) -> None:
    where = reverse("admin:procedures_offer_changelist")
    office = Office.objects.get(code=FIRST_OFFICE)
    first, second = (
        Offer.objects.create(procedure=Procedure.objects.get(code=code), office=office)
        for code in (BUILDING, "1.004222")
    )
    page = administrator_client.get(where).content.decode()
    early = {
        name: unescape(value)
        for name, value in re.findall(r'name="((?:initial-)?form-[^"]+)"(?: value="([^"]*)")?', page)
        if "is_offered" not in name and "takes_online" not in name and "handling" not in name
    }
    boxes = {f"form-{n}-{field}": "on" for n in (0, 1) for field in ("is_offered", "takes_online")}
    shown = {f"initial-{name}": "True" for name in boxes}
    Offer.objects.filter(pk__in=(first.pk, second.pk)).update(takes_online=False)

    limits = {f"form-{n}-time_limit": "" for n in (0, 1)} | {"form-1-time_limit": "7"}
    answer = administrator_client.post(where, early | boxes | shown | limits | {"_save": "1"})

    assert answer.status_code == 302, errors(answer)
    kept = list(Offer.objects.order_by("procedure__code").values_list("takes_online", "time_limit"))
    assert sorted(kept, key=str) == [(False, 7), (False, None)]


def test_numbers_are_asked_for_as_text_which_every_browser_sends_as_it_was_typed(
    administrator_client: Client,
) -> None:
    procedure, office = Procedure.objects.get(code=BUILDING), Office.objects.get(code=FIRST_OFFICE)
    Offer.objects.create(procedure=procedure, office=office, time_limit=5)
    for address in (
        reverse("admin:procedures_offer_changelist"),
        reverse("admin:procedures_offer_add"),
        reverse("admin:procedures_procedure_change", args=[procedure.pk]),
    ):
        page = administrator_client.get(address).content.decode()
        assert 'time_limit"' in page
        assert 'type="number"' not in page


def test_who_lets_offices_handle_a_procedure_as_the_catalogue_says_again_is_on_record(
    administrator_client: Client, administrator: User
) -> None:
    office = Office.objects.get(code=FIRST_OFFICE)
    first, *rest = (
        Offer.objects.create(procedure=Procedure.objects.get(code=code), office=office, is_offered=False)
        for code in (BUILDING, "1.004222", "1.001193")
    )
    administrator_client.post(reverse("admin:procedures_offer_delete", args=[first.pk]), {"post": "yes"})
    several = {"action": "delete_selected", "_selected_action": [one.pk for one in rest], "post": "yes"}
    administrator_client.post(reverse("admin:procedures_offer_changelist"), several)

    assert not Offer.objects.exists()
    events = AuditEvent.objects.filter(name="catalogue.changed", actor=administrator)
    assert sorted((event.office_code, event.details["procedure"]) for event in events) == [
        (FIRST_OFFICE, code) for code in sorted((BUILDING, "1.004222", "1.001193"))
    ]
