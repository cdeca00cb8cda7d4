"""The served description: a stock SOAP client works from it unchanged, and questions fit it."""

from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from requests.auth import AuthBase
from zeep.exceptions import Fault
from zeep.transports import Transport

import npdschema
from tests.sandbox.callers import AN, CONFIRM, LOOKUP, NS, c06_headers, envelope, send
from tests.sandbox_process import SandboxProcess

ASKED = {
    "MaYeuCau": "1",
    "MaDVC": "VPCP",
    "MaTichHop": "037",
    "MaCanBo": "999180000008",
    "SoDinhDanh": "999085000001",
}


class C06Auth(AuthBase):
    """Signs each call as C06 wants it."""

    def __init__(self, operation: str) -> None:
        self.operation = operation

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(c06_headers(self.operation))
        return request


def client(sandbox: SandboxProcess, operation: str) -> Any:
    session = requests.Session()
    session.trust_env = False
    session.auth = C06Auth(operation)
    return zeep.Client(f"{sandbox.url}/c06/{operation}?wsdl", transport=Transport(session=session)).service


def test_a_stock_client_looks_a_citizen_up(sandbox: SandboxProcess) -> None:
    service = client(sandbox, LOOKUP)
    (citizen,) = service.TraCuuThongTinCongDan(
        **ASKED, HoVaTen="NGUYENVANAN", NgayThangNamSinh={"NgayThangNam": "19850307"}
    )
    assert citizen.HoVaTen.Ten == "NGUYỄN VĂN AN"
    assert citizen.ThuongTru.MaPhuongXa == "10525"
    assert service.TraCuuThongTinCongDan(**ASKED, HoVaTen="X", NgayThangNamSinh={"Nam": "1985"}) == []


def test_a_stock_client_gets_the_yes_no_answers(sandbox: SandboxProcess) -> None:
    service = client(sandbox, CONFIRM)
    asked = {**ASKED, "MaTichHop": "003"}
    answer = service.XacThucThongTinCongDan(**asked, HoVaTen="NGUYENVANAN", NgayThangNamSinh={"Nam": "1985"})
    assert answer.SoLuongCongDan == 1
    exists = {
        "MaYeuCau": "1",
        "MaDichVu": "033",
        "MaCanBo": "x",
        "SoDinhDanh": ASKED["SoDinhDanh"],
        "SoCMND": "",
    }
    assert service.XacThucThongTinCongDanRequest(**exists, HoVaTen="Nguyễn Văn An") is True
    assert service.XacThucThongTinCongDanRequest(**exists, HoVaTen="X") is False


def test_a_stock_client_sees_a_refusal_as_a_fault(sandbox: SandboxProcess) -> None:
    asked = {**ASKED, "SoDinhDanh": "031085000000"}
    with pytest.raises(Fault) as caught:
        client(sandbox, LOOKUP).TraCuuThongTinCongDan(**asked, HoVaTen="X", NgayThangNamSinh={"Nam": "1985"})
    assert caught.value.message == "SBX.SYNTHETIC"


def test_the_description_names_the_address_it_came_from(sandbox: SandboxProcess) -> None:
    reply = send(sandbox, b"", path=f"/c06/{LOOKUP}?wsdl", method="GET", headers={})
    tree = etree.fromstring(reply.body)
    (address,) = tree.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert address.get("location") == f"{sandbox.url}/c06/{LOOKUP}"
    assert b"econstruction" in reply.body
    for path in ("/c06/Other?wsdl", f"/c06/{LOOKUP}?xsd=../settings.py", f"/c06/{LOOKUP}"):
        assert send(sandbox, b"", path=path, method="GET", headers={}).status == 404


@pytest.mark.parametrize(
    ("fields", "operation"),
    [
        (AN, LOOKUP),
        (
            {
                "MaYeuCau": "1", "MaDVC": "", "MaTichHop": "037", "MaCanBo": "canbo@example.vn",
                "MaDonVi": "000.00.00.H24", "TaiKhoan": "canbo01", "SoDienThoai": "0", "SoCMND": "999000001",
                "HoVaTen": "NGUYỄN VĂN AN", "Nam": "1985",
            },
            LOOKUP,
        ),
        ({**AN, "MaTichHop": "003"}, CONFIRM),
        (
            {
                "MaYeuCau": "1", "MaDichVu": "033", "MaCanBo": "VDXP_VPCP", "SoDinhDanh": "", "SoCMND": "999000001",
                "HoVaTen": "NGUYENVANAN",
            },
            CONFIRM + "Request",
        ),
    ],
)  # fmt: skip
def test_a_question_in_the_protocols_order_fits_the_schema_and_is_answered(
    sandbox: SandboxProcess, fields: dict[str, str], operation: str
) -> None:
    sandbox.switch("strict", True)
    body = envelope(fields, operation=operation)
    call = etree.fromstring(body).find("soap:Body", NS)
    assert call is not None
    etree.XMLSchema(etree.parse(npdschema.REQUEST_XSD)).assertValid(call[0])
    headers = {"Content-Type": "text/xml", **c06_headers(operation)}
    assert send(sandbox, body, path=f"/c06/{operation}", headers=headers).status == 200


def test_a_question_that_the_schema_refuses_is_refused_by_the_strict_sandbox_too(
    sandbox: SandboxProcess,
) -> None:
    sandbox.switch("strict", True)
    referee = etree.XMLSchema(etree.parse(npdschema.REQUEST_XSD))
    for wrong in (
        {**AN, "MaYeuCau": "x" * 41}, {**AN, "SoDinhDanh": "99908500000"}, dict(reversed(AN.items())),
        {name: value for name, value in AN.items() if name != "MaDVC"}, {**AN, "HoVaTen": ""},
    ):  # fmt: skip
        body = envelope(wrong)
        call = etree.fromstring(body).find("soap:Body", NS)
        assert call is not None
        assert not referee.validate(call[0])
        reply = send(sandbox, body, headers={"Content-Type": "text/xml", **c06_headers()})
        assert reply.fault in ("SBX.VALIDATION", "SBX.ORDER")
        assert reply.fault_element


def test_every_element_of_the_schema_has_its_provenance() -> None:
    page = (npdschema.ROOT / "PROVENANCE.md").read_text(encoding="utf-8")
    for path in (npdschema.REQUEST_XSD, npdschema.CITIZEN_XSD):
        for element in etree.parse(path).iter("{http://www.w3.org/2001/XMLSchema}element"):
            assert f"`{element.get('name')}`" in page, element.get("name")
