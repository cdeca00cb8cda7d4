"""Recording: what is declared and nothing else, once and for all."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from motcua.audit.models import AuditBatch, AuditEvent
from motcua.audit.service import EVENTS, record, seal
from tests.audit.conftest import NOW, Sql

pytestmark = pytest.mark.django_db


def test_an_event_that_is_not_declared_is_refused() -> None:
    with pytest.raises(KeyError):
        record(name="account.abducted", now=NOW)


def test_a_detail_that_is_not_declared_is_refused() -> None:
    with pytest.raises(KeyError, match="has no detail number"):
        record(name="dossier.received", now=NOW, details={"procedure": "1.0", "number": "x"})


def test_a_fraction_is_refused() -> None:
    with pytest.raises(TypeError, match="fraction"):
        record(name="limit.alarm", now=NOW, details={"rate": 0.5})


@pytest.mark.parametrize("model", [AuditEvent, AuditBatch])
def test_no_row_is_changed_or_deleted_through_its_model(
    log: list[int], model: type[AuditEvent | AuditBatch]
) -> None:
    row = model.objects.first()
    refused = (
        row.save,
        row.delete,
        model.objects.all().delete,
        lambda: model.objects.update(pk=5),
        lambda: model.objects.bulk_update([row], ["pk"]),
        lambda: model.objects.bulk_create([]),
        lambda: model.objects.update_or_create(pk=row.pk),
    )
    for change in refused:
        with pytest.raises(TypeError, match="append-only"):
            change()


def test_two_events_alike_in_everything_have_two_macs() -> None:
    one, other = (record(name="account.logged_in", now=NOW) for _ in range(2))

    assert one.mac != other.mac


def test_texts_moments_and_lists_of_every_kind_are_proved_on_this_database(sql: Sql) -> None:
    from tests.audit.conftest import run_audit

    for at in (NOW, NOW.replace(microsecond=0), NOW + timedelta(days=300), NOW.replace(microsecond=120_000)):
        record(
            name="account.profile_changed",
            now=at,
            subject="Đặng 😀 \"'\\%s\n",
            details={"changed": ["Ngày sinh", 'a"\\\u2028', 10**15, -1, True, None, []]},
        )

    assert run_audit("verify")[0] == 0


def test_every_event_and_every_detail_has_its_sentence() -> None:
    for event in EVENTS.values():
        for text in (str(event.sentence), *map(str, event.fields.values())):
            assert text.endswith("."), text
            assert unicodedata.is_normalized("NFC", text)
            assert text[0] == text[0].upper()


def test_the_administrator_reads_sentences_and_changes_nothing(
    log: list[int], administrator_client: Client
) -> None:
    page = administrator_client.get("/quan-tri/audit/auditevent/").content.decode()
    assert "Cán bộ tiếp nhận hồ sơ." in page

    for address in ("auditevent", "auditbatch"):
        assert administrator_client.get(f"/quan-tri/audit/{address}/").status_code == 200
        assert administrator_client.get(f"/quan-tri/audit/{address}/add/").status_code == 403
    page = administrator_client.get("/quan-tri/audit/auditbatch/2/change/").content.decode()
    assert "_save" not in page
    assert administrator_client.post("/quan-tri/audit/auditbatch/2/delete/").status_code == 403


def test_the_list_of_batches_reads_no_leaves(administrator_client: Client) -> None:
    record(name="product.started", now=timezone.now())
    seal(now=timezone.now())

    with CaptureQueriesContext(connection) as queries:
        page = administrator_client.get("/quan-tri/audit/auditbatch/").content.decode()

    asked = [query["sql"] for query in queries if "audit_auditbatch" in query["sql"]]
    assert 'id="result_list"' in page
    assert asked
    assert not any("leaves" in sql for sql in asked)


def test_what_was_recorded_before_there_were_macs_is_given_them(sql: Sql) -> None:
    from importlib import import_module

    from django.apps import apps
    from django.db import connection

    from tests.audit.conftest import happen, run_audit

    happen(3)
    sql("UPDATE audit_auditevent SET mac = ''")
    with pytest.MonkeyPatch.context() as patch:
        from django.db.models import QuerySet

        patch.setattr(AuditEvent.objects._queryset_class, "bulk_update", QuerySet.bulk_update)
        patch.setattr(AuditEvent.objects._queryset_class, "update", QuerySet.update)
        import_module("motcua.audit.migrations.0002_sealed").give_macs(apps, connection.schema_editor)

    assert run_audit("verify")[0] == 0
