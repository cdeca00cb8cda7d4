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
from motcua.procedures.service import offered, offices_online
from motcua.procedures.terms import content_of, terms_of
from motcua.web.addresses import addresses

_LONGEST_SEARCH = 100
_MOST_SHOWN = 200


@require_safe
def procedures(request: HttpRequest) -> HttpResponse:
    """List the procedures, all or those that were searched for."""
    text = request.GET.get("q", "")[:_LONGEST_SEARCH].strip()
    sector = request.GET.get("linh-vuc", "")
    level = request.GET.get("muc-do", "")
    everything = offered()
    found = list(everything.values())
    if text:
        keys = set(Procedure.objects.search(text).values_list("pk", flat=True))
        found = [one for one in found if one.pk in keys]
        found.sort(key=lambda one: distance(one.name, text))
    if sector:
        found = [one for one in found if one.sector == sector]
    levels = {one.value: one.label for one in Procedure.Level}
    if level in levels:
        found = [one for one in found if one.service_level == level]
    address_of = addresses("procedure", like="0.000000")
    context = {
        "procedures": [(one, address_of(one.code), levels[one.service_level]) for one in found[:_MOST_SHOWN]],
        "count": len(found),
        "most": _MOST_SHOWN if len(found) > _MOST_SHOWN else None,
        "sectors": list(dict.fromkeys(one.sector for one in everything.values())),
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
