"""Events whose time is over go, and the log is whole all the same; what goes in any other way is missed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.audit import chain, erasing
from motcua.audit.models import AuditBatch, AuditEvent
from motcua.audit.service import LIFETIMES, Retention, erase_expired, record, seal
from tests.audit.conftest import NOW, Sql, happen, run_audit

pytestmark = pytest.mark.django_db
YEAR = LIFETIMES[Retention.SECURITY]
assert YEAR is not None
SEALED = NOW + timedelta(minutes=1)


@pytest.fixture
def mixed(db: None) -> dict[str, list[int]]:
    """Return the ids of log-ins and receptions that alternate in one batch."""
    ids: dict[str, list[int]] = {"account.logged_in": [], "dossier.received": [], "check.lookup": []}
    for _ in range(4):
        for name, kept in ids.items():
            kept += happen(1, name=name)
    seal(now=SEALED)
    return ids


def test_each_class_goes_when_its_time_is_over(mixed: dict[str, list[int]]) -> None:
    assert erase_expired(now=SEALED + YEAR) == {"security": 4, "check": 0, "dossier": 0}
    assert not AuditEvent.objects.filter(name="account.logged_in").exists()
    assert AuditEvent.objects.filter(name="dossier.received").count() == 4

    later = erase_expired(now=SEALED + 11 * YEAR)
    assert later == {"security": 0, "check": 4, "dossier": 4}


@pytest.mark.parametrize(
    ("retention", "years"), [(Retention.SECURITY, 1), (Retention.CHECK, 5), (Retention.DOSSIER, 10)]
)
def test_a_log_in_is_kept_a_year_a_check_five_years_and_a_dossier_ten(
    mixed: dict[str, list[int]], retention: Retention, years: int
) -> None:
    anniversary = SEALED.replace(year=SEALED.year + years)

    assert erase_expired(now=anniversary - timedelta(days=1))[retention] == 0
    assert erase_expired(now=anniversary + timedelta(days=3))[retention] == 4


def test_the_log_is_whole_after_erasing_and_says_how_many_went(mixed: dict[str, list[int]]) -> None:
    erase_expired(now=SEALED + YEAR)
    code, said = run_audit("verify")

    assert code == 0
    assert "9 events sealed in 2 batches, 4 erased when their time was over" in said


def test_erasing_is_itself_recorded(mixed: dict[str, list[int]]) -> None:
    erase_expired(now=SEALED + YEAR)
    told = AuditEvent.objects.get(name="audit.erased").details

    assert told["class"] == "security"
    assert told["count"] == 4
    assert told["ids"] == ",".join(map(str, mixed["account.logged_in"]))


def test_a_day_too_early_nothing_goes(mixed: dict[str, list[int]]) -> None:
    assert sum(erase_expired(now=SEALED + YEAR - timedelta(days=1)).values()) == 0


def test_what_was_never_sealed_stays(db: None) -> None:
    happen(3, name="account.logged_in")

    assert sum(erase_expired(now=NOW + 2 * YEAR).values()) == 0


def test_of_two_who_erase_at_one_moment_the_second_erases_and_records_nothing(
    mixed: dict[str, list[int]], sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = erasing._deleted

    def late(spans: list[chain.Span]) -> int:
        sql("DELETE FROM audit_auditevent WHERE id = %s", spans[0][0])
        return real(spans)

    monkeypatch.setattr(erasing, "_deleted", late)

    assert erase_expired(now=SEALED + YEAR)["security"] == 0
    assert AuditEvent.objects.count() == 12


def test_a_dry_run_counts_and_leaves_all(mixed: dict[str, list[int]]) -> None:
    assert erase_expired(now=SEALED + YEAR, dry_run=True)["security"] == 4
    assert AuditEvent.objects.count() == 12


def test_a_record_that_was_changed_so_that_it_goes_early_stays(
    mixed: dict[str, list[int]], sql: Sql, caplog: pytest.LogCaptureFixture
) -> None:
    changed = mixed["dossier.received"][1]
    sql("UPDATE audit_auditevent SET name = 'account.logged_in' WHERE id = %s", changed)

    assert erase_expired(now=SEALED + YEAR)["security"] == 4
    assert f"audit.not_erased ids={changed}" in caplog.text
    assert f"First bad record: event {changed}: was changed" in run_audit("verify")[1]


def test_a_record_that_was_deleted_beside_erased_ones_is_missed(
    mixed: dict[str, list[int]], sql: Sql
) -> None:
    erase_expired(now=SEALED + YEAR)
    sql("DELETE FROM audit_auditevent WHERE id = %s", mixed["dossier.received"][2])

    said = run_audit("verify")[1]
    assert f"First bad record: event {mixed['dossier.received'][2]}: is missing; sealed in batch 1" in said
    assert "Also" not in said


def test_a_forged_permission_to_erase_excuses_nothing(mixed: dict[str, list[int]], sql: Sql) -> None:
    gone = mixed["dossier.received"][0]
    sql(
        "INSERT INTO audit_auditevent (id, at, name, office_code, subject, details, mac) "
        "VALUES (%s, '2037-01-01 00:00:00', 'audit.erased', '', '', %s, 'f00d')",
        max(mixed["check.lookup"]) + 1,
        f'{{"class": "dossier", "days": 1, "count": 1, "ids": "{gone}"}}',
    )
    sql("DELETE FROM audit_auditevent WHERE id = %s", gone)

    assert f"First bad record: event {gone}: is missing" in run_audit("verify")[1]


def test_an_erasure_before_its_time_is_named(
    mixed: dict[str, list[int]], sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was set forward and back again must not empty the log."""
    from motcua.audit import erasing

    gone = mixed["dossier.received"][0]
    sql("DELETE FROM audit_auditevent WHERE id = %s", gone)
    details = {"class": "dossier", "days": 3653, "count": 1, "ids": str(gone)}
    record(name="audit.erased", now=SEALED + timedelta(days=3), details=details)

    assert erasing is not None
    assert f"First bad record: event {gone}: was erased too early" in run_audit("verify")[1]


def test_the_command_tells_counts(mixed: dict[str, list[int]]) -> None:
    code, said = run_audit("erase", "--dry-run")

    assert code == 0
    assert said.startswith("Would be erased: security ")
    assert AuditBatch.objects.count() == 1


def test_by_a_clock_in_doubt_the_command_erases_nothing_unless_told_to(
    mixed: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: SEALED + YEAR)

    code, said = run_audit("erase")
    assert (code, "Nothing was erased" in said, "--clock-is-right" in said) == (2, True, True)
    assert AuditEvent.objects.filter(name="account.logged_in").count() == 4

    code, said = run_audit("erase", "--clock-is-right")
    assert (code, said.startswith("Erased: security 4")) == (0, True)


def test_a_busy_day_whose_log_ins_stand_apart_goes_too(db: None) -> None:
    names = ["account.logged_in", "dossier.received"]
    for number in range(2_010):
        record(name=names[number % 2], now=NOW, details={} if number % 2 == 0 else {"procedure": "1.0"})
    seal(now=SEALED)

    assert erase_expired(now=SEALED + YEAR)["security"] == 1_005
    assert AuditEvent.objects.filter(name="dossier.received").count() == 1_005
    assert run_audit("verify")[0] == 0
