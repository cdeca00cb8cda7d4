"""``motcua load_procedures``: the catalogue of procedures that comes with the product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from motcua.audit.service import record
from motcua.procedures import catalogue_file, importing
from motcua.procedures.service import forget

CATALOGUE = Path(__file__).resolve().parents[2] / "procedures.json"


class Command(BaseCommand):
    """Brings the catalogue up to date; running it again changes nothing.

    What an office decided for itself (MaDVC, in force or not, what is taken from the register) is set once and left
    alone afterwards.
    """

    help = "Load or update the procedures and their documents from procedures.json."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the catalogue in a handful of queries."""
        entries = catalogue_file.read(CATALOGUE.read_bytes())
        documents = sum(len(entry["documents"]) for entry in entries)
        with transaction.atomic():
            importing.bring_up_to_date(entries, now=timezone.now())
            details = {"procedures": len(entries), "documents": documents}
            record(name="procedures.loaded", now=timezone.now(), details=details)
        forget()
        self.stdout.write(f"load_procedures: {len(entries)} procedures, {documents} documents")
