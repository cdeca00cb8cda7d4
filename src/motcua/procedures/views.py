"""The catalogue's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from motcua.accounts.models import Office
from motcua.procedures.models import Procedure
from motcua.procedures.search import distance
from motcua.web.addresses import addresses

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
    shown = list(found.values(*_LISTED)[:_MOST_SHOWN])
    if text:
        shown.sort(key=lambda procedure: distance(procedure["name"], text))
    address_of = addresses("procedure", like="0.000000")
    levels = {level.value: level.label for level in Procedure.Level}
    for row in shown:
        row["address"] = address_of(row["code"])
        row["level"] = levels[row["service_level"]]
        row["is_online"] = row["service_level"] != Procedure.Level.DESK_ONLY
    in_force = Procedure.objects.filter(is_active=True)
    sectors = in_force.order_by("sector").values_list("sector", flat=True).distinct()
    context = {"procedures": shown, "count": len(shown), "sectors": sectors, "text": text, "sector": sector}
    return render(request, "procedures/procedures.html", context)


@require_safe
def procedure(request: HttpRequest, code: str) -> HttpResponse:
    """Show everything that one needs to file one procedure, and the button that begins."""
    found = get_object_or_404(
        Procedure.objects.filter(is_active=True).prefetch_related("documents"), code=code
    )
    offices = (
        Office.objects.filter(is_active=True, kind=Office.Kind.DESK)
        if found.is_online
        else Office.objects.none()
    )
    return render(request, "procedures/procedure.html", {"procedure": found, "offices": offices})
