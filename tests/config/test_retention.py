"""What is kept no longer goes, each thing after its own time; counting deletes nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.utils import timezone

from motcua.accounts.models import Citizen, FailedLogin, Notice, User
from motcua.audit.models import AuditEvent
from motcua.audit.service import clock_in_doubt, record, seal
from motcua.config import retention, work
from motcua.dossiers.models import Dossier, TrackTry, Upload
from motcua.messaging.models import Mailbox
from motcua.outbox.models import Parcel
from motcua.oversight.models import CheckReview, Objection
from motcua.procedures.models import Procedure
from motcua.verification.models import IdentityCheck, WaitingRecord
from motcua.verification.proofs import log_check
from motcua.web.logs import scrub
from tests.people import cast
from tests.reception.conftest import Desk, desk

__all__ = ["desk"]

NOW = datetime(2032, 2, 29, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.django_db


def a_check(at: datetime, **other: Any) -> IdentityCheck:
    """Write a check that was answered at once."""
    given = {"touch_point": "filing", "purpose": "Nộp hồ sơ", "number_masked": "999******001"}
    return IdentityCheck.objects.create(
        request_id=f"MC-{IdentityCheck.objects.count()}", number_digest="d", claim_digest="c", outcome="rejected",
        asked_at=at, answered_at=at, **given, **other,
    )  # fmt: skip


def waiting_record(at: datetime) -> None:
    WaitingRecord.objects.create(
        identity_check=a_check(NOW), said="{}", expires_at=at + timedelta(minutes=30)
    )


def failed_log_in(at: datetime) -> None:
    FailedLogin.objects.create(login_digest="d", at=at)


def wrong_pair(at: datetime) -> None:
    TrackTry.objects.create(what="d", at=at)


def session(at: datetime) -> None:
    Session.objects.create(session_key=str(Session.objects.count()), session_data="", expire_date=at)


def draft(at: datetime) -> None:
    procedure = Procedure.objects.all()[Dossier.objects.count()]
    citizen = Citizen.objects.select_related("user").order_by("id")[0]
    Dossier.objects.create(
        citizen=citizen, procedure=procedure, office=User.objects.get(login="lan").office,
        channel=Dossier.Channel.ONLINE, created_at=at, saved_at=at,
    )  # fmt: skip


def upload(at: datetime) -> None:
    draft(NOW)
    dossier = Dossier.objects.order_by("created_at").last()
    assert dossier is not None
    Upload.objects.create(dossier=dossier, name="to.pdf", size=9, begun_at=at, touched_at=at)


def journal_entry(at: datetime) -> None:
    LogEntry.objects.create(
        user=User.objects.get(login="quantri"), action_flag=CHANGE, object_repr="lan", action_time=at
    )


def read_message(at: datetime) -> None:
    lan = User.objects.get(login="lan")
    Notice.objects.create(user=lan, text="Đã nộp.", created_at=at - timedelta(days=900), read_at=at)


def sent(at: datetime) -> None:
    Parcel.objects.create(topic="email", made_at=at, not_before=at, taken_at=at)


def in_mailbox(at: datetime) -> None:
    Mailbox.objects.create(channel="email", address="an@vidu.vn", body="Đã nộp.", sent_at=at)


def review(at: datetime) -> None:
    CheckReview.objects.create(
        check_made=a_check(at),
        finding="justified",
        reviewed_by=User.objects.get(login="oanh"),
        reviewed_at=at,
    )


FIVE_YEARS = NOW - datetime(2027, 2, 28, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "make", "ends_after"),
    [
        ("waiting records", waiting_record, timedelta(minutes=30)),
        ("failed log-ins", failed_log_in, timedelta(hours=1)),
        ("tries to follow", wrong_pair, timedelta(hours=1)),
        ("sessions", session, timedelta(0)),
        ("unfinished uploads", upload, timedelta(days=2)),
        ("unfinished drafts", draft, timedelta(days=30)),
        ("read messages", read_message, timedelta(days=365)),
        ("admin journal", journal_entry, timedelta(days=365)),
        ("sent to others", sent, timedelta(days=90)),
        ("mailbox of a trial", in_mailbox, timedelta(days=7)),
        ("findings on checks", review, FIVE_YEARS),
        ("identity checks", a_check, FIVE_YEARS),
    ],
)
def test_each_thing_goes_after_its_own_time_and_not_before(
    people: None, catalogue: None, what: str, make: Callable[[datetime], object], ends_after: timedelta
) -> None:
    make(NOW - ends_after - SECOND)
    make(NOW - ends_after + SECOND)
    (rule,) = (rule for rule in retention.rules() if rule.what == what)

    assert rule.erase(now=NOW, dry_run=True) == 1
    assert rule.erase(now=NOW, dry_run=True) == 1
    assert rule.erase(now=NOW, dry_run=False) == 1
    assert rule.erase(now=NOW, dry_run=False) == 0
    assert rule.erase(now=NOW + 2 * SECOND, dry_run=True) == 1


def test_a_check_on_which_a_dossier_or_an_account_stands_stays_with_it(
    desk: Desk, citizen_an: Citizen
) -> None:
    long_ago = NOW - timedelta(days=365 * 20)
    desk.checks(cast.an)
    assert desk.saves().is_receipt
    Citizen.objects.filter(pk=citizen_an.pk).update(registration_check=a_check(long_ago))
    repeated = a_check(long_ago)
    again = a_check(NOW, repeats=repeated)
    IdentityCheck.objects.exclude(pk=again.pk).update(asked_at=long_ago, answered_at=long_ago)
    (rule,) = (rule for rule in retention.rules() if rule.what == "identity checks")

    assert rule.erase(now=NOW, dry_run=False) == 1

    assert not IdentityCheck.objects.filter(pk=repeated.pk).exists()
    again.refresh_from_db()
    assert again.repeats is None
    assert Dossier.objects.get().identity_check is not None
    assert IdentityCheck.objects.count() == 3


def test_unread_messages_and_filed_dossiers_are_kept(officer: User, desk: Desk) -> None:
    Notice.objects.create(user=officer, text="Chưa đọc.", created_at=NOW - timedelta(days=900))
    desk.checks(cast.an)
    assert desk.saves().is_receipt
    Dossier.objects.update(saved_at=NOW - timedelta(days=900))

    for rule in retention.rules():
        rule.erase(now=NOW, dry_run=False)

    assert Notice.objects.filter(user=officer).count() == Dossier.objects.count() == 1


def run(*words: str) -> int:
    """Run ``motcua retention``; return its exit code."""
    parser = ArgumentParser()
    retention.declare(parser)
    return retention.run(parser.parse_args(words))


def test_the_dry_run_prints_what_would_go_and_deletes_nothing(capsys: Any) -> None:
    failed_log_in(NOW - timedelta(days=9000))

    assert run("--dry-run") == 0
    told = capsys.readouterr().out.splitlines()
    assert "would be deleted" in told[0]
    assert [line.split() for line in told if "log-ins" in line] == [["failed", "log-ins", "1", "hour", "1"]]
    assert FailedLogin.objects.exists()

    assert run() == 0
    assert "would" not in capsys.readouterr().out
    assert not FailedLogin.objects.exists()


def test_one_rule_that_fails_keeps_no_other_from_being_followed(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, caplog: Any
) -> None:
    def fails(*, now: datetime, dry_run: bool) -> int:
        raise RuntimeError("a mistake of ours")

    session(NOW - timedelta(days=9000))
    monkeypatch.setattr("motcua.accounts.tries.erase_failed_log_ins", fails)

    assert run() == 1
    assert "retention.failed what=failed_log-ins error=RuntimeError" in caplog.text
    assert not Session.objects.exists()


def test_the_work_that_waits_deletes_once_a_day(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr(retention, "_erased_on", None)
    counts = []
    for hours in (0, 1, 23, 24, 25):
        failed_log_in(NOW - timedelta(days=30))
        with caplog.at_level("INFO", logger="motcua.work"):
            retention.erase_once_a_day(now=NOW + timedelta(hours=hours))
        counts.append(FailedLogin.objects.count())

    assert counts == [0, 1, 0, 1, 2]
    assert caplog.text.count("retention.erased what=failed_log-ins") == 2


@pytest.mark.parametrize(
    ("make", "ends_after"),
    [
        (waiting_record, timedelta(minutes=30)),
        (failed_log_in, timedelta(hours=1)),
        (wrong_pair, timedelta(hours=1)),
        (session, timedelta(0)),
    ],
)
def test_what_lives_for_hours_is_not_left_lying_until_midnight(
    people: None,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[datetime], object],
    ends_after: timedelta,
) -> None:
    evening = datetime(2032, 3, 1, 9, 55, tzinfo=UTC)  # the last question of the day, at 16:55
    monkeypatch.setattr(retention, "_erased_on", timezone.localdate(evening))
    make(evening)
    kept = lambda: sum(model.objects.count() for model in (WaitingRecord, FailedLogin, TrackTry, Session))  # noqa: E731

    for after, count in ((ends_after - SECOND, 1), (ends_after + SECOND, 0)):
        monkeypatch.setattr(work, "_house_at", 0.0)
        monkeypatch.setattr(work, "_short_at", 0.0)
        work._keep_house(evening + after)
        assert kept() == count


def test_what_lives_for_hours_is_looked_for_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[datetime] = []
    clock = [1000.0]
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(retention, "erase_short_lived", lambda *, now: looks.append(now))
    monkeypatch.setattr(work, "_house_at", 0.0)
    monkeypatch.setattr(work, "_short_at", 0.0)
    for seconds in (0, 5, 55, 61, 66):
        clock[0] = 1000.0 + seconds
        work._keep_house(NOW)

    assert len(looks) == 2


@pytest.fixture
def sealed(settings: Any, tmp_path: Path) -> Callable[[datetime], None]:
    """Return what records something and seals it at a moment."""
    settings.AUDIT_HEADS = tmp_path / "audit-heads.jsonl"

    def do(at: datetime) -> None:
        record(name="product.started", now=at)
        assert seal(now=at).batches == 1

    return do


def test_a_clock_set_years_ahead_erases_nothing_for_three_days_whatever_is_done_by_it(
    sealed: Callable[[datetime], None],
) -> None:
    days = timedelta(days=1)
    assert clock_in_doubt(now=NOW) == ""
    for day in range(3):
        sealed(NOW + day * days)
        assert clock_in_doubt(now=NOW + day * days) == ""

    ahead = NOW + 3650 * days
    assert "between 02/03/2032 and" in clock_in_doubt(now=ahead)
    for day in range(3):
        sealed(ahead + day * days)
        assert clock_in_doubt(now=ahead + day * days)
    assert clock_in_doubt(now=NOW + 3 * days) == ""


def test_a_machine_that_was_off_for_weeks_erases_again_after_three_days(
    sealed: Callable[[datetime], None],
) -> None:
    sealed(NOW)
    assert clock_in_doubt(now=NOW + timedelta(days=13)) == ""
    back = NOW + timedelta(days=40)
    sealed(back)

    assert clock_in_doubt(now=back + timedelta(days=2))
    assert clock_in_doubt(now=back + timedelta(days=3, minutes=1)) == ""


def test_by_a_clock_in_doubt_the_command_deletes_only_what_is_asked_for_all_the_same(
    sealed: Callable[[datetime], None], capsys: Any
) -> None:
    failed_log_in(NOW - timedelta(days=9000))
    sealed(timezone.now() - timedelta(days=400))

    assert run() == 1
    assert "--clock-is-right" in capsys.readouterr().err
    assert run("--dry-run") == 0
    assert FailedLogin.objects.exists()
    assert run("--clock-is-right") == 0
    assert not FailedLogin.objects.exists()


def test_by_a_clock_in_doubt_the_work_that_waits_neither_erases_nor_balances(
    sealed: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    done: list[str] = []
    for name in ("config.retention.erase_once_a_day", "oversight.balancing.run_due_balance"):
        monkeypatch.setattr(f"motcua.{name}", lambda *, now, name=name: done.append(name))
    sealed(NOW)
    for at in (NOW + timedelta(days=400), NOW + timedelta(days=400, hours=1), NOW + timedelta(days=1)):
        monkeypatch.setattr(work, "_house_at", 0.0)
        work._keep_house(at)
        assert bool(done) is (at < NOW + timedelta(days=2))

    assert len(done) == 2
    assert caplog.text.count("work.clock_in_doubt") == 1
    assert "the last seal before is 400 days old" in scrub(caplog.text)  # dates are not in the log


def test_a_check_stays_while_the_log_has_its_entry(people: None) -> None:
    long_ago = NOW - timedelta(days=365 * 20)
    check = a_check(long_ago)
    log_check(check, "a digest", by=None)
    (rule,) = (rule for rule in retention.rules() if rule.what == "identity checks")

    assert rule.erase(now=NOW, dry_run=True) == rule.erase(now=NOW, dry_run=False) == 0
    AuditEvent.objects.all()._raw_delete(using="default")
    assert rule.erase(now=NOW, dry_run=False) == 1


def test_the_log_is_told_of_what_was_kept_for_long(people: None, catalogue: None) -> None:
    draft(NOW - timedelta(days=9000))
    failed_log_in(NOW - timedelta(days=9000))

    assert run() == 0

    (event,) = AuditEvent.objects.filter(name="retention.run")
    assert event.details == {"class": "unfinished drafts", "count": 1}


def test_what_was_said_about_a_check_goes_with_it_and_an_open_objection_keeps_it(
    people: None, citizen_an: Citizen
) -> None:
    supervisor = User.objects.get(login="oanh")
    long_ago = NOW - timedelta(days=365 * 20)
    reviewed, objected, open_still = (a_check(long_ago) for _ in range(3))
    CheckReview.objects.create(
        check_made=reviewed, finding="justified", reviewed_by=supervisor, reviewed_at=long_ago
    )
    for check, answered in ((objected, True), (open_still, False)):
        Objection.objects.create(
            check_made=check,
            citizen=citizen_an,
            opened_at=long_ago,
            due_on=long_ago.date(),
            **(
                {"answer": "Đã xem lại.", "answered_by": supervisor, "answered_at": long_ago}
                if answered
                else {}
            ),
        )

    assert run() == 0

    assert list(IdentityCheck.objects.all()) == [open_still]
    assert Objection.objects.get().check_made == open_still
    assert not CheckReview.objects.exists()
