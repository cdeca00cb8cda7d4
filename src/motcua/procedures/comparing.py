"""What two descriptions of a procedure say differently, in the words of those who keep the catalogue.

A description is what a procedure says as one plain value: the fields of a revision without keys, where a document names
its case; beside them, in the catalogue itself, what the house decides (``HOUSE``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext as _

from motcua.procedures.models import CHANNELS, NPD_FIELDS, Procedure, ProcedureCase, RequiredDocument
from motcua.procedures.terms import OF_A_CASE, OF_A_DOCUMENT, SAID, content_of
from motcua.web.templatetags.motcua import money

# What the house decides about a procedure and no revision holds: it binds no dossier.
HOUSE: Final = ("npd_code", "may_query", "is_active")
_NOTHING: Final = "—"
_LISTS: Final = ("cases", "documents")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is said otherwise: what it is about, and both sides in words."""

    label: str
    before: str
    after: str


def description_of(procedure: Procedure) -> dict[str, Any]:
    """Return all that the catalogue says of a procedure; one that is not saved has neither cases nor documents."""
    if procedure.pk is None:
        said = {name: getattr(procedure, name) for name in SAID} | {name: [] for name in _LISTS}
    else:
        said = plain(content_of(procedure))
    return said | {name: getattr(procedure, name) for name in HOUSE}


def plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a revision as a description."""
    names = {case["key"]: case["name"] for case in content["cases"]}
    return {
        **content,
        "cases": [_without_key(case) for case in content["cases"]],
        "documents": [
            {**_without_key(document), "case": names.get(document.get("case"), "")}
            for document in content["documents"]
        ],
    }


def _without_key(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "key"}


def case_name(case: Mapping[str, Any]) -> str:
    """Return by what one knows a case of a description again."""
    return str(case["name"])


def document_name(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return by what one knows a document of a description again."""
    return str(document["case"]), str(document["name"])


def pairs(before: Sequence[object], after: Sequence[object]) -> list[tuple[int | None, int | None]]:
    """Return which of one list is which of another: those of one name, then those renamed in their place.

    Args:
        before: the names of the first list.
        after: the names of the second.

    Returns:
        Places in both lists; None on the side where it is missing. In the order of ``after``, then what is gone.
    """
    left = dict(enumerate(before))
    found: dict[int, int] = {}
    for place, name in enumerate(after):
        same = next((old for old, one in left.items() if one == name), None)
        if same is not None:
            found[place] = same
            del left[same]
    for place in range(len(after)):
        if place not in found and place in left:
            found[place] = place
            del left[place]
    return [*((found.get(place), place) for place in range(len(after))), *((old, None) for old in left)]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what a second description says otherwise than the first, in the order of the form."""
    found = _of_fields(Procedure, [*SAID, *HOUSE], before, after)
    found += _of_rows(ProcedureCase, OF_A_CASE, before["cases"], after["cases"], case_name)
    found += _of_rows(
        RequiredDocument, ("case", *OF_A_DOCUMENT), before["documents"], after["documents"], document_name
    )
    return found


def _of_fields(
    model: type[models.Model], names: Sequence[str], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    return [
        Difference(_label(model, name), said, says)
        for name in names
        if (said := words(model, name, before.get(name))) != (says := words(model, name, after.get(name)))
    ]


def _of_rows(
    model: type[models.Model],
    names: Sequence[str],
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    name_of: Any,
) -> list[Difference]:
    found, what = [], str(model._meta.verbose_name)
    matched = pairs([name_of(row) for row in before], [name_of(row) for row in after])
    for old, new in matched:
        if old is None and new is not None:
            found.append(Difference(what, _NOTHING, _whole(model, names, after[new])))
        elif new is None and old is not None:
            found.append(Difference(what, _whole(model, names, before[old]), _NOTHING))
        elif old is not None and new is not None:
            where = f"{what} “{after[new]['name']}”"
            changed = _of_fields(model, names, before[old], after[new])
            found += [Difference(f"{where}: {one.label}", one.before, one.after) for one in changed]
    stayed = [old for old, new in matched if old is not None and new is not None]
    if stayed != sorted(stayed):
        order = _("%(what)s: thứ tự") % {"what": what}
        found.append(Difference(order, _in_order(before), _in_order(after)))
    return found


def _in_order(rows: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(str(row["name"]) for row in rows)


def _whole(model: type[models.Model], names: Sequence[str], row: Mapping[str, Any]) -> str:
    """Return a whole row in words: its name, then what it says beside."""
    rest = [
        f"{_label(model, name)}: {said}"
        for name in names
        if name != "name" and (said := words(model, name, row.get(name))) != _NOTHING
    ]
    return f"{row['name']} ({'; '.join(rest)})" if rest else str(row["name"])


def _label(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def words(model: type[models.Model], name: str, value: Any) -> str:
    """Return the value of a field in words; different values have different words."""
    field = model._meta.get_field(name)
    if isinstance(value, bool):
        return _("có") if value else _("không")
    if value is None or value in ("", [], {}):
        return _NOTHING
    if name == "fees":
        return "; ".join(
            f"{label}: {_('theo quy định') if value[channel] is None else money(value[channel])}"
            for channel, label in CHANNELS.items()
            if channel in value
        )
    if name == "times":
        return "; ".join(
            f"{label}: {value[channel]}" for channel, label in CHANNELS.items() if channel in value
        )
    if name == "results":
        return "; ".join(
            f"{one['name']} | {one['code']}" if one.get("code") else one["name"] for one in value
        )
    if name == "npd_fields":
        return "; ".join(str(label) for one, label in NPD_FIELDS.items() if one in value)
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return str(dict(getattr(field, "flatchoices", ())).get(value, value))
