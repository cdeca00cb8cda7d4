"""Bringing a file into the catalogue: first what would change, then exactly that, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from motcua.accounts.models import User
from motcua.audit.service import record
from motcua.procedures.comparing import (
    HOUSE,
    Difference,
    case_name,
    description_of,
    differences,
    document_name,
    pairs,
)
from motcua.procedures.models import Procedure, ProcedureCase, RequiredDocument, searched
from motcua.procedures.service import ASIDE, forget, publish
from motcua.procedures.terms import OF_A_CASE, OF_A_DOCUMENT, SAID
from motcua.sealing import digest

# What the house decides: a newer edition of the shipped catalogue leaves it alone.
OWN: Final = (*HOUSE, "npd_fields", "may_be_filed_for_others", "owner_may_lack_number")


class CatalogueChanged(Exception):
    """What was shown is no longer what would be done: nothing was done."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a file changes about one procedure, or a procedure that is new; ``wanted`` is all that it says then."""

    code: str
    name: str
    is_new: bool
    wanted: dict[str, Any]
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do: its changes, how many procedures stay alike, and those that it does not name."""

    changes: list[Change]
    alike: int
    missing: list[tuple[str, str]]

    @property
    def changed(self) -> list[Change]:
        """Return the changes of procedures that are there."""
        return [one for one in self.changes if not one.is_new]

    @property
    def new(self) -> list[Change]:
        """Return the procedures that are new."""
        return [one for one in self.changes if one.is_new]

    @property
    def summary(self) -> str:
        """Say how much it would do: "12 thay đổi, 3 mới"."""
        said = {"changed": len(self.changed), "new": len(self.new)}
        return _("%(changed)s thay đổi, %(new)s mới") % said

    @property
    def digest(self) -> str:
        """Return the keyed digest of exactly these changes: what was shown is what is done."""
        told = [
            [
                one.code,
                one.is_new,
                one.wanted,
                [[part.label, part.before, part.after] for part in one.differences],
            ]
            for one in self.changes
        ]
        return digest("catalogue", json.dumps(told, ensure_ascii=False, sort_keys=True))


def plan(entries: Iterable[Mapping[str, Any]]) -> Plan:
    """Say what a file would do to the catalogue as it stands; writes nothing.

    Args:
        entries: what the file says (``catalogue_file.read``); what it does not say stays as it is.
    """
    return _plan(_stored(Procedure.objects.all()), entries)


def apply(
    entries: Sequence[Mapping[str, Any]],
    *,
    shown: str,
    act: str,
    by: User | None,
    now: datetime,
) -> Plan:
    """Do what a file would do, all of it or nothing; every changed procedure gets a new revision.

    Args:
        entries: as given to ``plan``.
        shown: the digest of the plan that somebody saw.
        act: for the log: how it came about.
        by: who confirmed; None for a command.
        now: the moment.

    Raises:
        CatalogueChanged: the plan would be another one now.
    """
    try:
        with transaction.atomic():
            stored = _stored(Procedure.objects.select_for_update().order_by("pk"))
            done = _plan(stored, entries)
            if done.digest != shown:
                raise CatalogueChanged
            _write(done, stored=stored, by=by, now=now)
            if done.changes:
                details = {"act": act, "count": len(done.changes)}
                record(name="catalogue.changed", now=now, actor=by, details=details)
    except IntegrityError:  # another one added the same procedure in this very moment
        raise CatalogueChanged from None
    forget()
    return done


def bring_up_to_date(entries: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Take over a newer edition of the shipped catalogue; the same edition again changes nothing.

    What the house decided (``OWN``) stays, and so do the cases and documents that it added.

    Args:
        entries: what the edition says.
        now: the moment.
    """
    with transaction.atomic():
        stored = _stored(Procedure.objects.select_for_update().order_by("pk"))
        _write(_plan(stored, entries, is_edition=True), stored=stored, by=None, now=now)


def _stored(procedures: Any) -> dict[str, Procedure]:
    return {one.code: one for one in procedures.prefetch_related("cases", "documents")}


def _plan(
    stored: Mapping[str, Procedure], entries: Iterable[Mapping[str, Any]], *, is_edition: bool = False
) -> Plan:
    changes, alike, named = [], 0, set()
    for entry in entries:
        code = entry["code"]
        named.add(code)
        before = description_of(stored.get(code) or Procedure(code=code))
        is_new = code not in stored
        wanted = {**before, **(_edition(before, entry) if is_edition and not is_new else entry)}
        if is_new:
            changes.append(Change(code, wanted["name"], True, wanted, []))
        elif found := differences(before, wanted):
            changes.append(Change(code, before["name"], False, wanted, found))
        else:
            alike += 1
    missing = sorted((one.code, one.name) for one in stored.values() if one.code not in named)
    return Plan(changes, alike, missing)


def _edition(before: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a newer edition says of a procedure that is there, with what the house added after it."""
    said = {name: value for name, value in entry.items() if name not in OWN}
    for rows, name_of in (("cases", case_name), ("documents", document_name)):
        if rows in said:
            matched = pairs([name_of(row) for row in before[rows]], [name_of(row) for row in said[rows]])
            own = [before[rows][old] for old, new in matched if new is None and old is not None]
            said[rows] = [*said[rows], *own]
    return said


def _write(done: Plan, *, stored: Mapping[str, Procedure], by: User | None, now: datetime) -> None:
    """Write a plan's changes and publish them, in the caller's transaction; a handful of queries, however many."""
    names = [name for name in (*SAID, *HOUSE) if name != "code"]
    new: list[Procedure] = []
    kept: list[Procedure] = []
    cases, documents = [], []
    for change in done.changes:
        procedure = stored.get(change.code) or Procedure(code=change.code)
        (new if change.is_new else kept).append(procedure)
        before, wanted = description_of(procedure), change.wanted
        old_cases = [] if change.is_new else list(procedure.cases.all())
        old_documents = [] if change.is_new else list(procedure.documents.all())
        cases.append(_Rows(procedure, old_cases, before["cases"], wanted["cases"], case_name))
        documents.append(
            _Rows(procedure, old_documents, before["documents"], wanted["documents"], document_name)
        )
        for name in names:
            setattr(procedure, name, wanted[name])
        procedure.search_text = searched(procedure)
    Procedure.objects.bulk_create(new)
    Procedure.objects.bulk_update(kept, [*names, "search_text"])
    stays, gone = _write_rows(ProcedureCase, cases, OF_A_CASE)
    key_of = {(case.procedure_id, case.name): case.pk for case in stays}
    for rows in documents:
        for said in rows.wanted:
            said["case_id"] = key_of.get((rows.procedure.pk, said["case"]))
    _stay, gone_documents = _write_rows(RequiredDocument, documents, ("case_id", *OF_A_DOCUMENT))
    RequiredDocument.objects.filter(pk__in=gone_documents).delete()
    ProcedureCase.objects.filter(pk__in=gone).delete()
    publish(keys=[one.pk for one in (*kept, *new)], by=by, now=now)


@dataclass
class _Rows:
    """The cases or documents of one procedure: the rows there, how they are described, and what they shall be."""

    procedure: Procedure
    stored: Sequence[Any]
    before: Sequence[Mapping[str, Any]]
    wanted: list[dict[str, Any]]
    name_of: Callable[[Mapping[str, Any]], object]

    def __post_init__(self) -> None:
        self.wanted = [dict(row) for row in self.wanted]


def _write_rows(model: Any, lists: Sequence[_Rows], fields: Sequence[str]) -> tuple[list[Any], list[int]]:
    """Write rows in their new places, those of one name with their old key; return them, and the keys of the rest."""
    new: list[Any] = []
    kept: list[Any] = []
    gone: list[int] = []
    for rows in lists:
        matched = pairs(
            [rows.name_of(row) for row in rows.before], [rows.name_of(row) for row in rows.wanted]
        )
        for old, place in matched:
            if place is None:
                gone += [] if old is None else [rows.stored[old].pk]
                continue
            row = model(procedure=rows.procedure) if old is None else rows.stored[old]
            for name in fields:
                setattr(row, name, rows.wanted[place][name])
            row.position = place + 1
            (new if old is None else kept).append(row)
    there = model.objects.filter(procedure__in=[rows.procedure for rows in lists if rows.stored])
    there.update(position=F("position") + ASIDE)
    model.objects.bulk_update(kept, [*(name.removesuffix("_id") for name in fields), "position"])
    return [*kept, *model.objects.bulk_create(new)], gone
