"""Replays, with our own code, how each known family of clients calls and reads (protocol §9.8)."""

import base64
import json
import re

from lxml import etree

from tests.sandbox.callers import (
    CONFIRM,
    LOOKUP,
    NS,
    XROAD_HEADERS,
    XROAD_PATH,
    c06_headers,
    envelope,
    send,
)
from tests.sandbox_process import SandboxProcess

PERSON = {"SoDinhDanh": "999085000001", "HoVaTen": "NGUYENVANAN"}
OLD_HEAD = {
    "MaYeuCau": "1795421696000",
    "MaDVC": "G15-TP110",
    "MaTichHop": "037",
    "MaCanBo": "canbo01@example.vn",
}


def test_s1_goes_through_the_gateway_with_a_token_and_its_officers_key(sandbox: SandboxProcess) -> None:
    access = (
        '{"AccessKey":"sbx-access","SecretKey":"sbx-secret","AppName":"motcua","PartnerCode":"000.00.00.H00",'
        '"PartnerCodeCus":"000.00.00.H00"}'
    )
    gateway = {"lgspaccesstoken": base64.b64encode(access.encode()).decode()}
    token = send(
        sandbox, b"grant_type=client_credentials", path="/lgsp/token",
        headers={
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **gateway,
        },
    ).json["access_token"]  # fmt: skip
    # Its own prefix, no SOAPAction, a date with hyphens.
    body = envelope({**OLD_HEAD, **PERSON, "NgayThangNam": "1985-03-07"}, prefix="qldc")
    headers = {
        "Content-Type": "application/xml", "Authorization": f"Bearer {token}", **gateway,
        "AuthHash": base64.b64encode(b"canbo01:sandbox-pass").decode(),
    }  # fmt: skip
    reply = send(sandbox, body, path=f"/lgsp/{LOOKUP}", headers=headers)
    # It turns the answer into JSON and reads one object: an array would break it.
    assert len(etree.fromstring(reply.body).findall(".//npd:CongDan", NS)) == 1
    assert reply.text("//npd:CongDan/npd:HoVaTen/npd:Ten") == "NGUYỄN VĂN AN"
    # Of every refusal it reads one code.
    refused = send(
        sandbox, body, path=f"/lgsp/{LOOKUP}", headers={**headers, "AuthHash": "eDp5"}
    )  # fmt: skip
    assert (refused.status, refused.json["errorCode"]) == (400, "005")


def test_s2_signs_in_seconds_and_reads_by_literal_prefix(sandbox: SandboxProcess) -> None:
    birth = "<dan:NgayThangNamSinh><dan:NgayThangNam>19850307</dan:NgayThangNam></dan:NgayThangNamSinh>"
    body = (
        f'<soapenv:Envelope xmlns:soapenv="{NS["soap"]}" xmlns:dan="{NS["dan"]}">` <soapenv:Header/>\n<soapenv:Body>'
        f'<dan:{LOOKUP} xmlns:dan="{NS["dan"]}"><dan:MaYeuCau>CONST</dan:MaYeuCau><dan:MaDVC></dan:MaDVC>'
        f"<dan:MaTichHop>037</dan:MaTichHop><dan:MaCanBo>bca</dan:MaCanBo><dan:SoDinhDanh>999085000001</dan:SoDinhDanh>"
        # Upper case byte by byte leaves the accented letters as they were.
        f"<dan:HoVaTen>NGUYễN VăN AN</dan:HoVaTen>{birth}</dan:{LOOKUP}></soapenv:Body></soapenv:Envelope>"
    ).encode()
    signed = c06_headers(unit="s")
    reply = send(
        sandbox, body,
        headers={
            "Content-Type": "application/xml", "authorization": signed["Authorization"],
            "timestamp": signed["Timestamp"],
        },
    )  # fmt: skip
    text = reply.body.decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert re.search(r"<soapenv:Body[^>]*>\s*<ns1:CongdanCollection", text)
    found = re.search(r"<ns1:Ten>([^<]+)</ns1:Ten>", text)
    assert found is not None
    assert found.group(1) == "NGUYỄN VĂN AN"


def test_s3_calls_through_x_road_with_the_new_fields(sandbox: SandboxProcess) -> None:
    fields = {
        "MaYeuCau": "GSTP080000123", "MaDVC": "VPCP", "MaTichHop": "037", "MaCanBo": "999180000008",
        "MaDonVi": "000.00.00.H24", "TaiKhoan": "canbo01", "SoDienThoai": "0", **PERSON, "Nam": "1985",
    }  # fmt: skip
    reply = send(
        sandbox, envelope(fields), path=XROAD_PATH + LOOKUP,
        headers={
            "Content-Type": "application/xml; charset=utf-8", "SOAPAction": '""', **XROAD_HEADERS, **c06_headers(),
        },
    )  # fmt: skip
    assert reply.status == 200
    assert (
        reply.text("//npd:CongdanCollection/npd:CongDan/npd:NgayThangNamSinh/npd:NgayThangNam") == "19850307"
    )
    missing = send(
        sandbox, envelope({**fields, "HoVaTen": "KHAC"}), path=XROAD_PATH + LOOKUP,
        headers={"Content-Type": "application/xml; charset=utf-8", **XROAD_HEADERS, **c06_headers()},
    )  # fmt: skip
    assert missing.status == 200
    assert missing.text("//npd:CongDan") is None


def test_s4_declares_the_header_with_a_second_prefix(sandbox: SandboxProcess) -> None:
    fields = "".join(f"<dan:{name}>{value}</dan:{name}>" for name, value in {**OLD_HEAD, **PERSON}.items())
    body = (
        f'<soapenv:Envelope xmlns:soapenv="{NS["soap"]}"><soap:Header xmlns:soap="{NS["soap"]}"/><soapenv:Body>'
        f'<dan:{LOOKUP} xmlns:dan="{NS["dan"]}">{fields}<dan:NgayThangNamSinh><dan:Nam>1985</dan:Nam>'
        f"</dan:NgayThangNamSinh></dan:{LOOKUP}></soapenv:Body></soapenv:Envelope>"
    ).encode()
    headers = {
        "Content-Type": "application/xml",
        "ESB_SOURCE_TYPE": "sandbox_hp",
        "ESB_SOURCE_USERNAME": "sandbox_hp",
    }
    reply = send(sandbox, body, headers={**headers, **c06_headers()})
    assert b"<ns1:SoDinhDanh>999085000001</ns1:SoDinhDanh>" in reply.body


def test_s5_reads_the_answer_out_of_a_text_and_takes_every_child_without_looking(
    sandbox: SandboxProcess,
) -> None:
    question = {
        "HoVaTen": "LEDUNG", "SoDinhDanh": "999050000004", "SoCMND": "", "NgayThangNam": "", "Nam": "1950",
        "MaTichHop": "037", "MaDVC": "VPCP", "MaCanBo": "UBND_MAU", "MaYeuCau": "THA0000123",
    }  # fmt: skip
    reply = send(
        sandbox, json.dumps(question).encode(), path="/adapter/csdldancu",
        headers={"Content-Type": "application/json; charset=utf-8"},
    )  # fmt: skip
    person = etree.fromstring(reply.json["message"].encode()).find(".//npd:CongDan", NS)
    assert person is not None
    for address in ("NoiDangKyKhaiSinh", "QueQuan", "ThuongTru", "NoiOHienTai"):
        for part in ("MaTinhThanh", "MaQuanHuyen", "MaPhuongXa", "ChiTiet", "QuocGia"):
            assert person.find(f"npd:{address}/npd:{part}", NS) is not None
    for relative in ("Cha", "Me", "VoChong", "NguoiDaiDien", "ChuHo"):
        assert person.find(f"npd:{relative}/npd:HoVaTen", NS) is not None


def test_s6_counts_people_with_003(sandbox: SandboxProcess) -> None:
    fields = {
        **OLD_HEAD,
        "MaTichHop": "003",
        "MaCanBo": "NGSP_BTTTT",
        "SoCMND": "999000001",
        "HoVaTen": "Nguyễn Văn An",
    }
    body = envelope({**fields, "NgayThangNam": "19850307"}, operation=CONFIRM, prefix="qldc")
    reply = send(
        sandbox, body, path=f"/c06/{CONFIRM}", headers={"Content-Type": "text/xml", **c06_headers(CONFIRM)}
    )
    assert reply.text("//dan:XacThucThongTinCongDanResponse/dan:SoLuongCongDan") == "1"


def test_s8_asks_033_with_every_element_there_though_empty(sandbox: SandboxProcess) -> None:
    fields = {
        "MaYeuCau": "1", "MaDichVu": "033", "MaCanBo": "VDXP_VPCP", "SoDinhDanh": "", "SoCMND": "999000001",
        "HoVaTen": "NGUYEN VAN AN",
    }  # fmt: skip
    body = envelope(fields, operation=CONFIRM + "Request")
    reply = send(
        sandbox,
        body,
        path=f"/c06/{CONFIRM}",
        headers={"Content-Type": "text/xml; charset=utf-8", **c06_headers(CONFIRM)},
    )
    assert reply.text("//*[local-name()='TonTai']") == "true"
