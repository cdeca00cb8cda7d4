"""Log lines without anything personal.

Two layers. `PersonalDataFilter` rewrites a record before a handler writes it: numbers, dates, addresses of mail
and query strings go, and whatever was handed over as an object (a request, a model, another library's exception)
is reduced to its kind. `OneLineFormatter` then writes one line, whatever signs the message holds, and reduces a
traceback to types, files and line numbers. Names cannot be recognized: code of this product never logs one.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import ItemsView, Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import OperationalError, ProgrammingError
from django.db.models import Model
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.views.debug import SafeExceptionReporterFilter

_LONGEST_MESSAGE = 2000
_LONGEST_CHAIN = 5
_FRAMES = 6

_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+")
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2} ?[/.-] ?\d{1,2} ?[/.-] ?(?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d"
    r"|[0-3]\d[01]\d(?:19|20)\d\d)(?!\d)"
)
_DIGITS = re.compile(
    r"(?P<code>\b[A-Z]\d\d-\d{6}-\d{4,6}\b)|\d(?:[\s.\u00ad\u200b-\u200d\u2010-\u2015-]{0,2}\d){8,}"
)
_LAST_WORD = re.compile(r"[\d\s.-]{1,60}$")
_QUERY = re.compile(r"(/[^\s?\"'<>/]*)\?[^\s\"'<>]+")
_FORM = re.compile(r"<(QueryDict|MultiValueDict): .*", re.DOTALL)
_EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
_FIELD = re.compile(r"(?:^|\s)([a-z_]+)=")
_DETAIL = re.compile(r"(DETAIL|CONTEXT|PARAMETERS):.*", re.DOTALL)


def scrub(text: str) -> str:
    """Return a text without the numbers, dates, mail addresses, query strings and form contents that it held."""
    for pattern, stand_in in (
        (_FORM, r"<\1 …>"),
        (_DETAIL, r"\1: …"),
        (_QUERY, r"\1?…"),
        (_MAIL, "[mail]"),
        # Twice: a number may begin like a date, and a date may stand right behind a number.
        (_DIGITS, _hide_number),
        (_DATE, "[date]"),
        (_DIGITS, _hide_number),
    ):
        text = pattern.sub(stand_in, text)
    return text


def _hide_number(found: re.Match[str]) -> str:
    run = found[0]
    if found["code"]:
        return run
    count = sum(sign.isdigit() for sign in run)
    # Grouped digits of another length are codes and moments; an unbroken run is neither.
    is_personal = count == len(run) or count in (9, 12) or count > 16
    return "[number]" if is_personal else run


class PersonalDataFilter(logging.Filter):
    """Takes out of a record what could tell about a person."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; it is always kept."""
        if record.name.startswith("django.db.backends"):
            message = "database message" if record.levelno < logging.ERROR else "database error"
        else:
            message = self._message(record)
        record.msg, record.args = scrub(_cut(message)), None
        record.__dict__.pop("request", None)
        return True

    def _message(self, record: logging.LogRecord) -> str:
        args = record.args
        if isinstance(args, dict):
            args = {name: _reduced(value) for name, value in args.items()}
        elif args:
            args = tuple(_reduced(value) for value in args)
        message = _reduced(record.msg)
        try:
            return str(message) % args if args else str(message)
        except (TypeError, ValueError, KeyError):
            return f"a message that does not fit its values, {record.module}:{record.lineno}"


def _cut(message: str) -> str:
    """Bound a message, so that no pattern takes long, and not in the middle of a number."""
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return _LAST_WORD.sub("", message[:_LONGEST_MESSAGE]) + "…"


def _reduced(value: Any) -> Any:
    """Return a value itself, or only its kind where its text may hold what somebody typed."""
    match value:
        case BaseException():
            return _describe(value)
        case HttpRequest():
            return f"{value.method} {value.path}"
        case Model():
            return f"{value._meta.label} {value.pk}"
        case QueryDict() | MultiValueDict() | bytes() | bytearray():
            return f"<{type(value).__name__} …>"
        case _:
            return value


def _describe(error: BaseException) -> str:
    """Return an exception's type; its words too where they cannot be what somebody typed.

    Our own exceptions never carry that. Of a database's or the system's failure an operator needs the cause.
    """
    kind = type(error)
    match error:
        case OperationalError() | ProgrammingError():
            words = str(error).partition("\n")[0]
        case OSError():
            words = error.strerror or ""
        case _:
            words = str(error) if kind.__module__.startswith("motcua.") else ""
    return f"{kind.__name__}: {scrub(_cut(words))}" if words else kind.__name__


class OneLineFormatter(logging.Formatter):
    """Writes a record as one line: moment, level, logger, message, and where an exception came from."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        parts = [f"{moment} {record.levelname} {record.name}: {record.getMessage()}"]
        if record.exc_info and record.exc_info[1] is not None:
            parts += _chain(record.exc_info[1])
        return _one_line(" | ".join(parts))


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object in one line: time, level, logger, event, fields, and errors if there are any.

    The event is the message's first word where it is one of our own, such as ``npd.line_shut``, and its ``name=value``
    pairs are the fields; of any other message the event is ``message``, and ``text`` holds it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        message = record.getMessage()
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": "message",
            "fields": {},
        }
        event, _, rest = message.partition(" ")
        if _EVENT.fullmatch(event):
            words, *pairs = _FIELD.split(rest)
            said["event"], said["fields"] = (
                event,
                dict(zip(pairs[::2], map(str.strip, pairs[1::2]), strict=True)),
            )
            message = words.strip()
        if message:
            said["text"] = message
        if record.exc_info and record.exc_info[1] is not None:
            said["errors"] = list(_chain(record.exc_info[1]))
        return json.dumps(said, ensure_ascii=True)


def formatter() -> logging.Formatter:
    """Return what writes the log, as ``MOTCUA_LOG`` wants it."""
    return JsonFormatter() if settings.MOTCUA_LOG == "json" else OneLineFormatter()


def _chain(error: BaseException | None) -> Iterator[str]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen and len(seen) < _LONGEST_CHAIN:
        seen.add(id(error))
        yield f"{_describe(error)} at {_places(error.__traceback__)}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(trace: TracebackType | None) -> str:
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)][-_FRAMES:]
    return (
        " > ".join(f"{'/'.join(PurePath(file).parts[-3:])}:{line}" for file, line in frames)
        or "an unknown place"
    )


def _one_line(text: str) -> str:
    """Escape every sign that could end a line, move the cursor or turn the direction of writing."""
    return "".join(
        sign if sign.isprintable() or sign == " " else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )


class NothingPersonalReporterFilter(SafeExceptionReporterFilter):
    """Developer's error pages without form contents and local variables, also while MOTCUA_DEBUG is on."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Hide always."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, str]:
        """Return the names of the fields alone."""
        return {} if request is None else dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_traceback_frame_variables(self, request: HttpRequest, tb_frame: Any) -> ItemsView[str, Any]:
        """Return the names of the variables alone."""
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()
