"""The JSON of provinces' adapters: what we send, what we read, and that garbage is never a "nobody"."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from motcua.identity.birth import BirthDate
from motcua.identity.claims import Address, CitizenRecord, IdentityClaim, Sex
from motcua.identity.numbers import parse_number
from motcua.identity.register import (
    Barred,
    CouldNotAsk,
    Inquiry,
    NotPermitted,
    RegisterError,
    TouchPoint,
    Trouble,
)
from motcua.population.gateway import Gateway
from motcua.population.settings import RegisterSettings
from motcua.population.soap import FaultReceived
from motcua.population.transports.http import Reply
from motcua.population.wire import Reading
from motcua.population.wire_json import build_json_request, read_json_reply

MESSAGES = Path(__file__).parent.parent / "messages"
THU = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999185000017"), BirthDate(1985, 3, 7))
THU_BY_OLD_CARD = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999000017"), BirthDate(1985))
ASKED_BY = Inquiry(
    "H40-20261123-0000001", "999080000001", "canbo01", "000.00.00.H00", "VPCP", TouchPoint.RECEPTION
)
RECORD = CitizenRecord(
    personal_number="999185000017",
    old_card_number="999000017",
    full_name="ĐẶNG THỊ MẪU THỬ",
    sex=Sex.FEMALE,
    birth_date=BirthDate(1985, 3, 7),
    ethnic_group="01",
    nationality="VN",
    permanent_residence=Address("31", "", "99902", "SỐ 1 PHỐ THỬ NGHIỆM", "VN"),
    current_residence=Address("31", "", "99903", "SỐ 9 PHỐ THỬ NGHIỆM", "VN"),
)
NOBODY = Reading(None, is_confirmed=False)
STYLES = [
    ("opencps", "037"),
    ("opencps", "003"),
    ("dong_thap", "003"),
    ("thanh_hoa", "037"),
    ("thanh_hoa", "003"),
]


def golden(name: str) -> Any:
    return json.loads((MESSAGES / name).read_text("utf-8"))


def read(reply: object, style: str = "opencps", service: str = "037", **how: str) -> Reading:
    text = reply if isinstance(reply, bytes) else json.dumps(reply, ensure_ascii=False).encode()
    return read_json_reply(text, style=style, service=service, **how)  # type: ignore[arg-type]


def trouble_of(reply: object, style: str = "opencps", service: str = "037", **how: str) -> Trouble:
    with pytest.raises(CouldNotAsk) as caught:
        read(reply, style, service, **how)
    assert "999185" not in caught.value.detail
    return caught.value.trouble


def converted(body: object) -> dict[str, Any]:
    return {"Header": "", "Body": body}


def changed(**fields: object) -> dict[str, Any]:
    """Return the golden match with other values in its citizen."""
    reply: dict[str, Any] = copy.deepcopy(golden("reply-opencps-037-match.json"))
    reply["Body"]["CongdanCollection"]["CongDan"] |= fields
    return reply


def wrapped(message: object, code: object = 0) -> dict[str, Any]:
    return {"error_code": code, "message": message}


def golden_xml(name: str) -> str:
    return (MESSAGES / name).read_text("utf-8")


# --- requests


@pytest.mark.parametrize(
    ("file", "claim", "how"),
    [
        ("request-opencps-037.json", THU, {"style": "opencps", "service": "037"}),
        ("request-opencps-003-old-card-year.json", THU_BY_OLD_CARD, {"style": "opencps", "service": "003"}),
        ("request-dong-thap.json", THU, {"style": "dong_thap", "service": "003"}),
        (
            "request-thanh-hoa-037-accented.json",
            THU,
            {"style": "thanh_hoa", "service": "037", "name_form": "accented"},
        ),
        (
            "request-thanh-hoa-037-old-card-year.json",
            THU_BY_OLD_CARD,
            {"style": "thanh_hoa", "service": "037"},
        ),
    ],
)
def test_each_question_equals_its_golden_message(file, claim, how):
    question = build_json_request(claim, ASKED_BY, **({"name_form": "ascii", "username": "sandbox_hp"} | how))
    assert list(json.loads(question).items()) == list(golden(file).items())


def test_a_hostile_text_in_a_question_stays_a_text():
    hostile = 'x","SoDinhDanh":"1'
    inquiry = Inquiry("H40-1", hostile, "lan", "", "", TouchPoint.RECEPTION)
    question = build_json_request(
        THU, inquiry, style="opencps", service="037", name_form="ascii", username=""
    )
    assert json.loads(question)["SoDinhDanh"] == "999185000017"
    assert json.loads(question)["StaffEmail"] == hostile


def test_half_a_character_in_a_question_is_a_fault_of_the_configuration():
    inquiry = Inquiry("H40-1", "lan\ud800", "lan", "", "", TouchPoint.RECEPTION)
    with pytest.raises(CouldNotAsk) as caught:
        build_json_request(THU, inquiry, style="opencps", service="037", name_form="ascii", username="")
    assert caught.value.trouble is Trouble.CONFIGURATION


# --- golden replies


@pytest.mark.parametrize(
    ("file", "style"),
    [
        ("reply-opencps-037-match.json", "opencps"),
        ("reply-opencps-037-match-envelope.json", "opencps"),
        ("reply-thanh-hoa-037-match.json", "thanh_hoa"),
    ],
)
def test_a_record_is_read_as_it_is_in_soap(file, style):
    assert read(golden(file), style) == Reading(RECORD, is_confirmed=True)


@pytest.mark.parametrize(
    ("file", "style"),
    [("reply-opencps-037-nobody.json", "opencps"), ("reply-thanh-hoa-037-nobody.json", "thanh_hoa")],
)
def test_nobody_is_nobody(file, style):
    assert read(golden(file), style) == NOBODY


@pytest.mark.parametrize(
    "body",
    [
        {},
        "",
        None,
        {"xmlns:dan": "http://dancuquocgia.bca"},
        {"CongdanCollection": None},
        {"CongdanCollection": {"@xmlns:ns1": "http://www.mic.gov.vn/dancu/1.0"}},
        {"CongdanCollection": {"CongDan": []}},
        {"CongdanCollection": {"CongDan": ""}},
        {"CongdanCollection": {"SoCongDan": 0, "ThoiDiemDuLieu": "2026-11-23T08:00:00"}},
    ],
)
def test_every_empty_shape_that_soap_may_turn_into_is_nobody(body):
    assert read(converted(body)) == NOBODY


@pytest.mark.parametrize(
    ("reply", "style", "confirmed"),
    [
        (golden("reply-opencps-003-yes.json"), "opencps", True),
        (golden("reply-opencps-003-no.json"), "opencps", False),
        (golden("reply-dong-thap-yes.json"), "dong_thap", True),
        (golden("reply-dong-thap-no.json"), "dong_thap", False),
        ({"data": "True"}, "dong_thap", True),
        ({"data": False}, "dong_thap", False),
        (golden("reply-thanh-hoa-003-no.json"), "thanh_hoa", False),
        (wrapped(golden_xml("reply-003-yes.xml")), "thanh_hoa", True),
    ],
)
def test_yes_and_no_are_read(reply, style, confirmed):
    assert read(reply, style, "003") == Reading(None, is_confirmed=confirmed)


def test_an_unknown_member_is_counted_and_changes_nothing():
    assert read(changed(MoiCo="x", **{"la lung": {"a": 1}})).unknown_elements == 2


# --- what is never an answer


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"Header": ""},
        {"Envelope": ""},
        {"Envelope": {"Body": ""}, "error": "x"},
        {"Body": "", "message": "hệ thống bận"},
        {"Body": "", "Status": 500},
        converted("bận"),
        converted([]),
        converted([{"CongdanCollection": ""}]),
        converted(0),
        converted(False),
        converted({"message": "không có"}),
        converted({"CongdanCollection": "", "KetQuaXacThuc": ""}),
        converted({"CongdanCollection": "lỗi"}),
        converted({"CongdanCollection": 0}),
        converted({"CongdanCollection": False}),
        converted({"CongdanCollection": ["", ""]}),
        converted({"CongdanCollection": {"error": "x"}}),
        converted({"CongdanCollection": {"CongDan": False}}),
        converted({"CongdanCollection": {"CongDan": [[]]}}),
        converted({"CongdanCollection": []}),
        converted({"Envelope": []}),
        converted({"CongDan": []}),
        converted({"CongdanCollection": {"CongDan": {"CongDan": []}}}),
        changed(HoVaTen=[]),
        changed(HoVaTen={"Ten": True}),
        changed(SoCMND=False),
        converted({"CongdanCollection": {"SoCongDan": "1"}}),
        converted({"CongdanCollection": {"congdan": {"SoDinhDanh": "999185000017"}}}),
        converted({"congdanCollection": ""}),
        converted({"ns1:CongdanCollection": ""}),
        golden("reply-opencps-003-no.json"),
        golden("reply-dong-thap-no.json"),
        golden("reply-thanh-hoa-037-nobody.json"),
        changed(SoDinhDanh=9.99185e11),
    ],
)
def test_what_is_no_proper_answer_is_unreadable(reply):
    assert trouble_of(reply) is Trouble.UNREADABLE


@pytest.mark.parametrize(
    "reply",
    [
        converted({"CongdanCollection": {"CongDan": "lỗi"}}),
        converted({"CongdanCollection": {"CongDan": {"error": "x"}}}),
        changed(SoDinhDanh=""),
        changed(SoDinhDanh="99918500001"),
        changed(SoDinhDanh=["999185000017", "999185000017"]),
        changed(HoVaTen={"Ten": ["ĐẶNG THỊ MẪU THỬ", "AI ĐÓ"]}),
        changed(HoVaTen={"ten": "ĐẶNG THỊ MẪU THỬ"}),
        changed(HoVaTen=["ĐẶNG", "THỬ"]),
        changed(NgayThangNamSinh={"Nam": "1985", "NgayThangNam": "19860307"}),
        changed(NgayThangNamSinh="07/03/1985"),
        changed(ThuongTru={"ChiTiet": "A" * 600}),
    ],
)
def test_a_record_that_cannot_be_read_says_nothing_of_the_line(reply):
    assert trouble_of(reply) is Trouble.BAD_RECORD


def test_what_is_nested_deeper_than_in_any_honest_reply_is_unreadable():
    deep = json.loads('{"a":' * 40 + "0" + "}" * 40)
    assert trouble_of(changed(LaLung=deep)) is Trouble.UNREADABLE
    assert trouble_of(golden("reply-opencps-037-match.json") | {"Header": deep}) is Trouble.UNREADABLE


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"   ",
        b"null",
        b"false",
        b"[]",
        b'"Body"',
        b'{"Body": {}',
        b'{"Body": {}} x',
        b'{"Body": {}, "Body": {}}',
        b'{"Body": {"CongdanCollection": "", "CongdanCollection": ""}}',
        b'{"Body": NaN}',
        b'{"Body": Infinity}',
        b"{'Body': {}}",
        b'{"Body": {}, "n": ' + b"9" * 5000 + b"}",
        b'{"Body": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"Body": ' + b'{"a":' * 100 + b"0" + b"}" * 101,
        b"{" + b",".join(b'"a%d":0' % number for number in range(25_000)) + b"}",
        b"<html><p>x</p></html>",
        b"<Envelope/>",
    ],
)
def test_what_is_no_proper_json_is_unreadable(reply):
    assert trouble_of(reply) is Trouble.UNREADABLE
    assert trouble_of(reply, "thanh_hoa") is Trouble.UNREADABLE
    assert trouble_of(reply, "dong_thap", "003") is Trouble.UNREADABLE


@pytest.mark.parametrize(
    ("reply", "how"),
    [
        (json.dumps(golden("reply-opencps-037-match.json")).encode("utf-16"), {}),
        (
            json.dumps(golden("reply-opencps-037-match.json"), ensure_ascii=False).encode("cp1258", "ignore"),
            {},
        ),
        (changed(HoVaTen={"Ten": "ĐẶNG THỊ M\ufffdU THỬ"}), {}),
        (b'{"Body": {"CongdanCollection": {"CongDan": {"HoVaTen": {"Ten": "M\\ufffdU"}}}}}', {}),
        (b'{"Body": {"CongdanCollection": {"CongDan": {"ThuongTru": {"ChiTiet": "S\\ufffd 1"}}}}}', {}),
        (b'{"Body": {"CongdanCollection": {"CongDan": {"HoVaTen": {"Ten": "M\\ud800U"}}}}}', {}),
        (b'{"Body": {"CongdanCollection": {"CongDan": {"HoVaTen": {"Ten": "M\\u0000U"}}}}}', {}),
        (b'{"Body": {"CongdanCollection": {"SoCongDan": "\\u0001"}}}', {}),
        (changed(HoVaTen={"Ten": "ĐẶNG THỊ MẪU THỬ".encode().decode("latin-1")}), {}),
        (golden("reply-opencps-037-match.json"), {"content_type": "application/json; charset=utf-16"}),
    ],
)
def test_damaged_letters_are_not_believed(reply, how):
    assert trouble_of(reply, **how) is Trouble.ENCODING


def test_two_citizens_are_two_citizens():
    reply = golden("reply-opencps-037-match.json")
    collection = reply["Body"]["CongdanCollection"]
    collection["CongDan"] = [collection["CongDan"]] * 2
    assert trouble_of(reply) is Trouble.TWO_CITIZENS
    counted = converted({"XacThucThongTinCongDanResponse": {"SoLuongCongDan": 2}})
    assert trouble_of(counted, service="003") is Trouble.TWO_CITIZENS


def test_more_than_a_megabyte_is_refused():
    assert trouble_of(b'{"Body": "' + b"x" * 1_000_001 + b'"}') is Trouble.OVERSIZED


@pytest.mark.parametrize(
    "reply",
    [
        golden("reply-opencps-fault.json"),
        {"Fault": {"faultcode": "soapenv:Server", "faultstring": "x"}},
        {"Envelope": {"Body": {"Fault": {"faultcode": "soapenv:Server"}}}},
        {"Header": {"Fault": {"faultcode": "soapenv:Server"}}, "Body": {"CongdanCollection": ""}},
        {"Header": [{"a": [{"Fault": None}]}], "Body": {"CongdanCollection": ""}},
        converted({"CongdanCollection": {"Fault": {"faultcode": "soapenv:Server"}}}),
        converted({"CongdanCollection": "", "Fault": {"faultcode": "soapenv:Server"}}),
    ],
)
def test_a_fault_anywhere_is_a_fault(reply):
    with pytest.raises(FaultReceived):
        read(reply)


@pytest.mark.parametrize(
    "header",
    [
        None,
        {},
        {"Security": {"mustUnderstand": True}},
        {"sentAt": 1795421696.5, "hops": []},
        {"n": [[1], "\x00"]},
    ],
)
def test_what_else_stands_in_a_header_is_not_looked_at(header):
    reply = golden("reply-opencps-037-match.json") | {"Header": header}
    assert read(reply) == read(golden("reply-opencps-037-match.json"))


def test_a_header_without_bottom_is_refused():
    reply = b'{"Header": ' + b'{"a": ' * 200 + b"1" + b"}" * 200 + b', "Body": {"CongdanCollection": ""}}'
    assert trouble_of(reply) is Trouble.UNREADABLE


@pytest.mark.parametrize("data", [None, 1, 0, "", "yes", "co", [], [True], {}, {"data": True}, 1.0])
def test_a_word_that_is_neither_yes_nor_no_is_unreadable(data):
    assert trouble_of({"data": data}, "dong_thap", "003") is Trouble.UNREADABLE


@pytest.mark.parametrize(
    ("reply", "style"),
    [
        ({"data": False, "message": "Hết phiên làm việc"}, "dong_thap"),
        ({"data": "false", "status": 500, "errorCode": None}, "dong_thap"),
        (converted({"XacThucThongTinCongDanResponse": {"SoLuongCongDan": 0, "Loi": "x"}}), "opencps"),
        (wrapped(golden_xml("reply-003-no.xml")) | {"data": "Hết phiên làm việc"}, "thanh_hoa"),
    ],
)
def test_a_no_with_something_unknown_beside_it_is_not_believed(reply, style):
    assert trouble_of(reply, style, "003") is Trouble.UNREADABLE


@pytest.mark.parametrize("empty", ["", None, [], {}])
def test_something_empty_beside_a_no_changes_nothing(empty):
    nobody = wrapped(golden_xml("reply-037-nobody.xml"))
    assert read(nobody | {"data": empty}, "thanh_hoa") == NOBODY
    assert trouble_of(nobody | {"data": "x"}, "thanh_hoa") is Trouble.UNREADABLE
    assert read({"data": False, "message": empty}, "dong_thap", "003").is_confirmed is False


@pytest.mark.parametrize("style", ["opencps", "dong_thap", "thanh_hoa"])
def test_an_error_code_beside_an_answer_leaves_the_question_open(style):
    service = "003" if style == "dong_thap" else "037"
    reply = {"errorCode": "009", "data": False, "Body": "", "message": golden_xml("reply-037-nobody.xml")}
    assert trouble_of(reply, style, service) is Trouble.FAULT


@pytest.mark.parametrize("code", ["1", 99, "-1", "ERR", "0999185000017", {"a": 1}, True])
def test_beside_an_unknown_code_a_wrapped_nobody_is_not_believed(code):
    assert trouble_of(wrapped(golden_xml("reply-037-nobody.xml"), code), "thanh_hoa") is Trouble.FAULT
    assert trouble_of(wrapped(golden_xml("reply-003-no.xml"), code), "thanh_hoa", "003") is Trouble.FAULT
    assert trouble_of(wrapped("Không kết nối được", code), "thanh_hoa") is Trouble.FAULT
    assert trouble_of(wrapped("", code), "thanh_hoa") is Trouble.FAULT


def test_beside_an_unknown_code_a_wrapped_record_is_still_a_record():
    assert read(wrapped(golden_xml("reply-037-match.xml"), 200), "thanh_hoa").record == RECORD


@pytest.mark.parametrize(
    "message",
    [
        None,
        "",
        " ",
        0,
        [],
        {},
        "Không có dữ liệu",
        "<html/>",
        golden_xml("reply-037-match.xml")[:-40],
        golden_xml("reply-003-no.xml"),
        golden_xml("reply-037-nobody.xml").replace("CongdanCollection xmlns", "KetQua xmlns"),
    ],
)
def test_a_wrapped_message_that_is_no_answer_is_unreadable(message):
    assert trouble_of(wrapped(message), "thanh_hoa") is Trouble.UNREADABLE


def test_a_wrapped_fault_is_a_fault_and_half_a_character_is_damage():
    with pytest.raises(FaultReceived):
        read(wrapped(golden_xml("fault-server.xml")), "thanh_hoa")
    assert trouble_of(b'{"error_code": 0, "message": "\\ud800"}', "thanh_hoa") is Trouble.ENCODING


# --- whatever comes

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["Envelope", "Body", "Header", "CongdanCollection", "CongDan", "Fault", "data", "message", "error_code",
             "HoVaTen", "Ten", "SoDinhDanh", "TonTai", "SoLuongCongDan", "KetQuaXacThuc", "SoCongDan"]
        )
        | st.text(max_size=8),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    reply=st.binary(max_size=200) | _json.map(lambda value: json.dumps(value).encode()),
    which=st.sampled_from(STYLES),
)
def test_whatever_comes_is_an_answer_or_one_of_our_errors(reply, which):
    style, service = which
    with contextlib.suppress(CouldNotAsk, FaultReceived):
        read(reply, style, service)


def _says_nobody(value: Any) -> bool:
    """Say, in the words of the documentation, whether a JSON value is a proper "nobody" of the converted style."""

    def bare(members: Any) -> Any:
        if isinstance(members, dict):
            return {
                name: under for name, under in members.items() if not name.lstrip("@-_").startswith("xmlns")
            }
        return members

    envelope = bare(value)
    if isinstance(envelope, dict) and set(envelope) == {"Envelope"}:
        envelope = bare(envelope["Envelope"])
    if not isinstance(envelope, dict) or "Body" not in envelope or not set(envelope) <= {"Header", "Body"}:
        return False
    body = bare(envelope["Body"])
    if body in (None, "") or body == {}:
        return True
    if not isinstance(body, dict) or set(body) != {"CongdanCollection"}:
        return False
    collection = body["CongdanCollection"]
    while isinstance(collection, list) and len(collection) == 1:
        collection = collection[0]
    if isinstance(collection, str | None | list):
        return not collection or (isinstance(collection, str) and not collection.strip())
    if not isinstance(collection, dict):
        return False
    citizen = bare(collection).get("CongDan", "")
    older_form = {"SoCongDan", "GhiChu", "ThoiDiemDuLieu", "id"}  # what QCVN 109 hangs on the collection
    others = {name for name in bare(collection) if name != "CongDan"}
    return {name.lstrip("@-") for name in others} <= older_form and not isinstance(
        citizen, bool | int | float
    )


@settings(max_examples=400, deadline=None)
@given(body=_json)
@example(body={"GhiChu": None})
def test_no_garbage_says_nobody(body):
    for reply in (body, {"Body": body}, {"Body": {"CongdanCollection": body}}):
        try:
            reading = read(json.dumps(reply).encode())
        except (CouldNotAsk, FaultReceived):
            continue
        assert reading.record is not None or _says_nobody(reply)


@settings(max_examples=200, deadline=None)
@given(cut=st.integers(min_value=0, max_value=3000), which=st.sampled_from(["match", "nobody"]))
def test_a_cut_reply_is_never_an_answer(cut, which):
    for file, style in (
        (f"reply-opencps-037-{which}.json", "opencps"),
        (f"reply-thanh-hoa-037-{which}.json", "thanh_hoa"),
    ):
        whole = (MESSAGES / file).read_bytes().rstrip()
        if cut < len(whole):
            with pytest.raises(CouldNotAsk):
                read(whole[:cut], style)


# --- through the gateway


class Way:
    name = "lgsp_json"

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.asked: list[tuple[str, bytes]] = []

    def post(self, operation, body, *, inquiry, now):
        self.asked.append((operation, body))
        return self.reply


def through(body: bytes, status: int = 200, **changes: Any) -> tuple[Gateway, Way]:
    way = Way(Reply(status, {"Content-Type": "application/json"}, body))
    given = {"transport": "lgsp_json", "url": "http://127.0.0.1:9/", "json_style": "opencps"}
    return Gateway(RegisterSettings(**(given | changes)), way, now=lambda: 0.0), way


def test_a_gateway_asks_in_its_style_and_refuses_another_person_s_record():
    gateway, way = through((MESSAGES / "reply-opencps-037-match.json").read_bytes())
    answer = gateway.ask(THU, ASKED_BY)
    assert (answer.record, answer.line) == (RECORD, "lgsp_json/037")
    assert json.loads(way.asked[0][1]) == golden("request-opencps-037.json")
    other = IdentityClaim("Đặng Thị Mẫu Thử", parse_number("999185000018"), BirthDate(1985, 3, 7))
    with pytest.raises(CouldNotAsk) as caught:
        gateway.ask(other, ASKED_BY)
    assert caught.value.trouble is Trouble.OTHER_PERSON


@pytest.mark.parametrize(
    ("body", "status", "barred"),
    [
        ({"message": "x", "errorCode": "004"}, 400, Barred.PROCEDURE),
        ({"message": "x", "errorCode": "005"}, 400, Barred.OFFICER),
        ({"message": "x", "error_code": "005"}, 400, Barred.OFFICER),
        ({"message": "x", "errorCode": "004"}, 200, Barred.PROCEDURE),
        ({"Body": "", "errorCode": 5}, 200, Barred.OFFICER),
        ({}, 403, Barred.CLIENT),
    ],
)
def test_an_adapter_s_refusal_names_whom_it_bars(body, status, barred):
    with pytest.raises(RegisterError) as caught:
        through(json.dumps(body).encode(), status)[0].ask(THU, ASKED_BY)
    assert isinstance(caught.value, NotPermitted)
    assert caught.value.barred is barred


@pytest.mark.parametrize("code", [4, 5, "4", "5", "1", "05"])
def test_an_adapter_s_own_numbers_are_not_taken_for_a_platform_s_codes(code):
    body = json.dumps({"message": "x", "error_code": code}).encode()
    with pytest.raises(CouldNotAsk) as caught:
        through(body, 400, json_style="thanh_hoa")[0].ask(THU, ASKED_BY)
    assert caught.value.trouble is Trouble.FAULT
