"""The page on which anybody follows a dossier who has its code and a number that stands on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from motcua.dossiers import service
from motcua.dossiers.forms import TrackForm
from motcua.dossiers.timeline import entries_of
from motcua.web.requests import client_address, too_many


@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """Tell how far a dossier is, and nothing about a person; a wrong pair is told the same, whatever is wrong."""
    if request.method != "POST":
        form = TrackForm(initial={"ma": request.GET.get("ma", "")[:120]})
        return render(request, "dossiers/track.html", {"form": form})
    form, now = TrackForm(request.POST), timezone.now()
    if not form.is_valid():
        return render(request, "dossiers/track.html", {"form": form})
    number, phone = form.cleaned_data["so"]
    try:
        found = service.track(
            code=form.cleaned_data["ma"],
            number=number,
            phone=phone,
            address=client_address(request),
            now=now,
        )
    except service.TrackLimited as limited:
        page = render(request, "dossiers/track.html", {"form": form, "until": limited.until})
        return too_many(page, until=limited.until, now=now)
    if found is not None:
        # The number has done its work and need not stay on a screen.
        form = TrackForm(initial={"ma": found.code})
    context = {
        "form": form,
        "dossier": found,
        "entries": entries_of(found, for_owner=False) if found is not None else [],
        "is_missing": found is None,
    }
    return render(request, "dossiers/track.html", context)
