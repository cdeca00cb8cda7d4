"""Every trouble the sandbox can make, over real sockets: never a "no", never a filled form, and healed afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from motcua.identity.matching import Difference, YearAlone
from motcua.identity.register import Barred, Inquiry, TouchPoint, Trouble
from motcua.identity.verification import NotAllowed, Outcome, Rejected, Unanswered, Verified, verify
from motcua.population.gateway import Gateway, open_gateway, ping_claim
from motcua.population.settings import RegisterSettings
from tests.people import cast
from tests.sandbox_process import SandboxProcess, start_sandbox

UNANSWERED = {
    "no_answer": {Trouble.TIMEOUT},
    "drip": {Trouble.TIMEOUT},
    "delay": {Trouble.TIMEOUT},
    "reset": {Trouble.CONNECTION},
    "half_body": {Trouble.CONNECTION, Trouble.UNREADABLE},
    "fault_500": {Trouble.SERVER_ERROR},
    "unavailable_503": {Trouble.BUSY},
    "html_200": {Trouble.UNREADABLE},
    "html_502": {Trouble.SERVER_ERROR},
    "redirect_302": {Trouble.UNREADABLE},
    "truncated_xml": {Trouble.UNREADABLE},
    "empty_body": {Trouble.UNREADABLE},
    "other_person": {Trouble.OTHER_PERSON},
    "two_records": {Trouble.TWO_CITIZENS},
    "wrong_encoding": {Trouble.ENCODING},
    "oversized": {Trouble.OVERSIZED},
}
HARMLESS = ("extra_field", "qcvn109", "prefix_ns2")
PATHS = {"c06": "/c06/{operation}", "xroad": "/r1/SANDBOX/GOV/BCA/CSDLDC/{operation}"}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    started = start_sandbox(tmp_path_factory.mktemp("sandbox"))
    yield started
    started.stop()


@pytest.fixture
def sandbox(process: SandboxProcess) -> SandboxProcess:
    process.reset()
    return process


def gateway(sandbox: SandboxProcess, transport: str = "c06", **changes) -> Gateway:
    given = {
        "transport": transport,
        "url": sandbox.url + PATHS[transport],
        "hash_uri": "/sandbox/csdldc/{operation}",
        "username": "sandbox_hp",
        "secret": "sandbox-secret-1",
        "xroad_client": "SANDBOX/GOV/HAIPHONG/MOTCUA",
        "api_key": "sbx-key-1",
    }
    return open_gateway(RegisterSettings(**(given | changes)))


def ask(register: Gateway, person=cast.an, procedure: str = "VPCP") -> Outcome:
    inquiry = Inquiry("H40-1", cast.lan.number, "lan", "000.00.01.H23", procedure, TouchPoint.RECEPTION)
    return verify(claim=person.claim, register=register, inquiry=inquiry, year_alone=YearAlone.ANY_RECORD)


@pytest.mark.parametrize("transport", PATHS)
@pytest.mark.parametrize("kind", UNANSWERED)
def test_a_trouble_leaves_the_question_open_and_the_next_is_answered(sandbox, transport, kind):
    hurried = {"total_seconds": 0.6, "connect_seconds": 0.6} if kind in ("no_answer", "drip", "delay") else {}
    register = gateway(sandbox, transport, **hurried)
    sandbox.trouble(kind, number=cast.an.number, **({"seconds": 5} if kind == "delay" else {}))
    started = time.monotonic()
    outcome = ask(register)
    assert time.monotonic() - started < 8
    assert isinstance(outcome, Unanswered)
    assert outcome.trouble in UNANSWERED[kind]
    sandbox.clear()
    assert isinstance(ask(gateway(sandbox, transport)), Verified)


@pytest.mark.parametrize("kind", ["xroad_network_error", "xroad_other_id"])
def test_x_road_s_own_troubles_leave_the_question_open(sandbox, kind):
    sandbox.trouble(kind, number=cast.an.number)
    outcome = ask(gateway(sandbox, "xroad"))
    assert isinstance(outcome, Unanswered)
    assert outcome.trouble is (Trouble.OTHER_PERSON if kind == "xroad_other_id" else Trouble.SERVER_ERROR)


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_only_looks_different_changes_nothing(sandbox, kind):
    sandbox.trouble(kind, number=cast.an.number)
    assert isinstance(ask(gateway(sandbox)), Verified)


def test_a_register_that_asks_for_rest_says_for_how_long(sandbox):
    sandbox.trouble("unavailable_503", number=cast.an.number)
    outcome = ask(gateway(sandbox))
    assert isinstance(outcome, Unanswered)
    assert outcome.retry_after is not None


@pytest.mark.parametrize("shape", ["empty_soap_body", None])
def test_nobody_in_either_shape_is_the_proper_answer_to_a_ping(sandbox, shape):
    if shape:
        sandbox.trouble(shape, number=cast.hanh.number)
    inquiry = Inquiry("H40-1", cast.lan.number, "lan", "000.00.01.H23", "VPCP", TouchPoint.OPERATION)
    assert gateway(sandbox).ask(ping_claim(cast.hanh.number), inquiry).is_confirmed is False


@pytest.mark.parametrize(
    ("change", "transport"),
    [
        ({"secret": "wrong"}, "c06"),
        ({"username": "nobody"}, "c06"),
        ({"hash_uri": "/elsewhere"}, "c06"),
        ({"secret": "wrong"}, "xroad"),
        ({"xroad_client": "SANDBOX/GOV/OTHER/MOTCUA"}, "xroad"),
    ],
)
def test_a_client_that_is_not_known_is_not_allowed(sandbox, change, transport):
    outcome = ask(gateway(sandbox, transport, **change))
    assert isinstance(outcome, NotAllowed)
    assert outcome.barred is Barred.CLIENT


def test_seconds_are_as_good_a_timestamp_as_milliseconds(sandbox):
    assert isinstance(ask(gateway(sandbox, timestamp_unit="s")), Verified)


@pytest.mark.parametrize("style", ["2025", "2022"])
@pytest.mark.parametrize("form", ["ascii", "accented"])
def test_every_style_of_question_is_understood_by_a_strict_register(sandbox, style, form):
    sandbox.switch("strict", True)
    assert isinstance(ask(gateway(sandbox, request_style=style, name_form=form)), Verified)


def test_a_dead_person_whom_the_register_does_show_is_told_dead(sandbox):
    sandbox.switch("deceased_answer", "with_status")
    outcome = ask(gateway(sandbox), cast.giang)
    assert isinstance(outcome, Rejected)
    assert outcome.differences == {Difference.DECEASED}


@pytest.mark.parametrize("barred", [Barred.OFFICER, Barred.PROCEDURE])
def test_an_officer_or_procedure_without_a_license_is_named(sandbox, barred):
    sandbox.switch("licenses", True)
    sandbox.switch("officers", [] if barred is Barred.OFFICER else [cast.lan.number])
    sandbox.switch("procedures", [] if barred is Barred.PROCEDURE else ["VPCP"])
    outcome = ask(gateway(sandbox))
    assert isinstance(outcome, NotAllowed)
    assert outcome.barred is barred


def test_with_both_licenses_the_question_is_answered(sandbox):
    sandbox.switch("licenses", True)
    sandbox.switch("officers", [cast.lan.number])
    sandbox.switch("procedures", ["VPCP"])
    assert isinstance(ask(gateway(sandbox)), Verified)
