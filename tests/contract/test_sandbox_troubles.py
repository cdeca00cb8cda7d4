"""Every trouble the sandbox can make, over real sockets: never a "no", never a filled form, and healed afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from motcua.identity.matching import Difference, YearAlone
from motcua.identity.register import Barred, Inquiry, TouchPoint, Trouble
from motcua.identity.verification import NotAllowed, Outcome, Rejected, Unanswered, Verified, verify
from motcua.population.gateway import Gateway, open_gateway, ping_claim
from tests.contract.facades import FACADES, SAY_ONLY_YES_OR_NO, TOKENS, settings_for
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
TROUBLES_OF_A_RECORD = ("other_person", "two_records", "wrong_encoding")  # a bare word cannot show them
HARMLESS = ("extra_field", "qcvn109", "prefix_ns2")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    started = start_sandbox(tmp_path_factory.mktemp("sandbox"))
    yield started
    started.stop()


@pytest.fixture
def sandbox(process: SandboxProcess) -> SandboxProcess:
    process.reset()
    return process


def gateway(sandbox: SandboxProcess, facade: str = "c06", **changes) -> Gateway:
    return open_gateway(settings_for(facade, sandbox.url, **changes))


def ask(
    register: Gateway, person=cast.an, procedure: str = "VPCP", officer_key: str = "lan:sandbox-pass"
) -> Outcome:
    inquiry = Inquiry(
        "H40-1", cast.lan.number, "lan", "000.00.01.H23", procedure, TouchPoint.RECEPTION, officer_key
    )
    return verify(claim=person.claim, register=register, inquiry=inquiry, year_alone=YearAlone.ANY_RECORD)


@pytest.mark.parametrize(
    ("facade", "kind"),
    [
        (facade, kind)
        for facade in FACADES
        for kind in UNANSWERED
        if facade not in SAY_ONLY_YES_OR_NO or kind not in TROUBLES_OF_A_RECORD
    ],
)
def test_a_trouble_leaves_the_question_open_and_the_next_is_answered(sandbox, facade, kind):
    hurried = {"total_seconds": 0.6, "connect_seconds": 0.6} if kind in ("no_answer", "drip", "delay") else {}
    register = gateway(sandbox, facade, **hurried)
    sandbox.trouble(kind, number=cast.an.number, **({"seconds": 5} if kind == "delay" else {}))
    started = time.monotonic()
    outcome = ask(register)
    assert time.monotonic() - started < 8
    assert isinstance(outcome, Unanswered)
    assert outcome.trouble in UNANSWERED[kind]
    sandbox.clear()
    assert isinstance(ask(gateway(sandbox, facade)), Verified)


@pytest.mark.parametrize("kind", ["xroad_network_error", "xroad_other_id"])
def test_x_road_s_own_troubles_leave_the_question_open(sandbox, kind):
    sandbox.trouble(kind, number=cast.an.number)
    outcome = ask(gateway(sandbox, "xroad"))
    assert isinstance(outcome, Unanswered)
    assert outcome.trouble is (Trouble.OTHER_PERSON if kind == "xroad_other_id" else Trouble.SERVER_ERROR)


@pytest.mark.parametrize("facade", FACADES)
@pytest.mark.parametrize("kind", HARMLESS)
def test_what_only_looks_different_changes_nothing(sandbox, facade, kind):
    sandbox.trouble(kind, number=cast.an.number)
    assert isinstance(ask(gateway(sandbox, facade)), Verified)


@pytest.mark.parametrize("facade", FACADES)
def test_a_register_that_asks_for_rest_says_for_how_long(sandbox, facade):
    sandbox.trouble("unavailable_503", number=cast.an.number)
    outcome = ask(gateway(sandbox, facade))
    assert isinstance(outcome, Unanswered)
    assert outcome.retry_after is not None


@pytest.mark.parametrize("facade", [name for name in FACADES if name not in SAY_ONLY_YES_OR_NO])
@pytest.mark.parametrize("shape", ["empty_soap_body", None])
def test_nobody_in_either_shape_is_the_proper_answer_to_a_ping(sandbox, shape, facade):
    if shape:
        sandbox.trouble(shape, number=cast.hanh.number)
    inquiry = Inquiry(
        "H40-1", cast.lan.number, "lan", "000.00.01.H23", "VPCP", TouchPoint.OPERATION, "lan:sandbox-pass"
    )
    assert gateway(sandbox, facade).ask(ping_claim(cast.hanh.number), inquiry).is_confirmed is False


@pytest.mark.parametrize(
    ("change", "facade"),
    [
        ({"secret": "wrong"}, "c06"),
        ({"username": "nobody"}, "c06"),
        ({"hash_uri": "/elsewhere"}, "c06"),
        ({"secret": "wrong"}, "xroad"),
        ({"xroad_client": "SANDBOX/GOV/OTHER/MOTCUA"}, "xroad"),
        ({"lgsp_secret_key": "wrong"}, "lgsp"),
        ({"lgsp_partner_code": "000.00.00.H99"}, "lgsp"),
        ({"lgsp_auth": "wrong"}, "lgsp_json dong_thap"),
        ({"lgsp_auth": "wrong"}, "lgsp_json opencps"),
    ],
)
def test_a_client_that_is_not_known_is_not_allowed(sandbox, change, facade):
    outcome = ask(gateway(sandbox, facade, **change))
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


@pytest.mark.parametrize("facade", FACADES)
@pytest.mark.parametrize("barred", [Barred.OFFICER, Barred.PROCEDURE])
def test_an_officer_or_procedure_without_a_license_is_named(sandbox, facade, barred):
    sandbox.switch("licenses", True)
    sandbox.switch("officers", [] if barred is Barred.OFFICER else [cast.lan.number])
    sandbox.switch("procedures", [] if barred is Barred.PROCEDURE else ["VPCP"])
    outcome = ask(gateway(sandbox, facade))
    assert isinstance(outcome, NotAllowed)
    assert outcome.barred is barred


def test_with_both_licenses_the_question_is_answered(sandbox):
    sandbox.switch("licenses", True)
    sandbox.switch("officers", [cast.lan.number])
    sandbox.switch("procedures", ["VPCP"])
    assert isinstance(ask(gateway(sandbox)), Verified)


# --- platforms with tokens

WITH_TOKENS = [name for name in FACADES if name.partition(" ")[0] in TOKENS]


@pytest.mark.parametrize("facade", WITH_TOKENS)
def test_a_withdrawn_token_is_renewed_unseen(sandbox, facade):
    register = gateway(sandbox, facade)
    assert isinstance(ask(register), Verified)
    assert sandbox.withdraw_tokens() >= 1
    assert isinstance(ask(register), Verified)


@pytest.mark.parametrize("facade", WITH_TOKENS)
def test_tokens_that_are_over_at_once_mean_that_we_may_not_ask(sandbox, facade):
    sandbox.switch("token_seconds", 0)
    outcome = ask(gateway(sandbox, facade))
    assert isinstance(outcome, NotAllowed)
    assert outcome.barred is Barred.CLIENT


@pytest.mark.parametrize("facade", WITH_TOKENS)
@pytest.mark.parametrize(
    "kind", ["no_answer", "reset", "unavailable_503", "html_200", "half_body", "redirect_302"]
)
def test_without_a_token_the_question_never_left(sandbox, facade, kind):
    sandbox.trouble(kind, at="token")
    outcome = ask(gateway(sandbox, facade, total_seconds=0.6, connect_seconds=0.6))
    assert isinstance(outcome, Unanswered)
    assert outcome.is_unsent
    assert not any(entry["outcome"] == "match" for entry in sandbox.journal())


@pytest.mark.parametrize("officer_key", ["lan:wrong", "nobody:sandbox-pass", ""])
def test_an_officer_whom_the_platform_does_not_know_is_told_so(sandbox, officer_key):
    outcome = ask(gateway(sandbox, "lgsp"), officer_key=officer_key)
    assert isinstance(outcome, NotAllowed)
    assert outcome.barred is Barred.OFFICER


def test_a_question_without_a_procedure_is_a_fault_of_ours_at_a_platform(sandbox):
    outcome = ask(gateway(sandbox, "lgsp"), procedure="")
    assert isinstance(outcome, Unanswered)
    assert outcome.trouble is Trouble.CONFIGURATION
    assert "NPD_PROCEDURE_CODE" in outcome.detail


@pytest.mark.parametrize("has_envelope", [True, False])
@pytest.mark.parametrize("has_numbers", [True, False])
def test_every_way_of_turning_soap_into_json_is_read(sandbox, has_envelope, has_numbers):
    sandbox.switch("json_envelope", has_envelope)
    sandbox.switch("json_numbers", has_numbers)
    assert isinstance(ask(gateway(sandbox, "lgsp_json opencps")), Verified)
    assert isinstance(ask(gateway(sandbox, "lgsp_json opencps"), cast.hanh), Rejected)


@pytest.mark.parametrize("form", ["text", "boolean"])
def test_a_word_in_json_is_read_as_text_and_as_boolean(sandbox, form):
    sandbox.switch("json_data", form)
    assert isinstance(ask(gateway(sandbox, "lgsp_json dong_thap")), Verified)
    assert isinstance(ask(gateway(sandbox, "lgsp_json dong_thap"), cast.hanh), Rejected)


@pytest.mark.parametrize("facade", [name for name in FACADES if name.startswith("lgsp_json")])
@pytest.mark.parametrize("kind", ["wrong_types", "error_code"])
def test_json_of_the_wrong_shape_leaves_the_question_open(sandbox, facade, kind):
    sandbox.trouble(kind, number=cast.an.number)
    assert isinstance(ask(gateway(sandbox, facade)), Unanswered)


# --- a change-over


@pytest.mark.parametrize("facade", ["c06", "xroad"])
@pytest.mark.parametrize("taken", ["current", "both", "next"])
def test_with_both_secrets_a_change_over_goes_unseen(sandbox, facade, taken):
    register = gateway(sandbox, facade, secret_next="sandbox-secret-2")
    sandbox.switch("c06_account", taken)
    assert isinstance(ask(register), Verified)


@pytest.mark.parametrize("facade", FACADES)
def test_in_production_no_answer_of_a_sandbox_verifies_anybody(sandbox, facade, caplog):
    outcome = ask(gateway(sandbox, facade, refuse_sandbox=True))

    assert isinstance(outcome, Unanswered)
    assert outcome.trouble is Trouble.CONFIGURATION
    assert "npd.alarm trouble=configuration" in caplog.text
    assert ("NPD_TOKEN_URL" if facade.split()[0] in TOKENS else "NPD_URL") in caplog.text
    if facade.split()[0] in TOKENS:  # refused with the first token: the question never left
        assert not [call for call in sandbox.journal() if call["number"]]
