"""Copying how one office handles the procedures to others: first what would change, then exactly that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from motcua.accounts.models import Office, User
from motcua.accounts.offices import offices_of_unit
from motcua.audit.service import record
from motcua.procedures.comparing import Difference, words
from motcua.procedures.importing import CatalogueChanged
from motcua.procedures.models import Offer
from motcua.procedures.service import forget
from motcua.sealing import digest

_COPIED: Final = ("is_offered", "takes_online", "time_limit")


@dataclass(frozen=True, slots=True)
class OfferChange:
    """What changes about one procedure at one office; ``is_unhandled`` says that no division there is the like one."""

    office: Office
    procedure: str
    is_new: bool
    wanted: dict[str, Any]
    differences: list[Difference]
    is_unhandled: bool


@dataclass(frozen=True, slots=True)
class CopyPlan:
    """What copying would do."""

    changes: list[OfferChange]

    @property
    def summary(self) -> str:
        """Say how much: "12 thay đổi, 3 mới"."""
        new = sum(one.is_new for one in self.changes)
        return _("%(changed)s thay đổi, %(new)s mới") % {"changed": len(self.changes) - new, "new": new}

    @property
    def digest(self) -> str:
        """Return the keyed digest of exactly these changes."""
        told = [
            [one.office.pk, one.wanted, [[part.before, part.after] for part in one.differences]]
            for one in self.changes
        ]
        return digest("catalogue", json.dumps(told, sort_keys=True))


def plan_copy(*, source: Office, targets: Sequence[Office]) -> CopyPlan:
    """Say what copying would do; writes nothing. What else the targets have stays.

    Args:
        source: whose settings are copied.
        targets: the offices that get them.
    """
    return _plan(source, targets, Offer.objects.all())


def copy(*, source: Office, targets: Sequence[Office], shown: str, by: User, now: datetime) -> CopyPlan:
    """Copy, all of it or nothing.

    Args:
        source: whose settings are copied.
        targets: the offices that get them.
        shown: the digest of the plan that somebody saw.
        by: who confirmed.
        now: the moment.

    Raises:
        CatalogueChanged: the plan would be another one now.
    """
    try:
        with transaction.atomic():
            done = _plan(source, targets, Offer.objects.select_for_update(of=("self",)))
            if done.digest != shown:
                raise CatalogueChanged
            for one in done.changes:
                Offer.objects.update_or_create(
                    office=one.office,
                    procedure_id=one.wanted["procedure_id"],
                    defaults={name: one.wanted[name] for name in (*_COPIED, "handling_office_id")},
                )
            for target in targets:
                count = sum(one.office == target for one in done.changes)
                if count:
                    details = {"act": "copy", "count": count}
                    record(
                        name="catalogue.changed",
                        now=now,
                        actor=by,
                        office_code=target.code,
                        details=details,
                    )
    except IntegrityError:  # somebody added the same row in this very moment
        raise CatalogueChanged from None
    forget()
    return done


def _plan(source: Office, targets: Sequence[Office], offers: Any) -> CopyPlan:
    whose = [source.pk, *(target.pk for target in targets)]
    rows = list(
        offers.filter(office__in=whose)
        .select_related("procedure", "handling_office")
        .order_by("procedure__code", "pk")
    )
    there = {(row.office_id, row.procedure_id): row for row in rows}
    units = {target.pk: _unit(target) for target in (source, *targets)}
    changes = []
    for target in targets:
        for row in rows:
            if row.office_id != source.pk:
                continue
            handling = _counterpart(row.handling_office, source, units[source.pk], target, units[target.pk])
            wanted = {name: getattr(row, name) for name in _COPIED} | {
                "procedure_id": row.procedure_id,
                "handling_office_id": handling.pk if handling else None,
            }
            old = there.get((target.pk, row.procedure_id))
            found = _differences(old, wanted, handling)
            if old is None or found:
                is_unhandled = row.handling_office is not None and handling is None
                changes.append(
                    OfferChange(
                        target,
                        f"{row.procedure.code} {row.procedure.name}",
                        old is None,
                        wanted,
                        found,
                        is_unhandled,
                    )
                )
    return CopyPlan(changes)


def _unit(office: Office) -> list[Office]:
    return list(Office.objects.filter(pk__in=offices_of_unit(office.pk), is_active=True))


def _counterpart(
    handling: Office | None, source: Office, own: Sequence[Office], target: Office, theirs: Sequence[Office]
) -> Office | None:
    """Return which office of the target's unit is what another one is at the source's, None where it is not certain.

    That of the same name; else the only one of the same kind; one outside the unit handles the dossiers of both.
    """
    if handling is None or handling not in own:
        return handling
    if handling == source:
        return target
    same_name = [one for one in theirs if one.name == handling.name and one.kind == handling.kind]
    same_kind = [one for one in theirs if one.kind == handling.kind]
    return next((found[0] for found in (same_name, same_kind) if len(found) == 1), None)


def _differences(old: Offer | None, wanted: dict[str, Any], handling: Office | None) -> list[Difference]:
    found = []
    for name in _COPIED:
        before = words(Offer, name, getattr(old, name)) if old else "—"
        after = words(Offer, name, wanted[name])
        found.append(Difference(_label(name), before, after))
    before = old.handling_office.name if old and old.handling_office else "—"
    found.append(Difference(_label("handling_office"), before, handling.name if handling else "—"))
    return [one for one in found if one.before != one.after]


def _label(name: str) -> str:
    return str(Offer._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
