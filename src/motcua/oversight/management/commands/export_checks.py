"""``motcua export_checks``: all checks of a period for an authority, signed; and whether such a file is whole."""

from __future__ import annotations

import getpass
import os
from argparse import ArgumentParser
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from motcua.accounts.models import Office
from motcua.oversight.exporting import NotOurs, export, own_key, verify
from motcua.web.days import Period, parse_day


class Command(BaseCommand):
    """Write an export with its signature beside it, or verify one."""

    help = "Writes all checks of a period into FILE (CSV) and its signature into FILE.sig.json, or verifies both."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
        parser.add_argument("--from", type=parse_day, dest="first", help="first day, dd/mm/yyyy")
        parser.add_argument("--to", type=parse_day, dest="last", help="last day, dd/mm/yyyy")
        parser.add_argument("--office", default="", help="code of one office; all when it is left out")
        parser.add_argument(
            "--verify", action="store_true", help="tell whether FILE is what FILE.sig.json says"
        )
        parser.add_argument(
            "--key", type=Path, help="trust this public key (PEM) instead of this installation's"
        )
        parser.add_argument("--public-key", action="store_true", help="print this installation's public key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        if options["public_key"]:
            self.stdout.write(own_key().decode(), ending="")
            return
        file: Path | None = options["file"]
        if file is None:
            raise CommandError("Name the FILE.")
        beside = file.with_name(file.name + ".sig.json")
        if options["verify"]:
            self._verify(file, beside, options["key"])
        else:
            self._export(file, beside, options["first"], options["last"], options["office"])

    def _export(self, file: Path, beside: Path, first: date | None, last: date | None, office: str) -> None:
        if first is None or last is None:
            raise CommandError("Name the period: --from dd/mm/yyyy --to dd/mm/yyyy.")
        if first > last:
            raise CommandError("--from is after --to.")
        if office and not Office.objects.filter(code=office).exists():
            raise CommandError(f"There is no office {office!r}.")
        now, made = timezone.now(), ExitStack()
        try:
            with made, _new(file, made) as target, _new(beside, made) as words:
                signature = export(
                    period=Period(first, last),
                    file=target,
                    office_code=office,
                    now=now,
                    operator=getpass.getuser(),
                )
                words.write(signature.as_json().encode())
                target.flush()
                words.flush()
                made.pop_all()
        except FileExistsError as error:
            raise CommandError(f"{error.filename} is there already; choose another name.") from None
        except OSError as error:
            raise CommandError(f"{error.filename or file} cannot be written ({error.strerror}).") from None
        if last >= timezone.localdate(now):
            self.stderr.write(f"{last:%d/%m/%Y} is not over: what is asked from now on is not in the file.")
        self.stdout.write(f"{signature.count} checks in {file}, signature in {beside}")

    def _verify(self, file: Path, beside: Path, key: Path | None) -> None:
        try:
            with file.open("rb") as export_file:
                said = verify(
                    file=export_file,
                    signature=beside.read_text(encoding="utf-8"),
                    key=key.read_bytes() if key else None,
                )
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The files cannot be read: {error}.") from None
        except NotOurs as error:
            raise CommandError(f"{file}: {error}.") from None
        where = said.office or "all offices and the portal"
        self.stdout.write(
            f"{file}: whole; {said.count} checks from {said.first} to {said.last}, {where}, as of {said.made_at}"
        )


def _new(path: Path, made: ExitStack) -> IO[bytes]:
    """Make a file; it goes again unless all came to its end."""
    file = open(path, "xb", opener=_for_owner_alone)  # noqa: SIM115 # the caller closes it
    made.callback(path.unlink)
    return file


def _for_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
