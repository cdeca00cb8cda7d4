"""The catalogue's pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from motcua.procedures.models import CHANNELS, Procedure, RequiredDocument, term_words
from motcua.procedures.search import distance
from motcua.procedures.service import offices_online
from motcua.procedures.terms import content_of, terms_of
from motcua.web.addresses import addresses
from motcua.web.alphabet import alphabetical

_LONGEST_SEARCH = 100
_MOST_SHOWN = 200
_LISTED = ("code", "name", "sector", "agency", "service_level", "time_limit", "time_unit")


@require_safe
def procedures(request: HttpRequest) -> HttpResponse:
    """List the procedures, all or those that were searched for."""
    text = request.GET.get("q", "")[:_LONGEST_SEARCH].strip()
    sector = request.GET.get("linh-vuc", "")[:200].replace("\x00", "")
    found = Procedure.objects.search(text)
    if sector:
        found = found.filter(sector=sector)
    level = request.GET.get("muc-do", "")
    if level in Procedure.Level.values:
        found = found.filter(service_level=level)
    rows = list(found.order_by().values(*_LISTED))
    rows.sort(key=lambda row: (alphabetical(row["sector"]), alphabetical(row["name"])))
    if text:
        rows.sort(key=lambda row: distance(row["name"], text))
    shown = rows[:_MOST_SHOWN]
    address_of = addresses("procedure", like="0.000000")
    levels = {level.value: level.label for level in Procedure.Level}
    for row in shown:
        row["address"] = address_of(row["code"])
        row["level"] = levels[row["service_level"]]
        row["is_online"] = row["service_level"] != Procedure.Level.DESK_ONLY
        row["term"] = term_words(row["time_limit"], row["time_unit"])
    in_force = Procedure.objects.filter(is_active=True)
    sectors = in_force.order_by().values_list("sector", flat=True).distinct()
    context = {
        "procedures": shown,
        "count": len(rows),
        "most": _MOST_SHOWN if len(rows) > _MOST_SHOWN else None,
        "sectors": sorted(sectors, key=alphabetical),
        "levels": levels,
        "text": text,
        "sector": sector,
        "level": level,
    }
    return render(request, "procedures/procedures.html", context)


@require_safe
def procedure(request: HttpRequest, code: str) -> HttpResponse:
    """Show everything that one needs to file one procedure, and the button that begins."""
    in_force = Procedure.objects.filter(is_active=True).prefetch_related("cases", "documents")
    found = get_object_or_404(in_force, code=code)
    context = {
        "procedure": found,
        "offices": offices_online(found) if found.is_online else [],
        "cases": _cases(found),
        "documents": _documents(found),
    }
    return render(request, "procedures/procedure.html", context)


def _cases(procedure: Procedure) -> list[dict[str, Any]]:
    """Return time limit and fee of each case by channel; the only row of a procedure without cases has no name."""
    content = content_of(procedure)
    channels = [channel for channel in CHANNELS if channel != "online" or procedure.is_online]
    rows = []
    for case in content["cases"] or [{"key": None, "name": ""}]:
        terms = {channel: terms_of(content, channel=channel, case=case["key"]) for channel in channels}
        times = {channel: term_words(one.limit, one.unit) for channel, one in terms.items()}
        fees = {channel: one.fee for channel, one in terms.items()}
        rows.append({"name": case["name"], "times": _by_channel(times), "fees": _by_channel(fees)})
    return rows


def _by_channel(said: dict[str, Any]) -> list[tuple[str | Promise, Any]]:
    """Return what is said by channel with the channels' names; one line when all say the same."""
    values = list(said.values())
    if all(value == values[0] for value in values):
        return [(_("Mọi hình thức"), values[0])]
    return [(CHANNELS[channel], value) for channel, value in said.items()]


def _documents(procedure: Procedure) -> list[tuple[str, list[RequiredDocument]]]:
    """Return the documents by case, first those of all cases (without a name)."""
    found = list(procedure.documents.all())
    groups = [("", None), *((case.name, case.pk) for case in procedure.cases.all())]
    grouped = [(name, [one for one in found if one.case_id == key]) for name, key in groups]
    return [(name, rows) for name, rows in grouped if rows]
