"""The keeper's commands: ``motcua audit seal``, ``verify``, ``head``, ``resume``, ``erase``, ``export``,
``archive``, ``verify-export``.

They stand here and not in ``audit``, for ``verify`` compares the log with the checks, of which ``audit`` knows nothing.
"""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, ProgrammingError
from django.utils import timezone

from motcua.audit import service as audit
from motcua.verification.logged import compare_with_log
from motcua.web.connections import away
from motcua.web.days import parse_day

_FINE, _WRONG, _CANNOT = 0, 1, 2
_SHOWN: Final = 20  # findings told; the rest is counted


class Command(BaseCommand):
    """See to the audit log from the command line, for those who keep the product up."""

    help = "Seal, verify, export, archive and erase the audit log."
    requires_system_checks: list[str] = []  # a broken line to the register is no reason not to look

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the commands."""
        commands = parser.add_subparsers(dest="command", required=True)
        seal = commands.add_parser("seal", help="seal what is open now; serve and work do it by themselves")
        verify = commands.add_parser(
            "verify",
            help="seal what is open, then check everything; exit 0 all is well, 1 something is wrong",
        )
        verify.add_argument(
            "--heads",
            type=Path,
            metavar="FILE",
            action="append",
            default=[],
            help="compare with heads that were kept elsewhere, too",
        )
        verify.add_argument(
            "--archive", type=Path, metavar="DIR", help="look into the files of archived months there, too"
        )
        head = commands.add_parser(
            "head", help="print the signed head of the last batch, to be kept elsewhere"
        )
        head.add_argument(
            "--keys", action="store_true", help="print the public keys of heads and exports instead"
        )
        resume = commands.add_parser(
            "resume", help="go on after a back-up was put back on purpose; leaves a signed trace that stays"
        )
        resume.add_argument("--reason", required=True, help="why, in a sentence; name nobody")
        erase = commands.add_parser("erase", help="erase the events whose time is over")
        erase.add_argument("--dry-run", action="store_true", help="only count them")
        erase.add_argument(
            "--clock-is-right", action="store_true", help="though nothing was sealed for more than two weeks"
        )
        export = commands.add_parser("export", help="write the events of a period to a signed file")
        export.add_argument("--from", required=True, type=parse_day, dest="first", metavar="dd/mm/yyyy")
        export.add_argument("--to", required=True, type=parse_day, dest="last", metavar="dd/mm/yyyy")
        export.add_argument("file", type=Path)
        archive = commands.add_parser(
            "archive", help="take whole old months out of the database into files, each class into its own"
        )
        archive.add_argument(
            "--before", required=True, type=_month, metavar="YYYY-MM", help="the first month that stays"
        )
        archive.add_argument(
            "--to", required=True, type=Path, dest="folder", metavar="DIR", help="where the files go"
        )
        check = commands.add_parser("verify-export", help="check a signed file; needs no database")
        check.add_argument("file", type=Path)
        check.add_argument(
            "--key",
            type=Path,
            metavar="PEM",
            help="public key of who made it; this installation's if not given",
        )
        seal.set_defaults(run=self._seal)
        verify.set_defaults(run=self._verify)
        head.set_defaults(run=self._head)
        resume.set_defaults(run=self._resume)
        erase.set_defaults(run=self._erase)
        export.set_defaults(run=self._export)
        archive.set_defaults(run=self._archive)
        check.set_defaults(run=self._verify_export)

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        """Run one of them; the exit code tells the outcome."""
        try:
            code = options["run"](options)
        except DatabaseError as error:
            self.stderr.write(
                f"{away(error)} Give this command the variables that motcua serve has, and run motcua serve first."
            )
            code = _CANNOT
            if command == "verify" and _lacks_tables(error) and (known := audit.known_head()):
                # Tables that are gone are a log that is gone.
                self.stdout.write(
                    "THE AUDIT LOG IS NOT WHOLE. It cannot be read, though "
                    f"{settings.AUDIT_HEADS} knows batch {known}: "
                    "an older state was put back, or another database is looked at."
                )
                code = _WRONG
        except OSError as error:
            self.stderr.write(f"{error.filename or 'A file'}: {error.strerror or error}.")
            code = _CANNOT
        sys.exit(code)

    def _seal(self, options: dict[str, Any]) -> int:
        try:
            done = audit.seal(now=timezone.now(), is_thorough=True)
        except audit.CannotSeal as refusal:
            self.stdout.write(f"Not sealed. {refusal}")
            return _WRONG
        self.stdout.write(f"Sealed {done.events} events in {done.batches} batches.")
        for pk in done.forged:
            self.stdout.write(
                f"Left open: event {pk}, which is not as it was recorded. Run: motcua audit verify"
            )
        for path, why in done.unwritten.items():
            self.stdout.write(f"The head could not be written to {path} ({why}).")
        return _WRONG if done.forged or done.unwritten else _FINE

    def _verify(self, options: dict[str, Any]) -> int:
        report = audit.verify(now=timezone.now(), elsewhere=options["heads"], brought=options["archive"])
        checks = compare_with_log(report.held)
        if checks.difference:
            record, _, what = checks.difference.partition(": ")
            report.findings.append(audit.Finding(None, what, record))
        more = f"{checks.agreed} checks of identities agree with it."
        if checks.left_out:
            more += f" Those of {_list(checks.left_out)} were not compared: their entries were archived."
        return self._tell(report, more)

    def _tell(self, report: audit.Report, more: str = "") -> int:
        for note in report.notes:
            self.stdout.write(note)
        if unread := report.archived - report.read:
            self.stdout.write(
                f"{unread} archived events were not looked at: bring the files with --archive DIR."
            )
        facts = (
            f"{report.events} events sealed in {report.batches} batches, "
            f"{report.erased} erased when their time was over, "
            + (f"{report.archived} archived ({report.read} of them read), " if report.archived else "")
            + f"{report.open} open"
        )
        if report.is_whole:
            self.stdout.write(f"The audit log is whole: {facts}.")
            if report.last:
                at = datetime.fromisoformat(report.last.header.sealed_at)
                self.stdout.write(
                    f"Head of batch {report.last.header.number}, sealed on "
                    f"{timezone.localtime(at):%d/%m/%Y %H:%M:%S}: {report.last.head}"
                )
            for path, count in report.compared:
                self.stdout.write(f"It agrees with the {count} heads in {path}.")
            if more:
                self.stdout.write(more)
            return _FINE
        first, *others = report.findings
        self.stdout.write(
            f"THE AUDIT LOG IS NOT WHOLE. First bad record: {first}"
            if first.is_of_a_record
            else f"THE AUDIT LOG IS NOT WHOLE. No single record is bad, but: {first}"
        )
        for finding in others[:_SHOWN]:
            self.stdout.write(f"Also: {finding}")
        if unsaid := len(others[_SHOWN:]) + report.left_out:
            self.stdout.write(f"And {unsaid} more.")
        self.stdout.write(f"Looked at: {facts}. What to do: docs/operations.md, The audit log.")
        return _WRONG

    def _head(self, options: dict[str, Any]) -> int:
        if options["keys"]:
            for use, pem in (("heads", audit.head_key()), ("exports", audit.export_key())):
                self.stdout.write(f"{use}\n{pem.decode('ascii').strip()}")
            return _FINE
        line = audit.last_head()
        if line is None:
            self.stderr.write("Nothing was sealed yet. Run: motcua audit seal")
            return _WRONG
        self.stdout.write(line)
        return _FINE

    def _resume(self, options: dict[str, Any]) -> int:
        try:
            batch = audit.resume(
                now=timezone.now(), reason=options["reason"].strip(), operator=getpass.getuser()
            )
        except audit.NothingToResume:
            self.stdout.write("Nothing keeps the log from being sealed, so there is nothing to resume.")
            return _WRONG
        self.stdout.write(
            f"Resumed with batch {batch.header.number}. The reason stays in the chain for ever. "
            "Run: motcua audit verify"
        )
        return _FINE

    def _erase(self, options: dict[str, Any]) -> int:
        is_free = options["dry_run"] or options["clock_is_right"]
        if not is_free and (why := audit.clock_in_doubt(now=timezone.now())):
            self.stderr.write(f"Nothing was erased: {why} If it is right: --clock-is-right")
            return _CANNOT
        counts = audit.erase_expired(now=timezone.now(), dry_run=options["dry_run"])
        verb = "Would be erased" if options["dry_run"] else "Erased"
        self.stdout.write(f"{verb}: " + ", ".join(f"{kind} {count}" for kind, count in counts.items()) + ".")
        return _FINE

    def _export(self, options: dict[str, Any]) -> int:
        if options["first"] > options["last"]:
            self.stderr.write("--from is after --to.")
            return _CANNOT
        try:
            count = audit.export(
                first=options["first"],
                last=options["last"],
                path=options["file"],
                now=timezone.now(),
                operator=getpass.getuser(),
            )
        except audit.NotWhole as refusal:
            self.stdout.write("Nothing was exported: what is wrong is not signed.")
            return self._tell(refusal.report)
        self.stdout.write(
            f"{count} events written to {options['file']}. Its public key: motcua audit head --keys"
        )
        self._tell_archived(audit.archived_between(options["first"], options["last"]))
        return _FINE

    def _archive(self, options: dict[str, Any]) -> int:
        folder, now, code = options["folder"], timezone.now(), _FINE
        try:
            months = 0
            for done in audit.archive(
                before=options["before"], folder=folder, now=now, operator=getpass.getuser()
            ):
                months += 1
                parts = ", ".join(f"{file.name} ({file.count} events)" for file in done.files)
                self.stdout.write(
                    f"{done.month:%m/%Y}: {parts}; {done.stayed} events that explain the chain stay."
                )
            self.stdout.write(
                f"{months} months archived in {folder}. Keep the files apart; the log's events say what they hold."
                if months
                else "No month to archive."
            )
        except (audit.CannotArchive, audit.CannotSeal) as refusal:
            self.stdout.write(f"Not archived. {refusal}")
            code = _WRONG
        over = audit.may_be_deleted(folder, now=now)
        if over and (why := audit.clock_in_doubt(now=now)):
            self.stderr.write(f"No file is named that may be deleted: {why}")
            return code
        for name in over:
            self.stdout.write(f"Its time is over, delete it: {folder / name}")
        return code

    def _verify_export(self, options: dict[str, Any]) -> int:
        key = options["key"].read_bytes() if options["key"] else audit.export_key()
        try:
            told = audit.check_export(options["file"], key=key)
        except audit.BrokenExport as error:
            self.stdout.write(f"{options['file']} is not to be believed: {error}.")
            return _WRONG
        self.stdout.write(
            f"{options['file']} is as it was signed: {told['events']} events "
            f"from {date.fromisoformat(told['first']):%d/%m/%Y} to {date.fromisoformat(told['last']):%d/%m/%Y}."
        )
        self._tell_archived(told.get("archived", []))
        return _FINE

    def _tell_archived(self, files: list[dict[str, Any]]) -> None:
        """Say which events of the months of an export are not in it, and where they are."""
        for one in files:
            self.stdout.write(
                f"Not in it: {one['count']} events of {audit.read_month(one['month']):%m/%Y}, archived in "
                f"{one['file']}."
            )


def _lacks_tables(error: DatabaseError) -> bool:
    """Say whether the database answers and has no such tables; one that is away tells nothing of the log."""
    return isinstance(error, ProgrammingError) or "no such table" in str(error)


def _month(text: str) -> date:
    try:
        return audit.read_month(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no month; write it as 2026-03") from None


def _list(months: list[date]) -> str:
    return ", ".join(f"{month:%m/%Y}" for month in months)
