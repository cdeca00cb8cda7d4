"""``motcua load_procedures``: the catalogue of procedures that comes with the product."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from motcua.audit.service import record
from motcua.procedures.models import Procedure, RequiredDocument, searched
from motcua.procedures.service import publish

CATALOGUE = Path(__file__).resolve().parents[2] / "procedures.json"
# What an office decides for itself (MaDVC, identity check, in force or not) is set once and left alone afterwards.
_PUBLISHED = (
    "name",
    "official_name",
    "sector",
    "agency",
    "audience",
    "time_limit",
    "time_unit",
    "time_note",
    "fees",
    "fee_note",
    "service_level",
    "results",
    "decision",
    "search_text",
)
_ABOUT_THE_SOURCE = re.compile(r" ?\([^)]*(?:nguồn|RECALL)[^)]*\)")
_OF_A_DOCUMENT = ("name", "kind", "originals", "copies", "is_required", "when", "form")


class Command(BaseCommand):
    """Brings the catalogue up to date; running it again changes nothing."""

    help = "Load or update the procedures and their documents from procedures.json."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the catalogue in a handful of queries."""
        rows = json.loads(CATALOGUE.read_text(encoding="utf-8"))["procedures"]
        with transaction.atomic():
            Procedure.objects.bulk_create(
                [_procedure(row) for row in rows],
                update_conflicts=True,
                unique_fields=["code"],
                update_fields=_PUBLISHED,
            )
            keys = dict(
                Procedure.objects.filter(code__in=[row["code"] for row in rows]).values_list("code", "id")
            )
            documents = [
                _document(keys[row["code"]], position, document)
                for row in rows
                for position, document in enumerate(row["documents"], start=1)
            ]
            RequiredDocument.objects.bulk_create(
                documents,
                update_conflicts=True,
                unique_fields=["procedure", "position"],
                update_fields=_OF_A_DOCUMENT,
            )
            now = timezone.now()
            publish(keys=list(keys.values()), by=None, now=now)
            record(
                name="procedures.loaded",
                now=now,
                details={"procedures": len(rows), "documents": len(documents)},
            )
        self.stdout.write(f"load_procedures: {len(rows)} procedures, {len(documents)} documents")


def _for_citizens(note: str | None) -> str:
    """Leave out of a note what it says about its own source: that is for who keeps the catalogue."""
    parts = re.sub(_ABOUT_THE_SOURCE, "", note or "").split(";")
    return "; ".join(
        part.strip() for part in parts if part.strip() and "nguồn" not in part and "RECALL" not in part
    )


def _certain_fees(row: dict[str, Any]) -> dict[str, int | None]:
    """Return the fees that the source prints; one that was only remembered is not told to citizens."""
    remembered = row.get("recall_fields", [])
    return {
        channel: None if f"fee_vnd.{channel}" in remembered else amount
        for channel, amount in row["fee_vnd"].items()
    }


def _procedure(row: dict[str, Any]) -> Procedure:
    procedure = Procedure(
        code=row["code"],
        name=row["name"],
        official_name=row["name_official"],
        sector=row["field"],
        agency=row["agency"],
        audience=row["audience"],
        time_limit=row["time_limit"],
        time_unit=row["time_unit"] or "",
        time_note=_for_citizens(row.get("time_note")),
        fees=_certain_fees(row),
        fee_note=_for_citizens(row.get("fee_note")),
        service_level=row["service_level"],
        results=row["results"],
        decision=row["decision_no"] or "",
    )
    procedure.search_text = searched(procedure)
    return procedure


def _document(procedure_id: int, position: int, row: dict[str, Any]) -> RequiredDocument:
    return RequiredDocument(
        procedure_id=procedure_id,
        position=position,
        name=row["name"],
        kind=row["kind"],
        originals=row["original"] or 0,
        copies=row["copy"] or 0,
        is_required=row["required"],
        when=row.get("when") or "",
        form=row.get("form") or "",
    )
