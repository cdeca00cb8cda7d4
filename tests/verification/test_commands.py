"""The operator's commands."""

from __future__ import annotations

import getpass
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection
from django.utils import timezone

from motcua.audit.models import AuditEvent
from motcua.identity.register import Barred, CouldNotAsk, NotPermitted, Trouble
from motcua.population.memory import MemoryRegister
from motcua.verification import lines_told
from motcua.verification.models import IdentityCheck, Route
from motcua.verification.registers import use_register
from motcua.verification.service import ping
from tests.people import cast
from tests.verification.test_certificates import certificate

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("npd", *arguments, stdout=out, stderr=StringIO())
    return int(ended.value.code or 0), out.getvalue()


def test_lines_can_be_seen_and_chosen_while_the_files_of_one_are_gone(settings, tmp_path) -> None:
    settings.NPD = {**settings.NPD, "NPD_CA": str(tmp_path / "gone.pem")}
    settings.NPD_STANDBY = {**settings.NPD_STANDBY, "NPD_TRANSPORT": "c06"}

    def started(*arguments: str) -> tuple[int, str]:
        said = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("npd", *arguments, stdout=said, stderr=said, skip_checks=False)
        return int(ended.value.code or 0), said.getvalue()

    assert started("use", "standby") == (0, "Questions take: standby.\n")
    code, said = started("lines")
    assert code == 1
    assert "NPD_CA: expected the path of a readable PEM file" in said
    with pytest.raises(SystemCheckError):
        call_command("npd", "ping", skip_checks=False)


def check_of(name: str, number: str, birth: str, *more: str) -> tuple[int, str]:
    return run("check", "--name", name, "--number", number, "--birth", birth, *more)


@pytest.mark.parametrize(
    ("trouble", "name", "code", "word"),
    [
        (None, "Nguyễn Văn An", 0, "verified"),
        (None, "Nguyễn Văn Ân", 1, "rejected"),
        (CouldNotAsk(Trouble.TIMEOUT, detail="", messages=None), "Nguyễn Văn An", 2, "unanswered"),
        (NotPermitted(Barred.CLIENT, detail="", messages=None), "Nguyễn Văn An", 3, "not_allowed"),
        (None, "Nguyễn Văn А", 4, "invalid"),
    ],
)
def test_check_prints_one_word_and_exits_with_its_number(
    register, trouble, name: str, code: int, word: str
) -> None:
    register.trouble = trouble

    exit_code, out = check_of(name, "999085000001", "07/03/1985")

    assert (exit_code, out.strip()) == (code, word)


def test_check_is_recorded_and_its_output_is_masked(register) -> None:
    exit_code, out = check_of("Nguyễn Văn An", "999085000001", "07/03/1985", "--json")

    told = json.loads(out)
    assert (exit_code, told["outcome"], told["number"]) == (0, "verified", cast.an.claim.number.masked)
    assert "999085000001" not in out
    assert "Nguyễn" not in out
    recorded = IdentityCheck.objects.get()
    assert (recorded.purpose, recorded.touch_point) == ("vận hành", "operation")


@pytest.mark.parametrize(
    ("number", "birth", "field"),
    [("12345", "07/03/1985", "--number"), ("999085000001", "31/02/1985", "--birth")],
)
def test_a_slip_is_named_and_nothing_is_asked(register, number: str, birth: str, field: str) -> None:
    exit_code, out = check_of("Nguyễn Văn An", number, birth, "--json")

    assert (exit_code, json.loads(out)["field"]) == (4, field)
    assert register.asked == 0


def test_the_operator_is_outside_the_limits_of_persons(register) -> None:
    codes = {check_of("Nguyễn Văn Ân", "999085000001", "07/03/1985")[0] for _ in range(40)}

    assert codes == {1}


def test_to_the_operator_a_year_alone_agrees_as_at_the_desk(register) -> None:
    assert check_of("Nguyễn Văn An", "999085000001", "1985")[0] == 0


def test_ping_accepts_only_the_proper_nobody(register, settings) -> None:
    assert run("ping")[0] == 0
    register.trouble = CouldNotAsk(Trouble.UNREADABLE, detail="an HTML page", messages=None)
    code, out = run("ping")
    assert code == 2
    assert "NPD_URL" in out


def test_lines_tells_the_light_and_the_choice_and_its_exit_code_serves_a_monitor(register) -> None:
    code, out = run("lines")
    assert code == 1  # nothing was heard yet
    assert "> primary (c06): unknown; never heard" in out

    ping(now=timezone.now())
    code, out = run("lines")
    assert (code, "choice: auto" in out, "primary (c06): fine, answers in" in out) == (0, True, True)

    register.is_down()
    for _ in range(5):
        ping(now=timezone.now())
    code, out = run("lines", "--json")
    told = json.loads(out)
    assert (code, told["light"], told["lines"][0]["light"]) == (2, "down", "down")
    assert told["lines"][0]["since"]


def test_lines_says_what_helps_when_the_line_chosen_by_hand_is_down(register, settings) -> None:
    settings.NPD_STANDBY = {**settings.NPD_STANDBY, "NPD_TRANSPORT": "c06"}
    standby = MemoryRegister(cast.records)
    with use_register(register, standby=standby):
        assert run("use", "primary")[0] == 0
        ping(now=timezone.now(), route=Route.STANDBY)
        register.is_down()
        for _ in range(5):
            ping(now=timezone.now(), route=Route.PRIMARY)

        code, out = run("lines", "--json")

        assert code == 2
        assert "motcua npd use standby" in json.loads(out)["advice"][0]
        assert run("use", "auto")[0] == 0
        assert run("lines")[0] == 1


def test_lines_starts_no_probe_that_would_die_with_the_command(register, settings) -> None:
    settings.NPD = {**settings.NPD, "NPD_WATCH_SECONDS": 1}

    run("lines")

    assert register.probes == 0


def test_the_choice_of_a_line_is_recorded_with_the_operator(register) -> None:
    with use_register(register, standby=MemoryRegister(cast.records)):
        assert run("use", "standby")[0] == 0

    event = AuditEvent.objects.get(name="npd.line_chosen")
    assert (event.details["after"], event.details["operator"]) == ("standby", getpass.getuser())


def test_a_line_that_is_not_set_up_is_neither_chosen_nor_pinged(register) -> None:
    assert run("use", "standby")[0] == 4
    assert run("ping", "--line", "standby")[0] == 4
    assert register.asked == 0


def test_ping_goes_over_the_line_that_was_named(register) -> None:
    standby = MemoryRegister(cast.records)
    with use_register(register, standby=standby):
        code, out = run("ping", "--line", "standby")

    assert (code, "over the standby line" in out) == (0, True)
    assert (register.asked, standby.asked) == (0, 1)


def test_lines_says_what_a_stand_by_stands_in_for(register, settings) -> None:
    settings.NPD_STANDBY = {**settings.NPD_STANDBY, "NPD_TRANSPORT": "c06"}
    with use_register(register, standby=MemoryRegister(cast.records)):
        ping(now=timezone.now(), route=Route.STANDBY)
        register.is_down()
        for failures in range(5):
            ping(now=timezone.now(), route=Route.PRIMARY)
            if not failures:
                assert "primary (c06): slow, the latest question found no answer" in run("lines")[1]

        code, out = run("lines", "--json")

    assert (code, json.loads(out)["advice"]) == (
        1,
        [
            "The primary line is down, the other takes the questions. What is wrong: "
            "motcua npd ping --line primary."
        ],
    )


def test_lines_counts_a_line_whose_certificate_is_over_as_out_of_reach(register, settings, tmp_path) -> None:
    path = certificate(tmp_path, "ours", until=timezone.now() - timedelta(days=1))
    settings.NPD = {
        **settings.NPD,
        "NPD_URL": "https://127.0.0.1:9/{operation}",
        "NPD_CLIENT_CERT": path,
        "NPD_CLIENT_KEY": path,
    }
    ping(now=timezone.now())

    code, out = run("lines", "--json")

    told = json.loads(out)
    assert (code, told["lines"][0]["light"]) == (2, "fine")
    assert "NPD_CLIENT_CERT: over since " in told["advice"][0]
    settings.NPD_STANDBY = {**settings.NPD_STANDBY, "NPD_TRANSPORT": "c06"}
    with use_register(register, standby=MemoryRegister(cast.records)):
        ping(now=timezone.now(), route=Route.STANDBY)
        code, out = run("lines", "--json")
    assert (code, out.count("must renew it now")) == (1, 1)


@pytest.mark.parametrize(
    ("vendor", "variable"), [("sqlite", "MOTCUA_STATE=/somewhere"), ("postgresql", "DATABASE_URL")]
)
def test_a_database_that_cannot_be_used_is_no_outage_to_look_at_soon(
    vendor: str, variable: str, settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(**given: object) -> int:
        raise OperationalError("no such table: verification_linerow\nmore")

    settings.STATE = "/somewhere"
    monkeypatch.setattr(lines_told, "tell", away)
    monkeypatch.setattr(connection, "vendor", vendor)

    with pytest.raises(SystemExit) as ended:
        call_command("npd", "lines")

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"{variable}: the database cannot be used (no such table")
