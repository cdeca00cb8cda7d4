"""The control page and its JSON API: troubles, switches, tokens, the journal. For this machine only."""

import ipaddress
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from npdsandbox import state
from npdsandbox.cast import write_person
from npdsandbox.loading import living_in
from npdsandbox.switches import CHOICES, Switches
from npdsandbox.troubles import DEFAULT_SECONDS, Place, TroubleKind

MOST_SHOWN: Final = 1000
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def for_this_machine(view: View[P]) -> View[P]:
    """Let a view be used from loopback only, under a loopback name, and never from another site's page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
        origin = request.headers.get("Origin")
        is_own_page = origin is None or urlsplit(origin).netloc == request.headers.get("Host", "")
        if not (_is_loopback(request.META.get("REMOTE_ADDR", "")) and _is_loopback(host) and is_own_page):
            return HttpResponse(
                "The control page answers on the loopback address of its own machine only.\n",
                status=403, content_type="text/plain; charset=UTF-8",
            )  # fmt: skip
        return view(request, *args, **kwargs)

    return guarded


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@require_http_methods(["GET", "POST", "DELETE"])
@for_this_machine
def api_trouble(request: HttpRequest, rule_id: int | None = None) -> HttpResponse:
    """List (GET), add (POST) and clear (DELETE) troubles."""
    if request.method == "DELETE":
        return JsonResponse({"cleared": state.TROUBLES.clear(rule_id)})
    if request.method == "POST":
        try:
            return JsonResponse(state.TROUBLES.add(_json(request)).as_json(), status=201)
        except ValueError as error:
            return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"troubles": [rule.as_json() for rule in state.TROUBLES.all()]})


@require_http_methods(["GET", "POST", "DELETE"])
@for_this_machine
def api_switch(request: HttpRequest) -> HttpResponse:
    """Show (GET), set (POST) and reset (DELETE) the switches."""
    if request.method == "DELETE":
        state.SWITCHES.reset()
        state.RATES.clear()
    elif request.method == "POST":
        try:
            wish = _json(request)
            state.SWITCHES.set(str(wish.get("name", "")), wish.get("value"))
        except ValueError as error:
            return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse(vars(state.SWITCHES.now))


@require_http_methods(["GET", "DELETE"])
@for_this_machine
def api_journal(request: HttpRequest) -> HttpResponse:
    """Show the last requests, oldest first (GET, `?limit=`), or forget them (DELETE)."""
    if request.method == "DELETE":
        state.JOURNAL.clear()
    limit = request.GET.get("limit", "1000")
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 6):
        return JsonResponse({"error": "limit: a whole number"}, status=400)
    entries = state.JOURNAL.last(int(limit))
    return JsonResponse({"total": state.JOURNAL.total, "entries": [entry.as_json() for entry in entries]})


@require_GET
@for_this_machine
def api_people(request: HttpRequest) -> HttpResponse:
    """List generated people of a province in the form of cast.json (`?province=31&limit=`), for demonstrations."""
    province, limit = request.GET.get("province", ""), request.GET.get("limit", "100")
    if not (province.isascii() and province.isdigit() and limit.isascii() and limit.isdigit()):
        return JsonResponse({"error": "province and limit: whole numbers"}, status=400)
    if int(limit) > MOST_SHOWN:
        return JsonResponse({"error": f"limit: at most {MOST_SHOWN}"}, status=400)
    people = living_in(province, limit=int(limit))
    return JsonResponse({"citizens": [write_person(one) for one in people]})


@require_http_methods(["DELETE"])
@for_this_machine
def api_token(request: HttpRequest) -> HttpResponse:
    """Withdraw every token the gateways gave out."""
    return JsonResponse({"withdrawn": state.TOKENS.withdraw()})


@require_POST
@for_this_machine
def api_reset(request: HttpRequest) -> HttpResponse:
    """Put everything back: no troubles, every switch at its default, no tokens, an empty journal."""
    state.TROUBLES.clear()
    state.SWITCHES.reset()
    state.RATES.clear()
    state.TOKENS.withdraw()
    state.JOURNAL.clear()
    return JsonResponse({"reset": True})


def _json(request: HttpRequest) -> dict[str, Any]:
    # A page of another site cannot send this content type without asking first.
    if request.content_type != "application/json":
        raise ValueError("Content-Type must be application/json")
    try:
        wish = json.loads(request.body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None
    if not isinstance(wish, dict):
        raise ValueError("the body must be a JSON object")
    return wish


@require_GET
@for_this_machine
def page(request: HttpRequest) -> HttpResponse:
    """Show everything in force and the forms to change it."""
    return _page(request)


@require_POST
@for_this_machine
def page_trouble(request: HttpRequest) -> HttpResponse:
    """Add a trouble from the form; every field but the kind may be empty."""
    wish: dict[str, Any] = {"kind": request.POST.get("kind", "")}
    for name in ("number", "client", "at"):
        if value := request.POST.get(name, "").strip():
            wish[name] = value
    try:
        if seconds := request.POST.get("seconds", "").strip():
            wish["seconds"] = _number(seconds, "seconds", float)
        if following := request.POST.get("next", "").strip():
            wish["next"] = _number(following, "next", int)
        state.TROUBLES.add(wish)
    except ValueError as error:
        return _page(request, error=str(error), typed=request.POST.dict(), status=400)
    return HttpResponseRedirect("/_admin/")


@require_POST
@for_this_machine
def page_clear(request: HttpRequest) -> HttpResponse:
    """Clear one trouble, or all of them."""
    rule_id = request.POST.get("id", "")
    state.TROUBLES.clear(int(rule_id) if rule_id.isascii() and rule_id.isdigit() else None)
    return HttpResponseRedirect("/_admin/")


@require_POST
@for_this_machine
def page_withdraw(request: HttpRequest) -> HttpResponse:
    """Withdraw every token."""
    state.TOKENS.withdraw()
    return HttpResponseRedirect("/_admin/")


@require_POST
@for_this_machine
def page_switch(request: HttpRequest) -> HttpResponse:
    """Set one switch from its form; lists are one item a line."""
    name, text = request.POST.get("name", ""), request.POST.get("value", "").strip()
    default = vars(Switches()).get(name)
    try:
        value: Any = text
        if isinstance(default, bool):
            value = text == "true"
        elif isinstance(default, int):
            value = _number(text, name, int)
        elif isinstance(default, list):
            value = text.split()
        state.SWITCHES.set(name, value)
    except ValueError as error:
        return _page(request, error=str(error), status=400)
    return HttpResponseRedirect("/_admin/")


def _number(text: str, name: str, kind: type[int] | type[float]) -> int | float:
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name}: not a number") from None


def _page(
    request: HttpRequest, *, error: str = "", typed: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    switches = []
    for name, value in vars(state.SWITCHES.now).items():
        choices = CHOICES.get(name, ("true", "false") if isinstance(value, bool) else ())
        shown = str(value).lower() if isinstance(value, bool) else value
        switches.append(
            {"name": name, "value": "\n".join(value) if isinstance(value, list) else shown,
             "choices": choices, "is_list": isinstance(value, list)}
        )  # fmt: skip
    context = {
        "kinds": [(kind.value, DEFAULT_SECONDS.get(kind)) for kind in TroubleKind],
        "places": list(Place),
        "troubles": state.TROUBLES.all(),
        "switches": switches,
        "entries": list(reversed(state.JOURNAL.last(50))),
        "total": state.JOURNAL.total,
        "error": error,
        "typed": typed or {},
    }
    return render(request, "npdsandbox/control.html", context, status=status)
