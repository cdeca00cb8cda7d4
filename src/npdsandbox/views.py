"""The register's addresses: the façades, the schema, the front page and the health check."""

import ssl
from collections.abc import Callable, Collection

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST
from gunicorn.http.errors import ParseException

from npdsandbox import adapters, register, schema
from npdsandbox.cast import DEMO, read_people
from npdsandbox.certificates import names_in
from npdsandbox.delivery import deliver
from npdsandbox.direct import C06
from npdsandbox.lgsp import LGSP, LGSP_TOKEN
from npdsandbox.models import Citizen
from npdsandbox.reading import BODY_LIMIT, broken_chunks, cut_short, inflate, too_large
from npdsandbox.refusals import Refusal, not_xml
from npdsandbox.register import Call, Facade
from npdsandbox.troubles import PERMANENT
from npdsandbox.xroad import XROAD

Handler = Callable[[HttpRequest], HttpResponseBase]
NOTICE = "sandbox, not the National Population Database"
XML = ("application/xml", "text/xml")
ADAPTERS = {"opencps": adapters.OPENCPS, "dong_thap": adapters.DONG_THAP, "thanh_hoa": adapters.THANH_HOA}


def say_what_this_is(get_response: Handler) -> Handler:
    """Middleware: every answer says that this is not the real register, and pages load nothing from outside."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["X-NPD-Sandbox"] = NOTICE
        response["X-Content-Type-Options"] = "nosniff"
        response["Referrer-Policy"] = "same-origin"
        response["Cache-Control"] = "no-store"
        if response.get("Content-Type", "").startswith("text/html"):
            response["Content-Security-Policy"] = (
                "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
                "base-uri 'none'; frame-ancestors 'none'"
            )
        return response

    return handle


def c06(request: HttpRequest, operation: str = "") -> HttpResponseBase:
    """Answer a direct call (POST), or hand out our reconstructed schema (GET with ?wsdl or ?xsd=)."""
    if request.method == "GET":
        return _schema(request, operation)
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "GET, POST"})
    return _call(request, C06, operation)


@require_POST
def xroad(request: HttpRequest, service: str, operation: str) -> HttpResponseBase:
    """Answer a call through X-Road's REST interface; the path names the provider."""
    return _call(request, XROAD, operation, service=service)


@require_POST
def lgsp(request: HttpRequest, operation: str) -> HttpResponseBase:
    """Answer a call through a gateway of the Hậu Giang kind."""
    return _call(request, LGSP, operation)


@require_POST
def lgsp_token(request: HttpRequest) -> HttpResponseBase:
    """Give a token of that gateway."""
    return _call(request, LGSP_TOKEN, kinds=("application/x-www-form-urlencoded",), code="SBX.GRANT")


@require_POST
def adapter(request: HttpRequest, style: str) -> HttpResponseBase:
    """Answer a call of a JSON adapter."""
    if style not in ADAPTERS:
        return render(request, "npdsandbox/not_found.html", status=404)
    return _call(request, ADAPTERS[style], kinds=("application/json",), code="SBX.JSON")


@require_POST
def open_adapter(request: HttpRequest) -> HttpResponseBase:
    """Answer a call of the Thanh Hóa adapter that needs no token."""
    return _call(request, adapters.OPEN_THANH_HOA, kinds=("application/json",), code="SBX.JSON")


@require_POST
def json_token(request: HttpRequest) -> HttpResponseBase:
    """Give a token of the JSON gateway; the body is empty and its type a form's, as a rule."""
    return _call(request, adapters.JSON_TOKEN, kinds=(), code="SBX.JSON")


def _call(
    request: HttpRequest, facade: Facade, operation: str = "", *, service: str = "",
    kinds: Collection[str] = XML, code: str = "SBX.XML",
) -> HttpResponseBase:  # fmt: skip
    connection = request.META.get("gunicorn.socket")
    names = names_in(connection.getpeercert()) if isinstance(connection, ssl.SSLSocket) else ()

    def read_body() -> bytes:
        try:
            return _body(request, kinds)
        except Refusal as refusal:
            if refusal.code == "SBX.XML":
                refusal.code = code
            raise

    call = Call(operation, request.headers, read_body, service, names)
    return deliver(register.answer(call, facade), connection)


def _body(request: HttpRequest, kinds: Collection[str]) -> bytes:
    """Read the body; `kinds` are the content types allowed, none for any."""
    _check_content_type(request.headers.get("Content-Type", ""), kinds)
    # Django reads nothing of a chunked body; gunicorn ends the stream itself.
    stream = request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request
    try:
        body = stream.read(BODY_LIMIT + 1)
    except (ParseException, OSError):
        raise broken_chunks() from None
    if len(body) > BODY_LIMIT:
        raise too_large()
    if len(body) < int(request.META.get("CONTENT_LENGTH") or 0):
        raise cut_short()
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return inflate(body)
    if encoding not in ("", "identity"):
        raise not_xml("Content-Encoding may be gzip or nothing")
    return bytes(body)


def _check_content_type(content_type: str, kinds: Collection[str]) -> None:
    kind, _, parameters = content_type.partition(";")
    if kinds and kind.strip().lower() not in kinds:
        raise not_xml("Content-Type must be " + " or ".join(kinds))
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip("\"'").lower() not in ("utf-8", "utf8"):
            raise not_xml("the charset must be UTF-8")


def _schema(request: HttpRequest, operation: str) -> HttpResponse:
    wanted = {name.lower(): value for name, value in request.GET.items()}
    address = f"{request.scheme}://{request.get_host()}/c06/{operation}"
    if "wsdl" in wanted:
        content = schema.wsdl(operation, address=address)
    elif "xsd" in wanted:
        content = schema.xsd(str(wanted["xsd"]))
    else:
        content = None
    if content is None:
        return render(request, "npdsandbox/not_found.html", status=404)
    return HttpResponse(content, content_type="text/xml; charset=UTF-8")


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """Say what this is, what it is not, and where everything lies."""
    people = {person.personal_number: person for person in read_people(DEMO)}
    troubled = [
        {
            "number": number,
            "name": people[number].full_name,
            "birth": "/".join(reversed(people[number].birth_date.split("-"))),
            "trouble": f"{kind.value} ({seconds:g} s)" if seconds else kind.value,
        }
        for number, (kind, seconds) in PERMANENT.items()
    ]
    return render(request, "npdsandbox/front.html", {"troubled": troubled})


@require_GET
def stylesheet(request: HttpRequest) -> HttpResponse:
    """The pages' one stylesheet."""
    return render(request, "npdsandbox/site.css", content_type="text/css; charset=UTF-8")


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Say whether the register can answer."""
    try:
        is_ready = Citizen.objects.exists()
    except DatabaseError:
        is_ready = False
    body = {"status": "ok" if is_ready else "no database", "environment": "sandbox", "notice": NOTICE}
    return JsonResponse(body, status=200 if is_ready else 503)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for an address that does not exist."""
    return render(request, "npdsandbox/not_found.html", status=404)
