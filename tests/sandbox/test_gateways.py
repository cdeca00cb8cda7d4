"""The provincial gateway of the Hậu Giang kind: tokens, officers' keys, licenses; and secrets that change over."""

import base64
import json

import pytest

from tests.sandbox.callers import (
    AN,
    CONFIRM,
    LGSP_ACCESS,
    LOOKUP,
    ask,
    ask_lgsp,
    ask_xroad,
    c06_headers,
    json_token,
    lgsp_access,
    lgsp_token,
    send,
)
from tests.sandbox_process import SandboxProcess


def token_of(sandbox: SandboxProcess) -> str:
    token: str = lgsp_token(sandbox).json["access_token"]
    return token


def without(name: str) -> dict[str, str]:
    return {field: value for field, value in AN.items() if field != name}


def test_a_token_is_given_for_the_known_access_key_and_says_how_long_it_lives(
    sandbox: SandboxProcess,
) -> None:
    reply = lgsp_token(sandbox)
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    assert set(reply.json) == {"access_token", "token_type", "expires_in"}
    assert (reply.json["token_type"], reply.json["expires_in"]) == ("Bearer", 3600)
    entry = sandbox.journal()[-1]
    assert (entry["facade"], entry["operation"], entry["client"]) == ("lgsp", "token", "motcua")
    assert reply.json["access_token"] not in str(entry)


def test_the_published_headers_are_the_ones_it_takes(sandbox: SandboxProcess) -> None:
    access = (
        "eyJBY2Nlc3NLZXkiOiJzYngtYWNjZXNzIiwiU2VjcmV0S2V5Ijoic2J4LXNlY3JldCIsIkFwcE5hbWUiOiJtb3RjdWEiLCJQYXJ0bmVyQ29k"
        "ZSI6IjAwMC4wMC4wMC5IMDAiLCJQYXJ0bmVyQ29kZUN1cyI6IjAwMC4wMC4wMC5IMDAifQ=="
    )
    reply = lgsp_token(sandbox, headers={"lgspaccesstoken": access})
    hashed = {"lgspaccesstoken": access, "AuthHash": "Y2FuYm8wMTpzYW5kYm94LXBhc3M="}
    found = ask_lgsp(sandbox, token=reply.json["access_token"], headers=hashed)
    assert found.found_name == "NGUYỄN VĂN AN"


@pytest.mark.parametrize("name", LGSP_ACCESS)
def test_each_part_of_the_access_key_counts(sandbox: SandboxProcess, name: str) -> None:
    wrong = lgsp_access(**{name: "wrong"})
    for reply in (
        lgsp_token(sandbox, headers=wrong), ask_lgsp(sandbox, token=token_of(sandbox), headers=wrong)
    ):  # fmt: skip
        assert (reply.status, reply.json["errorCode"]) == (401, "SBX.AUTH")


@pytest.mark.parametrize(
    "access",
    ["", "no base64!", "bm8ganNvbg==", "WzFd", base64.b64encode(b'{"AccessKey":"\\ud800"}').decode(),
     base64.b64encode(b"[" * 5000).decode()],
)  # fmt: skip
def test_nonsense_for_an_access_key_is_refused(sandbox: SandboxProcess, access: str) -> None:
    assert lgsp_token(sandbox, headers={"lgspaccesstoken": access}).status == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"grant_type=password", b"grant_type=client_credentials&grant_type=client_credentials",
     b"grant_type=client_credentials&x=1", b"%ff=\xff", b'{"grant_type": "client_credentials"}'],
)  # fmt: skip
def test_another_grant_is_refused(sandbox: SandboxProcess, body: bytes) -> None:
    reply = lgsp_token(sandbox, body=body)
    assert (reply.status, reply.json["errorCode"]) == (400, "SBX.GRANT")


def test_a_form_that_is_none_or_too_large_is_refused(sandbox: SandboxProcess) -> None:
    assert lgsp_token(sandbox, headers={"Content-Type": "application/json"}).json["errorCode"] == "SBX.GRANT"
    assert lgsp_token(sandbox, body=b"x" * 300_000).status == 413


def test_a_token_ends_with_its_time_and_when_it_is_withdrawn(sandbox: SandboxProcess) -> None:
    token = token_of(sandbox)
    assert ask_lgsp(sandbox, token=token).status == 200
    assert sandbox.withdraw_tokens() == 1
    reply = ask_lgsp(sandbox, token=token)
    assert (reply.status, reply.json["errorCode"]) == (401, "SBX.TOKEN")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    assert ask_lgsp(sandbox, token=token_of(sandbox)).status == 200
    sandbox.switch("token_seconds", 0)
    short = lgsp_token(sandbox).json
    assert short["expires_in"] == 0
    assert ask_lgsp(sandbox, token=short["access_token"]).status == 401


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer unknown", "Basic abc"])
def test_without_a_token_that_is_known_no_question_is_looked_at(
    sandbox: SandboxProcess, authorization: str
) -> None:
    reply = ask_lgsp(sandbox, token="x", headers={"Authorization": authorization})
    assert (reply.status, reply.json["errorCode"]) == (401, "SBX.TOKEN")
    assert sandbox.journal()[-1]["number"] == ""


def test_one_gateways_token_is_nothing_to_the_other(sandbox: SandboxProcess) -> None:
    assert ask_lgsp(sandbox, token=json_token(sandbox).json["token"]).status == 401


@pytest.mark.parametrize("officer", ["canbo01", "lan", "phuc", "minh", "oanh", "portal"])
def test_every_officer_has_a_key(sandbox: SandboxProcess, officer: str) -> None:
    reply = ask_lgsp(sandbox, token=token_of(sandbox), officer=f"{officer}:sandbox-pass")
    assert reply.found_name == "NGUYỄN VĂN AN"


@pytest.mark.parametrize("officer", ["lan:wrong", "nobody:sandbox-pass", "lan", ":", "lan:"])
def test_an_unknown_officer_or_a_wrong_key_is_005(sandbox: SandboxProcess, officer: str) -> None:
    reply = ask_lgsp(sandbox, token=token_of(sandbox), officer=officer)
    assert (reply.status, reply.json["errorCode"]) == (400, "005")
    assert reply.json["message"]
    for header in ("", "no base64!", "/////w=="):
        assert (
            ask_lgsp(sandbox, token=token_of(sandbox), headers={"AuthHash": header}).json["errorCode"]
            == "005"
        )


def test_licenses_are_told_in_the_gateways_own_codes(sandbox: SandboxProcess) -> None:
    token = token_of(sandbox)
    sandbox.switch("licenses", True)
    assert ask_lgsp(sandbox, token=token).found_name
    other = ask_lgsp(sandbox, {**AN, "MaCanBo": "somebody"}, token=token)
    assert (other.status, other.json["errorCode"]) == (400, "005")
    other = ask_lgsp(sandbox, {**AN, "MaDVC": "G15-TP110"}, token=token)
    assert (other.status, other.json["errorCode"]) == (400, "004")
    assert [entry["outcome"] for entry in sandbox.journal()[-2:]] == ["005", "004"]


def test_a_question_without_its_procedure_is_001(sandbox: SandboxProcess) -> None:
    token = token_of(sandbox)
    for fields in ({**AN, "MaDVC": ""}, without("MaDVC")):
        reply = ask_lgsp(sandbox, fields, token=token)
        assert (reply.status, reply.json["errorCode"]) == (400, "001")
    fields = {**without("MaDVC"), "MaTichHop": "033"}
    del fields["NgayThangNam"]
    assert ask_lgsp(sandbox, fields, token=token, operation=CONFIRM).text("//dan:TonTai") == "true"


def test_what_the_register_itself_refuses_stays_a_fault(sandbox: SandboxProcess) -> None:
    token = token_of(sandbox)
    reply = ask_lgsp(sandbox, {**AN, "SoDinhDanh": "031085000000"}, token=token)
    assert (reply.status, reply.fault) == (422, "SBX.SYNTHETIC")
    reply = ask_lgsp(sandbox, {**AN, "SoDinhDanh": "9990"}, token=token)
    assert (reply.status, reply.fault, reply.fault_element) == (500, "SBX.VALIDATION", "SoDinhDanh")
    assert ask_lgsp(sandbox, token=token, operation="LamGiDo").fault == "SBX.OPERATION"
    sandbox.switch("rate_per_minute", 1)
    assert [ask_lgsp(sandbox, token=token).status for _ in range(2)] == [200, 429]
    sandbox.switch("maintenance_seconds", 5)
    assert lgsp_token(sandbox).status == 503


def test_troubles_meet_questions_or_tokens_as_wished(sandbox: SandboxProcess) -> None:
    token = token_of(sandbox)
    sandbox.trouble("fault_500", next=1)
    # A call for a token neither meets it nor uses it up.
    assert lgsp_token(sandbox).status == 200
    assert ask_lgsp(sandbox, token=token).fault == "SBX.FAULT"
    sandbox.trouble("html_200", at="token")
    assert ask_lgsp(sandbox, token=token).found_name
    assert lgsp_token(sandbox).headers["Content-Type"].startswith("text/html")
    sandbox.clear()
    for kind, status in (("unauthorized_401", 401), ("unavailable_503", 503), ("empty_body", 200)):
        sandbox.trouble(kind, at="token", next=1)
        assert lgsp_token(sandbox).status == status
        assert sandbox.journal()[-1]["trouble"] == kind
    sandbox.trouble("wrong_types", at="token", next=1)
    assert lgsp_token(sandbox).json == {"access_token": 17, "token_type": 17, "expires_in": 17}
    sandbox.trouble("truncated_xml", at="token", next=1)
    with pytest.raises(json.JSONDecodeError):
        _ = lgsp_token(sandbox).json
    sandbox.trouble("no_answer", at="token", next=1)
    with pytest.raises(TimeoutError):
        lgsp_token(sandbox, timeout=0.5)


def test_a_trouble_may_be_one_officers_or_one_applications(sandbox: SandboxProcess) -> None:
    token = token_of(sandbox)
    sandbox.trouble("fault_500", client="lan")
    assert ask_lgsp(sandbox, token=token).status == 200
    assert ask_lgsp(sandbox, token=token, officer="lan:sandbox-pass").status == 500
    sandbox.clear()
    sandbox.trouble("unauthorized_401", client="motcua", next=1)
    assert (ask(sandbox).status, ask_lgsp(sandbox, token=token).status) == (200, 401)


def test_a_trouble_of_tokens_has_no_number_and_a_known_place(sandbox: SandboxProcess) -> None:
    for rule, field in (
        ({"at": "token", "number": "999085000001"}, "number"),
        ({"at": "home"}, "at"),
        ({"at": []}, "at"),
    ):
        with pytest.raises(ValueError, match=field):
            sandbox.trouble("delay", **rule)


def test_a_fault_may_come_with_the_status_of_an_answer(sandbox: SandboxProcess) -> None:
    sandbox.trouble("fault_200", next=1)
    reply = ask(sandbox)
    assert (reply.status, reply.fault) == (200, "SBX.FAULT")


def test_nothing_but_post_is_answered(sandbox: SandboxProcess) -> None:
    for path in ("/lgsp/token", f"/lgsp/{LOOKUP}", "/lgsp-json/opencps", "/adapter/csdldancu"):
        assert send(sandbox, b"", path=path, method="GET", headers={}).status == 405


@pytest.mark.parametrize(
    ("taken", "first", "second"), [("current", 200, 401), ("both", 200, 200), ("next", 401, 200)]
)
def test_during_a_change_over_both_secrets_are_taken(
    sandbox: SandboxProcess, taken: str, first: int, second: int
) -> None:
    sandbox.switch("c06_account", taken)
    secrets = ("sandbox-secret-1", "sandbox-secret-2")
    for call in (ask, ask_xroad):
        statuses = [call(sandbox, headers=c06_headers(secret=secret)).status for secret in secrets]
        assert statuses == [first, second]
    sandbox.reset()
    sandbox.switch("api_key", taken)
    keys = [ask_xroad(sandbox, headers={"ApiKey": key}).status for key in ("sbx-key-1", "sbx-key-2")]
    assert keys == [first, second]
    assert ask(sandbox, headers=c06_headers(secret="sandbox-secret-3")).status == 401
