"""The stand-in national portal: takes what has the right shape, once, and tells which numbers it misses."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox_process import SandboxProcess, start_sandbox

MESSAGES = Path(__file__).parent.parent / "messages"
DOOR = "/cong-quoc-gia/tiep-nhan"
GOOD = {"Authorization": "Bearer sbx-portal-1"}


@pytest.fixture
def portal(sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    """Return the sandbox, to which nothing has been told."""
    sandbox.control("DELETE", "portal")
    yield sandbox
    sandbox.control("DELETE", "portal")


def send(
    portal: SandboxProcess, body: Any, *, headers: dict[str, str] = GOOD, method: str = "POST"
) -> tuple[int, dict[str, Any]]:
    """Post an envelope; return status and answer."""
    said = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(portal.url + DOOR, data=said, headers=headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def envelope(number: int = 1, service: str = "DongBoTrangThaiHoSo", **other: Any) -> dict[str, Any]:
    """Return a message that is right but for what is changed."""
    names = {
        "DongBoTrangThaiHoSo": "portal-status",
        "CapNhatTienDoHoSoMC": "portal-progress",
        "DongBoHoSoMC": "portal-dossier-returned",
    }
    row = json.loads((MESSAGES / f"{names[service]}.json").read_text(encoding="utf-8"))
    said = {
        "madonvi": "H23",
        "MaThongDiep": str(uuid.uuid4()),
        "SoThuTu": number,
        "service": service,
        "isUpdating": "False",
        "data": [row],
    }
    return {**said, **other}


def arrived(portal: SandboxProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = portal.control("GET", "portal")["messages"]
    return found


@pytest.mark.parametrize("service", ["DongBoHoSoMC", "DongBoTrangThaiHoSo", "CapNhatTienDoHoSoMC"])
def test_each_kind_is_taken_and_kept_as_it_came(portal: SandboxProcess, service: str) -> None:
    said = envelope(service=service)
    assert send(portal, said) == (
        200,
        {"error_code": "0", "DaNhan": [said["MaThongDiep"]], "LapLai": False, "Thieu": []},
    )
    assert [(one["service"], one["data"]) for one in arrived(portal)] == [(service, said["data"][0])]


def test_a_repetition_is_answered_as_taken_and_entered_once(portal: SandboxProcess) -> None:
    said = envelope()
    send(portal, said)
    status, answer = send(portal, said)
    assert (status, answer["DaNhan"], answer["LapLai"]) == (200, [said["MaThongDiep"]], True)
    assert [one["repeats"] for one in arrived(portal)] == [1]


def test_another_message_under_a_taken_number_is_refused(portal: SandboxProcess) -> None:
    send(portal, envelope())
    status, answer = send(portal, envelope())
    assert (status, answer["error_code"]) == (409, "1")
    assert len(arrived(portal)) == 1


def test_a_gap_is_named_until_it_is_filled(portal: SandboxProcess) -> None:
    assert send(portal, envelope(1))[1]["Thieu"] == []
    assert send(portal, envelope(4))[1]["Thieu"] == [2, 3]
    assert send(portal, envelope(3))[1]["Thieu"] == [2]
    assert send(portal, envelope(2))[1]["Thieu"] == []
    assert [(one["number"], one["is_late"]) for one in arrived(portal)] == [
        (1, False),
        (4, False),
        (3, True),
        (2, True),
    ]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic sbx-portal-1"}]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_the_token_nothing_is_taken_or_told(
    portal: SandboxProcess, headers: dict[str, str], method: str
) -> None:
    body = envelope() if method == "POST" else None
    assert send(portal, body, headers=headers, method=method)[0] == 401
    assert arrived(portal) == []


def test_asking_says_that_messages_are_taken(portal: SandboxProcess) -> None:
    assert send(portal, None, method="GET") == (200, {"error_code": "0"})


def with_row(**changes: Any) -> dict[str, Any]:
    """Return a message whose row is changed; None takes a field away."""
    said = envelope()
    row = {**said["data"][0], **changes}
    return {**said, "data": [{name: value for name, value in row.items() if value is not None}]}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "JSON"),
        (b"[]", "object"),
        (envelope(service="DongBoTrangThaiHoSo") | {"service": "LayThuTuc"}, "service"),
        (envelope() | {"madonvi": ""}, "madonvi"),
        (envelope() | {"MaThongDiep": "1"}, "MaThongDiep"),
        (envelope() | {"MaThongDiep": None}, "MaThongDiep"),
        (envelope() | {"SoThuTu": 0}, "SoThuTu"),
        (envelope() | {"SoThuTu": True}, "SoThuTu"),
        (envelope() | {"SoThuTu": "1"}, "SoThuTu"),
        (envelope() | {"data": []}, "data"),
        (envelope(service="DongBoHoSoMC") | {"isUpdating": True}, "isUpdating"),
        (with_row(TrangThai="0"), "TrangThai"),
        (with_row(TrangThai="11"), "TrangThai"),
        (with_row(TrangThai=4), "TrangThai"),
        (with_row(NgayXuLy="20261332090000"), "NgayXuLy"),
        (with_row(NgayXuLy=""), "NgayXuLy"),
        (with_row(NgayXuLy="23/11/2026"), "NgayXuLy"),
        (with_row(MaHoSo=""), "MaHoSo"),
        (with_row(NgayXuLy=None), "missing: NgayXuLy"),
        (with_row(SoCCCD="999085000001"), "unknown field: SoCCCD"),
    ],
)
def test_a_wrong_shape_is_refused_and_the_field_named(portal: SandboxProcess, body: Any, named: str) -> None:
    status, answer = send(portal, body)
    assert (status, named in answer["message"]) == (422, True), answer
    assert arrived(portal) == []


def test_a_message_that_is_too_large_is_refused(portal: SandboxProcess) -> None:
    assert send(portal, b" " * 300_000)[0] in {400, 413}


def test_a_restart_forgets_no_message(tmp_path: Path) -> None:
    sandbox = start_sandbox(tmp_path / "state")
    said = envelope()
    send(sandbox, said)
    sandbox.stop()
    sandbox = start_sandbox(tmp_path / "state")
    try:
        assert send(sandbox, said)[1]["LapLai"]
        assert send(sandbox, envelope(3))[1]["Thieu"] == [2]
    finally:
        sandbox.stop()


def test_the_page_shows_messages_doubles_and_gaps(portal: SandboxProcess) -> None:
    said = envelope(service="DongBoHoSoMC")
    for one in (said, said, envelope(3)):
        send(portal, one)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{portal.url}/_admin/cong-quoc-gia/", timeout=10) as page:
        text = page.read().decode()
    assert "H23.101-261123-0001" in text
    assert "4 · Đang xử lý" in text
    assert "sent again after they were taken: 1; missing: <strong>2</strong>" in text


def test_a_trouble_of_questions_does_not_meet_the_portal_and_none_of_the_portal_a_question(
    portal: SandboxProcess,
) -> None:
    portal.trouble("unavailable_503")
    assert send(portal, envelope())[0] == 200
    portal.clear()
    portal.trouble("unavailable_503", at="portal", seconds=7)
    assert send(portal, envelope(2))[0] == 503
    with pytest.raises(ValueError, match="only a question"):
        portal.trouble("delay", at="portal", number="999085000001")
    assert len(arrived(portal)) == 1
