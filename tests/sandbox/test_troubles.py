"""Every trouble on demand, seen from the caller's side of a real socket."""

import http.client
import time

import pytest
from lxml import etree

from tests.sandbox.callers import AN, NS, Reply, ask, ask_xroad
from tests.sandbox_process import SandboxProcess


def test_a_delay_holds_the_right_answer_back(sandbox: SandboxProcess) -> None:
    sandbox.trouble("delay", seconds=0.4, next=1)
    started = time.monotonic()
    assert ask(sandbox).found_name
    assert time.monotonic() - started >= 0.4


def test_no_answer_means_that_nothing_comes_at_all(sandbox: SandboxProcess) -> None:
    sandbox.trouble("no_answer")
    with pytest.raises(TimeoutError):
        ask(sandbox, timeout=0.5)


def test_many_who_wait_in_vain_do_not_keep_others_from_their_answer(sandbox: SandboxProcess) -> None:
    sandbox.trouble("no_answer", number="999190000002")
    for _ in range(10):
        with pytest.raises(TimeoutError):
            ask(sandbox, {**AN, "SoDinhDanh": "999190000002"}, timeout=0.05)
    assert ask(sandbox).found_name


def test_a_dripping_answer_comes_byte_by_byte(sandbox: SandboxProcess) -> None:
    sandbox.trouble("drip", seconds=0.0001)
    assert ask(sandbox).found_name
    sandbox.clear()
    sandbox.trouble("drip", seconds=30)
    with pytest.raises(TimeoutError):
        ask(sandbox, timeout=0.5)


def test_a_reset_breaks_the_connection(sandbox: SandboxProcess) -> None:
    sandbox.trouble("reset")
    with pytest.raises(ConnectionResetError):
        ask(sandbox)


def test_half_a_body_ends_in_a_broken_connection(sandbox: SandboxProcess) -> None:
    sandbox.trouble("half_body")
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        ask(sandbox)


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("fault_500", 500, "text/xml"),
        ("unavailable_503", 503, "text/xml"),
        ("html_200", 200, "text/html"),
        ("html_502", 502, "text/html"),
        ("redirect_302", 302, "text/xml"),
        ("truncated_xml", 200, "text/xml"),
        ("empty_body", 200, "text/xml"),
        ("empty_soap_body", 200, "text/xml"),
        ("other_person", 200, "text/xml"),
        ("two_records", 200, "text/xml"),
        ("extra_field", 200, "text/xml"),
        ("wrong_encoding", 200, "text/xml"),
        ("qcvn109", 200, "text/xml"),
        ("prefix_ns2", 200, "text/xml"),
        ("oversized", 200, "text/xml"),
    ],
)
def test_a_trouble_comes_with_its_status_and_only_as_often_as_wished(
    sandbox: SandboxProcess, kind: str, status: int, content_type: str
) -> None:
    sandbox.trouble(kind, next=1)
    reply = ask(sandbox)
    assert reply.status == status
    assert reply.headers["Content-Type"].startswith(content_type)
    assert sandbox.journal()[-1]["trouble"] == kind
    again = ask(sandbox)
    assert again.found_name == "NGUYỄN VĂN AN"
    assert again.body != reply.body


def troubled(sandbox: SandboxProcess, kind: str) -> Reply:
    sandbox.trouble(kind, next=1)
    return ask(sandbox)


def test_the_wrong_answers_are_wrong_in_just_the_way_they_say(sandbox: SandboxProcess) -> None:
    assert troubled(sandbox, "fault_500").fault == "SBX.FAULT"
    sandbox.trouble("unavailable_503", seconds=7, next=1)
    assert ask(sandbox).headers["Retry-After"] == "7"
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(troubled(sandbox, "truncated_xml").body)
    assert troubled(sandbox, "empty_body").body == b""
    assert troubled(sandbox, "empty_soap_body").text("//soap:Body") == ""
    other = troubled(sandbox, "other_person")
    assert other.text("//npd:CongDan/npd:SoDinhDanh") != "999085000001"
    two = etree.fromstring(troubled(sandbox, "two_records").body)
    assert len(two.findall(".//npd:CongDan", NS)) == 2
    assert troubled(sandbox, "extra_field").found_name == "NGUYỄN VĂN AN"
    assert b"<ns2:CongDan>" in troubled(sandbox, "prefix_ns2").body
    assert len(troubled(sandbox, "oversized").body) > 3_000_000


def test_the_wrong_encoding_is_no_utf_8_though_it_says_so(sandbox: SandboxProcess) -> None:
    body = troubled(sandbox, "wrong_encoding").body
    assert b'encoding="UTF-8"' in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert "AN</ns1:Ten>" in body.decode("cp1258")


def test_the_older_form_splits_the_name_and_writes_the_date_with_hyphens(sandbox: SandboxProcess) -> None:
    reply = troubled(sandbox, "qcvn109")
    parts = [reply.text(f"//npd:CongDan/npd:HoVaTen/npd:{part}") for part in ("Ho", "ChuDem", "Ten")]
    assert parts == ["Nguyễn", "Văn", "An"]
    assert reply.text("//npd:CongDan/npd:NgayThangNamSinh/npd:NgayThangNam") == "1985-03-07"
    assert reply.text("//npd:ThuongTru/npd:MaDonViHanhChinh") == "10525"


def test_x_road_has_troubles_of_its_own(sandbox: SandboxProcess) -> None:
    sandbox.trouble("xroad_network_error", next=1)
    reply = ask_xroad(sandbox)
    assert (reply.status, reply.headers["X-Road-Error"]) == (500, "Server.ClientProxy.NetworkError")
    sandbox.trouble("xroad_other_id", next=1)
    reply = ask_xroad(sandbox, headers={"X-Road-Id": "our-id"})
    assert reply.headers["X-Road-Id"] != "our-id"
    assert ask_xroad(sandbox, headers={"X-Road-Id": "our-id"}).headers["X-Road-Id"] == "our-id"


def test_a_trouble_meets_only_its_number_or_its_client(sandbox: SandboxProcess) -> None:
    sandbox.trouble("fault_500", number="999190000002")
    assert ask(sandbox).status == 200
    assert ask(sandbox, {**AN, "SoDinhDanh": "999190000002"}).status == 500
    sandbox.clear()
    sandbox.trouble("fault_500", client="SANDBOX/GOV/HAIPHONG/MOTCUA")
    assert ask(sandbox).status == 200
    assert ask_xroad(sandbox).status == 500


def test_the_most_exact_trouble_wins(sandbox: SandboxProcess) -> None:
    sandbox.trouble("fault_500")
    sandbox.trouble("html_502", client="sandbox_hp")
    sandbox.trouble("unavailable_503", number="999085000001", next=1)
    assert [ask(sandbox).status for _ in range(2)] == [503, 502]


def test_a_call_that_is_turned_away_uses_no_trouble_up(sandbox: SandboxProcess) -> None:
    sandbox.trouble("fault_500", next=1)
    assert ask(sandbox, headers={"Authorization": ""}).status == 401
    assert ask(sandbox).status == 500


@pytest.mark.parametrize(
    ("number", "name", "day", "trouble"),
    [
        ("999000000503", "TRANLOIMAU", "19000103", "fault_500"),
        ("999000000504", "TRANBANMAU", "19000104", "unavailable_503"),
        ("999000000506", "TRANTRANGMAU", "19000106", "html_200"),
        ("999000000507", "TRANCUTMAU", "19000107", "truncated_xml"),
        ("999000000508", "TRANNHAMMAU", "19000108", "other_person"),
        ("999000000509", "TRANDOIMAU", "19000109", "two_records"),
        ("999000000510", "TRANMAMAU", "19000110", "wrong_encoding"),
        ("999000000511", "TRANRONGMAU", "19000111", "empty_body"),
        ("999000000513", "TRANXUAMAU", "19000113", "qcvn109"),
    ],
)
def test_some_people_are_always_troubled(
    sandbox: SandboxProcess, number: str, name: str, day: str, trouble: str
) -> None:
    ask(sandbox, {**AN, "SoDinhDanh": number, "HoVaTen": name, "NgayThangNam": day})
    entry = sandbox.journal()[-1]
    assert entry["trouble"] == trouble
    # They are real people of the register: only the trouble stands between them and their answer.
    assert entry["outcome"] in ("match", "SBX.FAULT", "SBX.UNAVAILABLE")


def test_the_person_who_never_gets_an_answer_gets_none(sandbox: SandboxProcess) -> None:
    with pytest.raises(TimeoutError):
        ask(sandbox, {**AN, "SoDinhDanh": "999000000502", "HoVaTen": "X"}, timeout=0.5)
    with pytest.raises(ConnectionResetError):
        ask(sandbox, {**AN, "SoDinhDanh": "999000000505", "HoVaTen": "X"})


def test_an_unknown_or_nonsensical_trouble_is_refused_by_field(sandbox: SandboxProcess) -> None:
    for rule, field in (
        ({"kind": "earthquake"}, "kind"),
        ({"kind": "delay", "seconds": -1}, "seconds"),
        ({"kind": "delay", "number": "031085000000"}, "number"),
        ({"kind": "delay", "next": 0}, "next"),
        ({"kind": "delay", "client": 5}, "client"),
        ({"kind": "delay", "colour": "red"}, "colour"),
    ):
        with pytest.raises(ValueError, match=field):
            sandbox.control("POST", "trouble", rule)
    assert sandbox.control("GET", "trouble") == {"troubles": []}
