"""The checks and the log are compared: what was edited, deleted or put in is named."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from motcua.audit.models import AuditEvent
from motcua.audit.service import archive, verify
from motcua.identity.register import TouchPoint
from motcua.verification import logged
from motcua.verification.keeping import erase_old_checks
from motcua.verification.logged import compare_with_log
from motcua.verification.models import IdentityCheck
from tests.audit.conftest import run_audit
from tests.verification.checks import NOW, check_at
from tests.verification.test_proofs import OTHERS

pytestmark = pytest.mark.django_db
AFTER = (NOW.date().replace(day=1) + timedelta(days=32)).replace(day=1)
LATER = NOW + timedelta(days=70)


@pytest.fixture
def checks(register, officer) -> list[IdentityCheck]:
    """Return five checks, in the order of their ids."""
    made = [
        check_at(TouchPoint.RECEPTION, officer, now=NOW + timedelta(minutes=minutes)) for minutes in range(5)
    ]
    return sorted(made, key=lambda check: check.id)


def unsigned(request_id: str, **columns) -> IdentityCheck:
    return IdentityCheck.objects.create(request_id=request_id, touch_point="filing", purpose="x", **columns)


def forget_events(**which) -> None:
    """Delete entries of the log as somebody with the database's password would."""
    keys = list(AuditEvent.objects.filter(name="check.answered", **which).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {AuditEvent._meta.db_table} WHERE id = %s", [[key] for key in keys])


def test_untouched_checks_agree_with_the_log(checks) -> None:
    assert compare_with_log() == logged.Comparison(5, None)


def test_an_empty_product_has_no_difference(db) -> None:
    assert compare_with_log() == logged.Comparison(0, None)


@pytest.mark.parametrize("place", [0, 2, 4])
@pytest.mark.parametrize("column", sorted(OTHERS))
def test_an_edited_check_is_named(checks, place: int, column: str) -> None:
    edited = checks[place]
    IdentityCheck.objects.filter(pk=edited.pk).update(**{column: OTHERS[column]})

    found = compare_with_log()

    assert found.difference is not None
    assert edited.code in found.difference
    assert edited.request_id in found.difference
    assert found.agreed == place


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_deleted_check_is_named(checks, place: int) -> None:
    gone = checks[place]
    IdentityCheck.objects.filter(pk=gone.pk).delete()

    assert f"{gone.code} ({gone.request_id}): answered by the log, but the check is gone" in (
        compare_with_log().difference or ""
    )


def test_an_outcome_that_was_taken_back_is_named(checks) -> None:
    IdentityCheck.objects.filter(pk=checks[1].pk).update(outcome="", answered_at=None)

    assert checks[1].request_id in (compare_with_log().difference or "")


def test_a_check_that_was_put_in_is_named(checks) -> None:
    unsigned("MC-FORGED", asked_at=NOW, answered_at=NOW + timedelta(days=1), outcome="verified")

    assert "MC-FORGED): has an outcome of which the log knows nothing" in (
        compare_with_log().difference or ""
    )


def test_a_second_entry_of_one_check_is_named(checks) -> None:
    event = AuditEvent.objects.filter(name="check.answered", subject=checks[3].id.hex).get()
    AuditEvent.objects.create(at=event.at, name=event.name, subject=event.subject, details=event.details)

    assert f"{checks[3].request_id}): stands in the log 2 times" in (compare_with_log().difference or "")


def test_an_entry_without_its_facts_is_named_and_breaks_nothing(checks) -> None:
    AuditEvent.objects.create(at=NOW, name="check.answered", subject="no id", details={})

    assert "no id" in (compare_with_log().difference or "")


def test_checks_from_before_the_log_and_questions_under_way_are_left_alone(checks) -> None:
    long_ago = NOW - timedelta(days=99)
    unsigned("MC-OLD", asked_at=long_ago, answered_at=long_ago, outcome="verified")
    unsigned("MC-PENDING", asked_at=NOW)

    assert compare_with_log() == logged.Comparison(5, None)


def test_when_the_log_has_forgotten_its_oldest_part_the_rest_still_agrees(checks) -> None:
    forget_events(at__lt=NOW + timedelta(minutes=2))

    assert compare_with_log() == logged.Comparison(3, None)


def test_a_check_that_is_answered_while_it_is_compared_is_no_difference(
    checks, register, officer, monkeypatch
) -> None:
    seen = logged._events

    def slow():
        yield from list(seen())[:-1]  # as if the last entry had come after the log was read

    monkeypatch.setattr(logged, "_events", slow)

    assert compare_with_log().difference is None


@pytest.mark.parametrize("piece", [1, 2, 5])
def test_the_pieces_in_which_rows_are_read_make_no_difference(checks, monkeypatch, piece: int) -> None:
    monkeypatch.setattr(logged, "_PIECE", piece)

    assert compare_with_log() == logged.Comparison(5, None)


def test_the_command_that_verifies_the_log_names_an_edited_check(
    checks, settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_HEADS = tmp_path / "audit-heads.jsonl"
    code, said = run_audit("verify")
    assert code == 0
    assert "5 checks of identities agree with it." in said

    IdentityCheck.objects.filter(pk=checks[3].pk).update(outcome="rejected")
    code, said = run_audit("verify")
    assert code == 1
    assert f"First bad record: check {checks[3].code} ({checks[3].request_id}): says something else" in said


@pytest.mark.parametrize("subject", ["", "g" * 32])
@pytest.mark.parametrize("details", [{}, [], "text", None, 7])
def test_an_entry_that_a_hand_wrote_is_named_and_breaks_nothing(checks, subject: str, details) -> None:
    event = AuditEvent.objects.create(at=NOW, name="check.answered", subject=subject, details={})
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {AuditEvent._meta.db_table} SET details = %s WHERE id = %s",
            [json.dumps(details), event.pk],
        )

    found = compare_with_log().difference or ""
    assert found.startswith(f"check {subject or 'without an id'} ")
    assert "the check is gone" in found


@pytest.mark.parametrize("details", ["[1]", "[" * 1000 + "]" * 1000], ids=["a list", "too deep to be read"])
def test_details_that_are_no_object_differ_from_the_check(checks, details: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {AuditEvent._meta.db_table} SET details = %s WHERE subject = %s",
            [details, checks[2].id.hex],
        )

    assert f"{checks[2].request_id}): says something else" in (compare_with_log().difference or "")


@pytest.fixture
def archived(checks, settings: Settings, tmp_path: Path) -> Path:
    """Archive the month of the checks, and return the folder."""
    settings.AUDIT_HEADS = tmp_path / "audit-heads.jsonl"
    folder = tmp_path / "archive"
    month = NOW.date().replace(day=1)
    assert [done.month for done in archive(before=AFTER, folder=folder, now=LATER, operator="thu")] == [month]
    assert not AuditEvent.objects.filter(name="check.answered").exists()
    return folder


def test_checks_of_an_archived_month_are_compared_with_the_files(archived: Path) -> None:
    report = verify(now=LATER, brought=archived)

    assert compare_with_log(report.held) == logged.Comparison(5, None)


def test_without_the_files_it_is_said_that_they_were_not_compared(checks, archived: Path) -> None:
    IdentityCheck.objects.filter(pk=checks[1].pk).update(outcome="rejected")
    code, said = run_audit("verify")

    assert code == 0
    assert f"Those of {NOW:%m/%Y} were not compared: their entries were archived." in said


@pytest.mark.parametrize("place", [0, 4])
def test_a_deleted_check_of_an_archived_month_is_named(checks, archived: Path, place: int) -> None:
    gone = checks[place]
    IdentityCheck.objects.filter(pk=gone.pk).delete()
    code, said = run_audit("verify", "--archive", str(archived))

    assert code == 1
    assert f"{gone.code} ({gone.request_id}): answered by the log, but the check is gone" in said


def test_an_edited_check_of_an_archived_month_is_named(checks, archived: Path) -> None:
    IdentityCheck.objects.filter(pk=checks[3].pk).update(outcome="rejected")
    code, said = run_audit("verify", "--archive", str(archived))

    assert code == 1
    assert f"{checks[3].request_id}): says something else than the log says" in said


def test_a_check_that_was_put_into_an_archived_month_is_named(checks, archived: Path) -> None:
    at = NOW + timedelta(hours=1)
    unsigned("MC-FORGED", asked_at=at, answered_at=at, outcome="verified")

    assert run_audit("verify")[0] == 0
    assert (
        "MC-FORGED): has an outcome of which the log knows nothing"
        in run_audit("verify", "--archive", str(archived))[1]
    )


def test_new_checks_beside_archived_ones_are_compared_as_ever(
    checks, archived: Path, register, officer
) -> None:
    new = check_at(TouchPoint.RECEPTION, officer, now=LATER)
    assert compare_with_log(verify(now=LATER).held).agreed == 1
    assert compare_with_log(verify(now=LATER, brought=archived).held) == logged.Comparison(6, None)

    unsigned("MC-FORGED", asked_at=LATER, answered_at=LATER, outcome="verified")
    assert "MC-FORGED" in (compare_with_log(verify(now=LATER).held).difference or "")
    IdentityCheck.objects.filter(request_id="MC-FORGED").delete()
    forget_events(subject=new.id.hex)
    assert "knows nothing" in (compare_with_log(verify(now=LATER, brought=archived).held).difference or "")


def test_an_entry_that_stands_in_a_file_and_in_the_log_is_named(checks, archived: Path) -> None:
    AuditEvent.objects.create(at=LATER, name="check.answered", subject=checks[0].id.hex, details={})

    assert f"{checks[0].request_id}): stands in the log 2 times" in (
        compare_with_log(verify(now=LATER, brought=archived).held).difference or ""
    )


def test_a_month_whose_files_may_be_gone_and_are_is_forgotten(checks, archived: Path) -> None:
    over = LATER + timedelta(days=6 * 366)
    for path in archived.iterdir():
        path.unlink()

    assert compare_with_log(verify(now=over, brought=archived).held) == logged.Comparison(0, None)


def test_a_check_is_kept_as_long_as_the_file_with_its_entry(
    checks, archived: Path, settings: Settings, register, officer
) -> None:
    settings.KEEP_CHECKS_YEARS = 1
    check_at(TouchPoint.RECEPTION, officer, now=LATER)  # its own entry stands in the log
    assert erase_old_checks(now=LATER + timedelta(days=4 * 366)) == 0
    assert erase_old_checks(now=LATER + timedelta(days=6 * 366)) == 5


def test_a_check_whose_time_is_over_is_not_missed_where_its_file_was_kept_longer(
    checks, archived: Path, settings: Settings
) -> None:
    settings.KEEP_CHECKS_YEARS = 1
    over = LATER + timedelta(days=6 * 366)
    changed = checks.pop()
    assert erase_old_checks(now=over) == 5
    assert compare_with_log(verify(now=over, brought=archived).held) == logged.Comparison(0, None)

    unsigned(changed.request_id, id=changed.id, asked_at=NOW, answered_at=NOW, outcome="verified")
    said = compare_with_log(verify(now=over, brought=archived).held).difference or ""
    assert f"{changed.request_id}): says something else than the log says" in said
