"""How clients ask through what a province puts in between (docs/conformance.md): an LGSP with tokens, and JSON.

Like `families`: their way, not ours.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

from lxml import etree

from motcua.population.conformance.families import Family, Question, s1_body
from motcua.population.conformance.readings import DANCU, Finding, objects_reading, parse, s1_reading
from motcua.population.conformance.scenario import Mismatch
from motcua.population.conformance.target import LOOKUP, Reply, Target

# --- S1 through an LGSP of the Hậu Giang kind: a new token for each call ---------------------------------


def access_header(target: Target, *, wrong_key: bool = False) -> str:
    """Return lgspaccesstoken: base64 of compact JSON, its keys in the order that the gateway documents."""
    own = target.credentials
    secret = "nobody-has-this" if wrong_key else own["NPD_LGSP_SECRET_KEY"]
    text = (
        f'{{"AccessKey":"{own["NPD_LGSP_ACCESS_KEY"]}","SecretKey":"{secret}",'
        f'"AppName":"{own["NPD_LGSP_APP_NAME"]}","PartnerCode":"{own["NPD_LGSP_PARTNER_CODE"]}",'
        f'"PartnerCodeCus":"{own["NPD_LGSP_PARTNER_CODE_CUS"]}"}}'
    )
    return base64.b64encode(text.encode()).decode()


def lgsp_token(target: Target, *, wrong_key: bool = False) -> Reply:
    """Ask for a token by client credentials and return the gateway's reply."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
        "lgspaccesstoken": access_header(target, wrong_key=wrong_key),
    }
    return target.send("lgsp_token", b"grant_type=client_credentials", headers)


def lgsp_call(target: Target, question: Question, *, bearer: str, officer_key: str = "") -> Reply:
    """Ask through the LGSP with a token; `officer_key` is "name:password" in place of the configured one."""
    key = officer_key or target.credentials["NPD_PORTAL_OFFICER_KEY"]
    headers = {
        "Content-Type": "application/xml",
        "Authorization": f"Bearer {bearer}",
        "lgspaccesstoken": access_header(target),
        "AuthHash": base64.b64encode(key.encode()).decode(),
    }
    return target.send("lgsp", s1_body(target, question), headers, operation=LOOKUP)


def _s1_lgsp(target: Target, question: Question) -> Finding:
    reply = lgsp_token(target, wrong_key=question.wrong_key)
    if reply.status != 200:
        return Finding(reply.status, is_found=None)
    token = json_of(reply).get("access_token")
    if not isinstance(token, str) or not token:
        raise Mismatch("mã truy cập: không có access_token")
    return s1_reading(lgsp_call(target, question, bearer=token))


# --- JSON adapters: a static header for a token, then one shape each ---------------------------------------


def json_token(target: Target, *, wrong_key: bool = False) -> Reply:
    """Ask the JSON gateway for a token with the static header Auth and an empty body."""
    auth = "nobody-has-this" if wrong_key else target.credentials["NPD_LGSP_AUTH"]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Auth": auth}
    return target.send("json_token", b"", headers)


def json_call(target: Target, path: str, fields: Mapping[str, Any], *, bearer: str) -> Reply:
    """Post one JSON object with a token."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": f"Bearer {bearer}"}
    return target.send(path, json.dumps(fields, ensure_ascii=False).encode(), headers)


def _through_json(target: Target, path: str, fields: Mapping[str, Any], *, wrong_key: bool) -> Reply:
    reply = json_token(target, wrong_key=wrong_key)
    if reply.status != 200:
        return reply
    token = json_of(reply).get("token")
    if not isinstance(token, str) or not token:
        raise Mismatch("mã truy cập: không có token")
    return json_call(target, path, fields, bearer=token)


def json_of(reply: Reply) -> dict[str, Any]:
    """Return a reply's JSON object. Raises Mismatch."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        raise Mismatch(f"HTTP {reply.status}, không phải JSON") from None
    if not isinstance(found, dict):
        raise Mismatch("JSON không phải một đối tượng")
    return found


def s5_fields(target: Target, question: Question) -> dict[str, Any]:
    """Return S5's request: both numbers there, one of them empty; the day or only the year."""
    day = "" if len(question.birth) == 4 else question.birth.replace("-", "")
    return {
        "HoVaTen": question.plain_name,
        "SoDinhDanh": question.number if len(question.number) == 12 else "",
        "SoCMND": question.number if len(question.number) == 9 else "",
        "NgayThangNam": day,
        "Nam": "" if day else question.birth,
        "MaTichHop": "037",
        "MaDVC": "VPCP",
        "MaCanBo": target.credentials["NPD_PORTAL_OFFICER"],
        "MaYeuCau": f"H23{int(time.time())}",
    }


def _s5(target: Target, question: Question) -> Finding:
    reply = _through_json(target, "thanh_hoa", s5_fields(target, question), wrong_key=question.wrong_key)
    if reply.status != 200:
        return Finding(reply.status, is_found=None)
    message = json_of(reply).get("message")
    if not isinstance(message, str):
        raise Mismatch("message không phải văn bản")
    return strict_reading(reply.status, parse(message.encode()))


def strict_reading(status: int, envelope: etree._Element) -> Finding:
    """Read as S5 does: every child of every address is taken without a look; one missing breaks it."""
    citizen = envelope.find(f".//{{{DANCU}}}CongdanCollection/{{{DANCU}}}CongDan")
    if citizen is None:
        return Finding(status, is_found=False)

    def must(path: str) -> str:
        element = citizen.find("/".join(f"{{{DANCU}}}{name}" for name in path.split("/")))
        if element is None:
            raise Mismatch(f"thiếu phần tử {path}")
        return element.text or ""

    for address in ("NoiDangKyKhaiSinh", "QueQuan", "ThuongTru", "NoiOHienTai"):
        for child in ("MaTinhThanh", "MaQuanHuyen", "MaPhuongXa", "ChiTiet", "QuocGia"):
            must(f"{address}/{child}")
    for relative in ("Cha", "Me", "VoChong", "NguoiDaiDien", "ChuHo"):
        must(f"{relative}/HoVaTen")
    day = citizen.findtext(f"{{{DANCU}}}NgayThangNamSinh/{{{DANCU}}}NgayThangNam", "")
    return Finding(status, True, must("HoVaTen/Ten"), must("SoDinhDanh"), day or must("NgayThangNamSinh/Nam"))


def _dong_thap(target: Target, question: Question) -> Finding:
    fields = {
        "maYeuCau": str(int(time.time() * 1000)),
        "maDVC": "VPCP",
        "maCanBo": target.credentials["NPD_PORTAL_OFFICER"],
        "soDinhDanh": question.number if len(question.number) == 12 else "",
        "soCMND": question.number if len(question.number) == 9 else "",
        "hoVaTen": question.name,
        "ngayThangNam": question.birth,
        "userNameService": target.credentials["NPD_PORTAL_OFFICER"],
    }
    reply = _through_json(target, "dong_thap", fields, wrong_key=question.wrong_key)
    if reply.status != 200:
        return Finding(reply.status, is_found=None)
    data = json_of(reply).get("data")
    if data not in (True, False, "true", "false"):
        raise Mismatch("data không phải true hoặc false")
    return Finding(reply.status, data in (True, "true"))


def _opencps(target: Target, question: Question) -> Finding:
    fields = {
        "type": LOOKUP,
        "MaYeuCau": str(int(time.time() * 1000)),
        "MaTichHop": "037",
        "MaDVC": "VPCP",
        "StaffEmail": "canbo01@sandbox.example",
        "GovAgencyCode": target.credentials["NPD_AGENCY_CODE"],
        "HoVaTen": question.plain_name,
        "NgayThangNamSinh": question.birth.replace("-", ""),
        question.number_element: question.number,
    }
    reply = _through_json(target, "opencps", fields, wrong_key=question.wrong_key)
    if reply.status != 200:
        return Finding(reply.status, is_found=None)
    found = json_of(reply)
    return objects_reading(reply.status, found.get("Envelope", found))


GATEWAY_FAMILIES = (
    Family("S1 qua LGSP (Bearer, lgspaccesstoken, AuthHash)", _s1_lgsp),
    Family("S5 qua bộ chuyển JSON (đọc từng phần địa chỉ không kiểm tra trước)", _s5),
    Family("JSON kiểu OpenCPS (CongDan là một đối tượng)", _opencps),
    Family("JSON kiểu Đồng Tháp (data đúng hoặc sai)", _dong_thap, has_record=False),
)
