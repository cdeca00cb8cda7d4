"""A log line tells nothing about a person, and is one line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory
from django.views.debug import get_exception_reporter_filter
from hypothesis import example, given
from hypothesis import strategies as st

from motcua.accounts.models import User
from motcua.web import logs
from tests.people import cast

Lines = Callable[[], str]


@contextmanager
def writing(formatter: logging.Formatter) -> Iterator[logging.Logger]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(logs.PersonalDataFilter())
    handler.setFormatter(formatter)
    log = logging.Logger("motcua.tests")
    log.addHandler(handler)
    log.written = stream.getvalue  # type: ignore[attr-defined]
    yield log
    handler.close()


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """Return a logger that writes as the product does; what it wrote is its ``written()``."""
    with writing(logs.OneLineFormatter()) as log:
        yield log


def written(logger: logging.Logger) -> str:
    """Return the one line that was written."""
    text: str = logger.written()  # type: ignore[attr-defined]
    assert text.count("\n") == 1
    assert text.endswith("\n")
    return text


@pytest.mark.parametrize(
    "text",
    [
        "999085000001",
        "999 085 000 001",
        "999.085.000.001",
        "9990-8500-0001",
        "９９９０８５０００００１",
        "990000001",
        "99 000 0001",
        "0912345678",
        "so=999085000001&x",
        "ho999085000001so",
        "07/03/1985",
        "7-3-1985",
        "1985-03-07",
        "an@example.vn",
        "999085000001|990000001|x|07031985|Nam",
    ],
)
def test_numbers_dates_and_mail_addresses_are_taken_out(logger: logging.Logger, text: str) -> None:
    logger.warning("asked about %s now", text)
    line = written(logger).split(": ", 1)[1]
    assert text not in line
    assert not any(piece in line for piece in ("0850", "1985", "0001", "345678", "example"))


@pytest.mark.parametrize(
    "text", ["000.00.01.H23-261123-0002", "took 1234 ms", "port 8001", "v5.2.19", "/thu-tuc/1.012564/"]
)
def test_codes_that_belong_to_nobody_stay(logger: logging.Logger, text: str) -> None:
    logger.warning("seen: %s", text)
    assert text in written(logger)


@example(digits="07031985" + "0" * 4, gaps=["", "", "", "", "", "", "", " ", "", "", "", ""])
@given(
    digits=st.text("0123456789", min_size=12, max_size=12),
    gaps=st.lists(st.sampled_from(["", " ", ".", "-"]), min_size=12, max_size=12),
)
def test_no_way_of_writing_twelve_digits_survives(digits: str, gaps: list[str]) -> None:
    text = "".join(map("".join, zip(digits, gaps, strict=True)))
    assert sum(sign.isdigit() for sign in logs.scrub(f"x {text} y")) == 0


def test_a_query_string_is_dropped(logger: logging.Logger) -> None:
    logger.warning("Not Found: %s", "/tra-cuu/?ten=Nguyễn+Văn+An&ma=1")
    assert "Nguy" not in written(logger)
    assert "/tra-cuu/?…" in written(logger)


def test_a_fake_line_in_a_name_stays_in_one_line(logger: logging.Logger) -> None:
    logger.warning("path %s", "/x\r\n2026-01-01 ERROR all is lost\u2028\u202e\x1b[2J")
    assert "\\r\\n" in written(logger)
    assert "\x1b" not in written(logger)
    assert "\u202e" not in written(logger)


def test_forms_requests_and_rows_are_named_by_kind_only(logger: logging.Logger, rf: RequestFactory) -> None:
    person = User(pk=7, login="x", full_name=cast.an.full_name)
    request: HttpRequest = rf.post("/dang-ky/?next=Nguyễn", {"full_name": cast.an.full_name})
    logger.error("%s %s %s %s", person, request, request.POST, b"<HoVaTen>Nguyen Van An</HoVaTen>")
    line = written(logger)
    assert "Nguy" not in line
    assert "accounts.User 7 POST /dang-ky/ <QueryDict …> <bytes …>" in line


def test_a_form_written_as_text_is_dropped(logger: logging.Logger) -> None:
    logger.error(f"got {QueryDict('full_name=Nguyễn Văn An', encoding='utf-8')!r}")  # noqa: G004
    assert "Nguy" not in written(logger)


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"bad name {cast.an.full_name}"),
        ValidationError({"full_name": f"{cast.an.full_name} đã có"}),
        IntegrityError(f"DETAIL: Key (full_name)=({cast.an.full_name}) already exists."),
    ],
)
def test_what_other_libraries_say_in_an_exception_is_not_repeated(
    logger: logging.Logger, error: Exception
) -> None:
    full_name = cast.an.full_name
    try:
        try:
            raise error
        except type(error) as first:
            raise RuntimeError(full_name) from first
    except RuntimeError as second:
        logger.exception("failed: %s", second)
    line = written(logger)
    assert "Nguy" not in line
    assert f"{type(error).__name__} at tests/web/test_logs.py:" in line.replace("main/", "")
    assert "RuntimeError at" in line


def test_our_own_exceptions_keep_their_words(logger: logging.Logger) -> None:
    from motcua.identity.numbers import NumberRefused

    logger.error("refused: %s", NumberRefused("shape"))
    assert "NumberRefused: identity number refused: shape" in written(logger)


def test_an_operator_reads_why_the_database_or_the_system_failed(logger: logging.Logger) -> None:
    logger.error(
        "%s | %s",
        OperationalError(f"no such table: x\nLINE 1: SELECT '{cast.an.full_name}'"),
        FileNotFoundError(2, "No such file or directory", f"/papers/{cast.an.full_name}"),
    )
    line = written(logger)
    assert "OperationalError: no such table: x | FileNotFoundError: No such file or directory" in line
    assert "Nguy" not in line


def test_statements_to_the_database_are_not_repeated() -> None:
    record = logging.LogRecord(
        "django.db.backends", logging.DEBUG, "", 1, "%s %s", ("SELECT", (cast.an.full_name,)), None
    )
    logs.PersonalDataFilter().filter(record)
    assert "Nguy" not in record.getMessage()


def test_a_message_that_does_not_fit_its_values_is_replaced(logger: logging.Logger) -> None:
    logger.error("%d", cast.an.full_name)
    assert "Nguy" not in written(logger)
    assert "does not fit" in written(logger)


def test_a_cut_number_is_taken_out_too(logger: logging.Logger) -> None:
    logger.error("%s999085000001", "x" * 1992)
    assert "9" not in written(logger).split("x" * 100)[-1]


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "/" * 100_000, "1 " * 50_000, "a@" * 50_000, "<QueryDict: " * 9_000]
)
def test_a_very_long_message_is_cut(logger: logging.Logger, text: str) -> None:
    logger.error("%s", text)
    assert len(written(logger)) < 3000


def test_the_developer_s_error_page_names_variables_and_not_their_values(rf: RequestFactory) -> None:
    request = rf.post("/dang-ky/", {"full_name": cast.an.full_name})
    reporter = logs.NothingPersonalReporterFilter()
    assert cast.an.full_name not in str(reporter.get_post_parameters(request))
    assert "full_name" in reporter.get_post_parameters(request)

    class Frame:
        f_locals = {"claim": cast.an.full_name}

    assert dict(reporter.get_traceback_frame_variables(request, Frame())) == {
        "claim": reporter.cleansed_substitute
    }


def test_the_product_uses_these(rf: RequestFactory, settings) -> None:  # type: ignore[no-untyped-def]
    [handler] = settings.LOGGING["handlers"].values()
    assert handler["filters"] == ["personal"]
    assert handler["formatter"] == "line"
    assert isinstance(get_exception_reporter_filter(rf.get("/")), logs.NothingPersonalReporterFilter)


@pytest.fixture
def json_logger() -> Iterator[logging.Logger]:
    """Return a logger that writes as the product does with MOTCUA_LOG=json."""
    with writing(logs.JsonFormatter()) as log:
        yield log


def test_as_json_an_event_of_ours_has_its_fields(json_logger: logging.Logger) -> None:
    json_logger.warning("npd.probed route=%s problem=%s days=%d", "primary", "size limit exceeded", 3)
    said = json.loads(written(json_logger))
    assert datetime.fromisoformat(said.pop("time")).tzinfo is not None
    assert said == {
        "level": "WARNING",
        "logger": "motcua.tests",
        "event": "npd.probed",
        "fields": {"route": "primary", "problem": "size limit exceeded", "days": "3"},
    }


def test_as_json_a_sentence_of_ours_stands_beside_its_event(json_logger: logging.Logger) -> None:
    json_logger.error("audit.not_sealed The database is behind: a=1 is in no batch")
    said = json.loads(written(json_logger))
    assert (said["event"], said["text"]) == ("audit.not_sealed", "The database is behind:")


def test_as_json_another_library_s_message_is_a_text(json_logger: logging.Logger) -> None:
    json_logger.info("Worker exiting (pid: 12)")
    said = json.loads(written(json_logger))
    assert (said["event"], said["fields"], said["text"]) == ("message", {}, "Worker exiting (pid: 12)")


def test_as_json_nothing_personal_is_written_and_no_second_line(json_logger: logging.Logger) -> None:
    try:
        raise ValueError(f"{cast.an.full_name} {cast.an.number}")
    except ValueError:
        json_logger.exception("npd.alarm detail=%s\nERROR forged line", f"{cast.an.number} 07/03/1985 a@b.vn")
    line = written(json_logger)
    said = json.loads(line)
    assert "\\n" in line
    assert not any(piece in line for piece in (cast.an.number, cast.an.full_name, "1985", "a@b.vn"))
    assert said["errors"][0].startswith("ValueError at ")
    assert said["fields"]["detail"].startswith("[number] [date] [mail]")


@given(st.text(max_size=200))
def test_as_json_whatever_is_logged_is_one_object_in_one_line(text: str) -> None:
    record = logging.LogRecord("motcua.tests", logging.INFO, "", 0, text, None, None)
    line = logs.JsonFormatter().format(record)
    assert line.isascii()
    assert line.isprintable()
    assert isinstance(json.loads(line), dict)


@pytest.mark.parametrize(("form", "kind"), [("json", logs.JsonFormatter), ("lines", logs.OneLineFormatter)])
def test_the_server_s_own_words_have_the_form_that_was_chosen(settings, form: str, kind: type) -> None:  # type: ignore[no-untyped-def]
    settings.MOTCUA_LOG = form
    assert type(logs.formatter()) is kind
