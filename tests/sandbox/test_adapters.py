"""The adapters that speak JSON: what they take, what they answer, and how they refuse."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from tests.sandbox.callers import ask_json, json_token, lgsp_token
from tests.sandbox_process import SandboxProcess

OPENCPS: dict[str, Any] = {
    "type": "TraCuuThongTinCongDan", "MaYeuCau": "H24-1", "MaTichHop": "037", "MaDVC": "VPCP",
    "StaffEmail": "lan@example.vn", "GovAgencyCode": "000.00.01.H24", "HoVaTen": "Nguyễn Văn An",
    "NgayThangNamSinh": "1985-03-07", "SoDinhDanh": "999085000001",
}  # fmt: skip
DONG_THAP: dict[str, Any] = {
    "maYeuCau": "H24-1", "maDVC": "VPCP", "maCanBo": "lan@example.vn", "soDinhDanh": "999085000001", "soCMND": "",
    "hoVaTen": "NGUYENVANAN", "ngayThangNam": "19850307", "userNameService": "motcua",
}  # fmt: skip
THANH_HOA: dict[str, Any] = {
    "HoVaTen": "NGUYENVANAN", "SoDinhDanh": "999085000001", "SoCMND": "", "NgayThangNam": "", "Nam": "1985",
    "MaTichHop": "037", "MaDVC": "VPCP", "MaCanBo": "lan", "MaYeuCau": "H24-1",
}  # fmt: skip
STYLES = {"opencps": OPENCPS, "dong_thap": DONG_THAP, "thanh_hoa": THANH_HOA}
NUMBER = {"opencps": "SoDinhDanh", "dong_thap": "soDinhDanh", "thanh_hoa": "SoDinhDanh"}
NAME = {"opencps": "HoVaTen", "dong_thap": "hoVaTen", "thanh_hoa": "HoVaTen"}


def code_of(reply: Any) -> str:
    code: str = reply.json.get("errorCode") or reply.json["error_code"]
    return code


def found(style: str, answer: dict[str, Any]) -> bool:
    if style == "dong_thap":
        assert isinstance(answer["data"], bool)
        return answer["data"]
    if style == "thanh_hoa":
        assert answer["error_code"] == 0
        return etree.fromstring(answer["message"].encode()).find(".//{*}CongDan") is not None
    collection = answer["Body"]["CongdanCollection"]
    return collection != "" and collection["CongDan"]["SoDinhDanh"] == "999085000001"


@pytest.mark.parametrize("style", STYLES)
def test_each_style_finds_whom_it_asks_for_and_nobody_else(sandbox: SandboxProcess, style: str) -> None:
    reply = ask_json(sandbox, style, STYLES[style])
    assert reply.headers["Content-Type"].startswith("application/json")
    assert found(style, reply.json)
    nobody = ask_json(sandbox, style, {**STYLES[style], NAME[style]: "KHAC"})
    assert (nobody.status, found(style, nobody.json)) == (200, False)
    entry = sandbox.journal()[-1]
    assert (entry["facade"], entry["MaYeuCau"], entry["number"]) == ("lgsp-json", "H24-1", "999******001")
    assert (entry["outcome"], entry["status"]) == ("no_match", 200)


def test_the_token_needs_the_static_header_and_tells_its_end(sandbox: SandboxProcess) -> None:
    given = json_token(sandbox).json
    assert set(given) == {"token", "refreshToken", "expiryDate"}
    end = datetime.fromisoformat(given["expiryDate"])
    assert timedelta(minutes=59) < end - datetime.now(end.tzinfo) <= timedelta(minutes=60)
    assert end.utcoffset() == timedelta(hours=7)
    refused = json_token(sandbox, auth="wrong")
    assert (refused.status, refused.json["errorCode"]) == (401, "SBX.AUTH")


@pytest.mark.parametrize("style", STYLES)
def test_a_token_is_demanded_until_the_switch_says_otherwise(sandbox: SandboxProcess, style: str) -> None:
    token = json_token(sandbox).json["token"]
    sandbox.withdraw_tokens()
    for wrong in ("", token, lgsp_token(sandbox).json["access_token"]):
        reply = ask_json(sandbox, style, STYLES[style], token=wrong)
        assert (reply.status, code_of(reply)) == (401, "SBX.TOKEN")
    sandbox.switch("json_check_bearer", False)
    assert ask_json(sandbox, style, STYLES[style], token="").status == 200


def test_the_old_address_is_the_same_adapter_without_a_token(sandbox: SandboxProcess) -> None:
    reply = ask_json(sandbox, "/adapter/csdldancu", THANH_HOA, token="")
    assert found("thanh_hoa", reply.json)
    assert ask_json(sandbox, "/adapter/csdldancu", THANH_HOA, token="unknown").status == 401


def test_opencps_turns_the_answer_into_json_as_converters_do(sandbox: SandboxProcess) -> None:
    person = ask_json(sandbox, "opencps", OPENCPS).json["Body"]["CongdanCollection"]["CongDan"]
    assert person["HoVaTen"] == {"Ho": "", "ChuDem": "", "Ten": "NGUYỄN VĂN AN"}
    assert person["NgayThangNamSinh"] == {"Nam": "1985", "NgayThangNam": "19850307"}
    sandbox.switch("json_envelope", True)
    assert ask_json(sandbox, "opencps", OPENCPS).json["Envelope"]["Body"]["CongdanCollection"]
    sandbox.reset()
    sandbox.switch("json_numbers", True)
    person = ask_json(sandbox, "opencps", OPENCPS).json["Body"]["CongdanCollection"]["CongDan"]
    assert (person["SoDinhDanh"], person["DanToc"], person["GioiTinh"]) == (999085000001, "01", 1)
    sandbox.reset()
    sandbox.switch("empty_shape", "body")
    assert ask_json(sandbox, "opencps", {**OPENCPS, "HoVaTen": "KHAC"}).json == {"Header": "", "Body": ""}


def test_opencps_counts_with_003_and_knows_no_other_service(sandbox: SandboxProcess) -> None:
    reply = ask_json(sandbox, "opencps", {**OPENCPS, "MaTichHop": "003"})
    assert reply.json["Body"] == {"XacThucThongTinCongDanResponse": {"SoLuongCongDan": "1"}}
    reply = ask_json(sandbox, "opencps", {**OPENCPS, "MaTichHop": "033"})
    assert (reply.status, reply.json["errorCode"]) == (400, "SBX.VALIDATION")


@pytest.mark.parametrize(
    "birth",
    ["19850307", "1985-03-07", "1985", {"NgayThangNam": "19850307"}, {"NgayThangNam": "", "Nam": "1985"}],
)
def test_opencps_takes_every_form_of_a_birth_date(sandbox: SandboxProcess, birth: Any) -> None:
    assert found("opencps", ask_json(sandbox, "opencps", {**OPENCPS, "NgayThangNamSinh": birth}).json)


@pytest.mark.parametrize(
    ("style", "field", "code"),
    [
        ("opencps", "MaDVC", "001"), ("opencps", "GovAgencyCode", "002"), ("opencps", "StaffEmail", "003"),
        ("dong_thap", "maDVC", "001"),
    ],
)  # fmt: skip
def test_what_a_gateway_demands_has_its_own_code(
    sandbox: SandboxProcess, style: str, field: str, code: str
) -> None:
    for value in ("", None, " "):
        reply = ask_json(sandbox, style, {**STYLES[style], field: value})
        assert (reply.status, reply.json["errorCode"]) == (400, code)


@pytest.mark.parametrize("style", STYLES)
def test_licenses_are_told_as_004_and_005(sandbox: SandboxProcess, style: str) -> None:
    sandbox.switch("licenses", True)
    reply = ask_json(sandbox, style, STYLES[style])
    assert (reply.status, code_of(reply)) == (400, "005")
    sandbox.switch("officers", ["lan", "lan@example.vn"])
    assert ask_json(sandbox, style, STYLES[style]).status == 200
    sandbox.switch("procedures", ["G15-TP110"])
    reply = ask_json(sandbox, style, STYLES[style])
    assert (reply.status, code_of(reply)) == (400, "004")


def test_dong_thap_says_yes_and_no_as_texts_when_told_to(sandbox: SandboxProcess) -> None:
    sandbox.switch("json_data", "text")
    assert ask_json(sandbox, "dong_thap", DONG_THAP).json == {"data": "true"}
    assert ask_json(sandbox, "dong_thap", {**DONG_THAP, "ngayThangNam": "1986"}).json == {"data": "false"}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a": "\\ud800"}',
     b"[" * 100_000, b'{"a":' * 50_000, b"1" * 5000],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_json_object_is_refused(sandbox: SandboxProcess, style: str, body: bytes) -> None:
    reply = ask_json(sandbox, style, body)
    assert (reply.status, code_of(reply)) == (400, "SBX.JSON")


@pytest.mark.parametrize("style", STYLES)
def test_size_type_and_packing_are_looked_at(sandbox: SandboxProcess, style: str) -> None:
    large = ask_json(sandbox, style, {**STYLES[style], "x": "x" * 300_000})
    assert (large.status, code_of(large)) == (413, "SBX.SIZE")
    for headers in (
        {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Encoding": "br"}, {"Content-Encoding": "gzip"},
    ):  # fmt: skip
        reply = ask_json(sandbox, style, STYLES[style], headers=headers)
        assert (reply.status, code_of(reply)) == (400, "SBX.JSON")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("value", [999085000001, True, ["999085000001"], {"a": 1}, "9990", "99908500000x"])
def test_a_field_of_a_wrong_type_or_form_is_named(sandbox: SandboxProcess, style: str, value: Any) -> None:
    reply = ask_json(sandbox, style, {**STYLES[style], NUMBER[style]: value})
    assert (reply.status, code_of(reply)) == (400, "SBX.VALIDATION")
    assert reply.json["message"].startswith(NUMBER[style])


@pytest.mark.parametrize("style", STYLES)
def test_a_field_that_is_missing_or_too_long_is_named(sandbox: SandboxProcess, style: str) -> None:
    for value in (None, "", "A" * 101):
        reply = ask_json(sandbox, style, {**STYLES[style], NAME[style]: value})
        assert (reply.status, code_of(reply)) == (400, "SBX.VALIDATION")
        assert reply.json["message"].startswith(NAME[style])
    reply = ask_json(sandbox, style, {})
    assert 400 <= reply.status < 500


def test_two_birth_dates_at_once_or_a_day_that_never_was_are_refused(sandbox: SandboxProcess) -> None:
    for change in (
        {"NgayThangNam": "19850307"},
        {"Nam": "85"},
        {"Nam": "", "NgayThangNam": "19850230"},
        {"Nam": ""},
    ):
        reply = ask_json(sandbox, "thanh_hoa", {**THANH_HOA, **change})
        assert (reply.status, reply.json["error_code"]) == (400, "SBX.VALIDATION")


@pytest.mark.parametrize("style", STYLES)
def test_a_real_persons_number_is_refused_and_not_kept(sandbox: SandboxProcess, style: str) -> None:
    reply = ask_json(sandbox, style, {**STYLES[style], NUMBER[style]: "031085000000"})
    assert (reply.status, code_of(reply)) == (422, "SBX.SYNTHETIC")
    assert "031085000000" not in str(sandbox.journal()) + reply.body.decode()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("fault_500", 500), ("unavailable_503", 503), ("unauthorized_401", 401), ("html_200", 200), ("html_502", 502),
        ("redirect_302", 302), ("truncated_xml", 200), ("empty_body", 200), ("empty_soap_body", 200),
        ("fault_200", 200), ("wrong_types", 200), ("error_code", 200), ("oversized", 200),
        ("xroad_network_error", 500),
    ],
)  # fmt: skip
def test_troubles_spoil_the_answer_as_often_as_wished(
    sandbox: SandboxProcess, style: str, kind: str, status: int
) -> None:
    sandbox.trouble(kind, number="999085000001", next=1)
    reply = ask_json(sandbox, style, STYLES[style])
    assert reply.status == status
    assert sandbox.journal()[-1]["trouble"] == kind
    again = ask_json(sandbox, style, STYLES[style])
    assert found(style, again.json)
    assert again.body != reply.body


@pytest.mark.parametrize("style", ["opencps", "thanh_hoa"])
@pytest.mark.parametrize("kind", ["other_person", "two_records", "extra_field", "wrong_encoding", "qcvn109"])
def test_troubles_of_a_record_are_in_the_json_too(sandbox: SandboxProcess, style: str, kind: str) -> None:
    sandbox.trouble(kind, next=1)
    wrong = ask_json(sandbox, style, STYLES[style]).body
    assert wrong != ask_json(sandbox, style, STYLES[style]).body
    if kind == "wrong_encoding":
        with pytest.raises(UnicodeDecodeError):
            wrong.decode()
        assert "AN" in json.loads(wrong.decode("cp1258")).__str__()


def test_the_wrong_answers_are_wrong_in_just_the_way_they_say(sandbox: SandboxProcess) -> None:
    sandbox.trouble("two_records", next=1)
    people = ask_json(sandbox, "opencps", OPENCPS).json["Body"]["CongdanCollection"]["CongDan"]
    assert [person["SoDinhDanh"] for person in people] == ["999085000001", "999090000999"]
    sandbox.trouble("fault_200", next=1)
    assert ask_json(sandbox, "opencps", OPENCPS).json["Body"]["Fault"]["faultstring"] == "SBX.FAULT"
    # Neither yes nor no.
    for kind in ("empty_soap_body", "fault_200"):
        sandbox.trouble(kind, next=1)
        assert ask_json(sandbox, "dong_thap", DONG_THAP).json == {"data": None}
    sandbox.trouble("wrong_types", next=1)
    assert ask_json(sandbox, "dong_thap", DONG_THAP).json == {"data": {"found": True}}
    sandbox.trouble("error_code", next=1)
    assert ask_json(sandbox, "thanh_hoa", THANH_HOA).json["error_code"] == 99


def test_the_token_of_the_adapters_can_be_in_trouble_too(sandbox: SandboxProcess) -> None:
    sandbox.trouble("html_200", at="token", client="lgsp-json", next=1)
    assert lgsp_token(sandbox).status == 200
    assert json_token(sandbox).headers["Content-Type"].startswith("text/html")
    sandbox.switch("token_seconds", 0)
    assert ask_json(sandbox, "opencps", OPENCPS).status == 401


def test_an_adapter_nobody_knows_is_not_found(sandbox: SandboxProcess) -> None:
    assert ask_json(sandbox, "elsewhere", OPENCPS).status == 404


def test_rate_and_maintenance_hold_for_adapters(sandbox: SandboxProcess) -> None:
    sandbox.switch("rate_per_minute", 1)
    replies = [ask_json(sandbox, "opencps", OPENCPS) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 429]
    assert int(replies[1].headers["Retry-After"]) > 0
    sandbox.switch("maintenance_seconds", 9)
    reply = ask_json(sandbox, "thanh_hoa", THANH_HOA, token="")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "9")
