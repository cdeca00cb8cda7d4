"""What no page should have to think of: bytes that cannot be meant, what every dynamic answer carries, and how."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers

_FEATURES = (
    "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
    "microphone", "midi", "payment", "screen-wake-lock", "usb",
)  # fmt: skip


def permissions(*own: str) -> str:
    """Return the header Permissions-Policy of a page that needs these features of the browser, and no others."""
    return ", ".join(f"{feature}=({'self' if feature in own else ''})" for feature in _FEATURES)


NO_PERMISSIONS = permissions()


class CompressPages(GZipMiddleware):
    """Send pages compressed to browsers that say they can read it: a fifth of the bytes over a slow line.

    Papers, pictures and workbooks are compressed in themselves. The framework adds bytes at random, so that nobody
    learns from a length how well a guess was compressed together with what a page keeps secret.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress a page, leave anything else as it is."""
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed


def drop_null(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Drop null characters from path, query and cookies: nobody types one, and PostgreSQL takes it for a crash.

    What forms post, their fields judge.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        request.path, request.path_info = (
            text.replace("\0", "") for text in (request.path, request.path_info)
        )
        query = request.META.get("QUERY_STRING", "")
        while "%00" in query:  # what stood around one may make another
            query = query.replace("%00", "")
        request.META["QUERY_STRING"] = query
        for name, text in request.COOKIES.items():
            if "\0" in text:
                request.COOKIES[name] = ""
        return get_response(request)

    return answer


def speak(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer in the language that the reader has chosen; in Vietnamese until somebody chooses.

    What a browser says it would like is not asked: those of offices often say English, and nobody set them.
    """
    languages = dict(settings.LANGUAGES)

    def answer(request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in languages else settings.LANGUAGE_CODE
        with translation.override(language):
            response = get_response(request)
        response.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie",))
        return response

    return answer


def explain_refused_method(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give whoever opens the address of a button a page to read, where a browser would show nothing of ours.

    Somebody comes there by logging in after the session had ended under the press, or by opening an old address.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET":
            response.content = render_to_string("405.html", request=request)
            response["Content-Type"] = "text/html; charset=utf-8"
        return response

    return answer


def no_store(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Keep every dynamic answer out of all caches, and out of other sites' reach.

    Static files are answered before this and stay cacheable. A browser shared by two people shows nothing after
    log-out.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Cache-Control"] = "no-store, private"
        response.setdefault("Permissions-Policy", NO_PERMISSIONS)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return answer
