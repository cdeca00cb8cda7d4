"""``motcua catalogue export`` and ``motcua catalogue import``: the catalogue as one file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from motcua.audit.service import record
from motcua.procedures import catalogue_file, importing
from motcua.procedures.comparing import description_of
from motcua.procedures.models import Procedure


class Command(BaseCommand):
    """Write the catalogue of procedures to a file, or bring a file into it."""

    help = "Export the catalogue of procedures to a file, or import one after showing what it changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the commands."""
        commands = parser.add_subparsers(dest="command", required=True)
        export = commands.add_parser("export", help="write the whole catalogue to a file")
        export.add_argument("file", type=Path, help="where to; a file that is there is not replaced")
        take = commands.add_parser("import", help="change the catalogue to what a file says; removes nothing")
        take.add_argument("file", type=Path, help="as written by export")
        take.add_argument("--dry-run", action="store_true", help="only show what it would change")

    def handle(self, *args: Any, command: str, file: Path, **options: Any) -> None:
        """Run one of them."""
        if command == "export":
            self._export(file)
        else:
            self._import(file, is_dry=options["dry_run"])

    def _export(self, file: Path) -> None:
        procedures = Procedure.objects.order_by("code").prefetch_related("cases", "documents")
        said = [description_of(procedure) for procedure in procedures]
        try:
            with file.open("xb") as target:
                target.write(catalogue_file.written(said))
        except FileExistsError:
            raise CommandError(
                f"{file} is there already and was not replaced. Choose another name."
            ) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        record(name="catalogue.changed", now=timezone.now(), details={"act": "export", "count": len(said)})
        self.stdout.write(f"catalogue export: {len(said)} procedures")

    def _import(self, file: Path, *, is_dry: bool) -> None:
        try:
            with file.open("rb") as source:
                entries = catalogue_file.read(source.read(catalogue_file.MOST_BYTES + 1))
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except catalogue_file.FileRefused as refused:
            raise CommandError("\n".join(["Nothing was changed.", *refused.problems])) from None
        plan = importing.plan(entries)
        for change in plan.changes:
            self.stdout.write(f"{'+' if change.is_new else '~'} {change.code} {change.name}")
            for one in change.differences:
                self.stdout.write(f"    {one.label}: {one.before} → {one.after}")
        for code, name in plan.missing:
            self.stdout.write(f"= {code} {name}: not in the file, left as it is")
        if not is_dry:
            try:
                importing.apply(entries, shown=plan.digest, act="import", by=None, now=timezone.now())
            except importing.CatalogueChanged:
                raise CommandError("Somebody changed the catalogue meanwhile. Nothing was changed.") from None
        done = "would be " if is_dry else ""
        self.stdout.write(f"catalogue import: {len(plan.changed)} {done}changed, {len(plan.new)} {done}new")
