"""How long everything is kept: one list of rules, for ``motcua retention`` and for the work that waits."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

_log = logging.getLogger("motcua.work")
_JOURNAL: Final = timedelta(days=365)
_erased_on: date | None = None  # by this process


class Erase(Protocol):
    """What deletes, or only counts, what is too old; the owning app's."""

    def __call__(self, *, now: datetime, dry_run: bool) -> int:
        """Return how many."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of thing that is deleted some day: what, for how long it is kept, and how it goes.

    ``is_logged``: the audit log is told. What lives for hours is not worth a line a day that is kept for ever, and the
    log enters its own erasing itself. ``is_short_lived``: it lives for hours at most, and does not lie until midnight.
    """

    what: str
    kept: str
    erase: Erase
    is_logged: bool = True
    is_short_lived: bool = False


def rules() -> list[Rule]:
    """Return all rules; what is in none of them is kept."""
    from django.conf import settings

    from motcua.accounts import notices, tries
    from motcua.dossiers import service as dossiers
    from motcua.dossiers.files.store import sweep
    from motcua.messaging import mailbox
    from motcua.outbox import service as outbox
    from motcua.oversight.keeping import erase_old_findings
    from motcua.verification import service as verification

    return [
        Rule(
            "waiting records",
            f"{verification.DESK_CARRIES.seconds // 60} minutes",
            verification.erase_waiting_records,
            is_logged=False,
            is_short_lived=True,
        ),
        Rule("failed log-ins", "1 hour", tries.erase_failed_log_ins, is_logged=False, is_short_lived=True),
        Rule("tries to follow", "1 hour", dossiers.erase_old_tries, is_logged=False, is_short_lived=True),
        Rule("sessions", "until they expire", _erase_sessions, is_logged=False, is_short_lived=True),
        Rule("mailbox of a trial", f"{mailbox.KEPT.days} days", mailbox.erase_old_messages, is_logged=False),
        Rule("unfinished uploads", "2 days", dossiers.delete_old_uploads, is_logged=False),
        Rule("unfinished drafts", f"{settings.KEEP_DRAFTS_DAYS} days", dossiers.delete_old_drafts),
        Rule("files without a row", "1 day", sweep, is_logged=False),
        Rule("read messages", f"{settings.KEEP_NOTICES_DAYS} days", notices.erase_read_notices),
        Rule("sent to others", f"{settings.KEEP_SENT_DAYS} days", outbox.erase_old_parcels, is_logged=False),
        Rule("admin journal", f"{_JOURNAL.days} days", _erase_journal),
        Rule("audit events", "by their class", _erase_events, is_logged=False),
        Rule("findings on checks", f"{settings.KEEP_CHECKS_YEARS} years", erase_old_findings),
        Rule("identity checks", f"{settings.KEEP_CHECKS_YEARS} years", verification.erase_old_checks),
    ]


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--dry-run", action="store_true", help="delete nothing, only count")
    parser.add_argument(
        "--clock-is-right",
        action="store_true",
        help="go on though nothing was sealed for more than two weeks",
    )


def run(options: argparse.Namespace) -> int:
    """Run ``motcua retention``: delete, or count, by every rule, and print a table.

    Returns:
        The exit code: 0; 1 when a rule could not be followed, or the clock is in doubt.
    """
    from django.utils import timezone

    from motcua.audit.service import clock_in_doubt

    # Asked in any case: a database that cannot be used is told here, and not by every rule.
    why_not = clock_in_doubt(now=timezone.now())
    if why_not and not (options.dry_run or options.clock_is_right):
        print(f"Nothing was deleted: {why_not} If it is right: --clock-is-right", file=sys.stderr)
        return 1
    print(f"{'what':<20}{'kept':<20}{'would be deleted' if options.dry_run else 'deleted':>16}")
    is_fine = True
    for rule, count in _follow(rules(), now=timezone.now(), dry_run=options.dry_run):
        is_fine &= count is not None
        print(f"{rule.what:<20}{rule.kept:<20}{'failed' if count is None else count:>16}")
    if not is_fine:
        print("Some rules could not be followed; the log says why.", file=sys.stderr)
    return 0 if is_fine else 1


def erase_once_a_day(*, now: datetime) -> None:
    """Delete what is kept no longer, unless this process did so today."""
    from django.utils import timezone

    global _erased_on
    today = timezone.localdate(now)
    if _erased_on == today:
        return
    _erased_on = today
    for rule, count in _follow(rules(), now=now, dry_run=False):
        if count:
            _log.info("retention.erased what=%s count=%d", rule.what.replace(" ", "_"), count)


def erase_short_lived(*, now: datetime) -> None:
    """Delete what lives for hours at most and is over."""
    list(_follow([rule for rule in rules() if rule.is_short_lived], now=now, dry_run=False))


def _follow(some: list[Rule], *, now: datetime, dry_run: bool) -> Iterator[tuple[Rule, int | None]]:
    """Follow some rules, in their order, and enter in the log what went; one that fails stops no other."""
    from motcua.audit.service import record

    for rule in some:
        count = None
        try:
            count = rule.erase(now=now, dry_run=dry_run)
            if count and rule.is_logged and not dry_run:
                record(name="retention.run", now=now, details={"class": rule.what, "count": count})
        except Exception as error:
            _log.exception(
                "retention.failed what=%s error=%s", rule.what.replace(" ", "_"), type(error).__name__
            )
        yield rule, count


def _erase_journal(*, now: datetime, dry_run: bool) -> int:
    """Delete what Django wrote down of old changes under /quan-tri/."""
    from django.contrib.admin.models import LogEntry

    old = LogEntry.objects.filter(action_time__lt=now - _JOURNAL)
    return old.count() if dry_run else old.delete()[0]


def _erase_events(*, now: datetime, dry_run: bool) -> int:
    from motcua.audit.service import erase_expired

    return sum(erase_expired(now=now, dry_run=dry_run).values())


def _erase_sessions(*, now: datetime, dry_run: bool) -> int:
    from django.contrib.sessions.models import Session

    old = Session.objects.filter(expire_date__lt=now)
    return old.count() if dry_run else old.delete()[0]
