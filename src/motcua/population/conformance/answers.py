"""Scenarios: every shape of answer that a server may send to our client, and the one outcome that must come of it.

Only a proper "nobody" or a record that differs may become a no.
"""

from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Iterator

from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.matching import YearAlone
from motcua.identity.numbers import parse_number
from motcua.identity.register import Trouble
from motcua.population.conformance.exchange import REJECTED, VERIFIED, Group, unanswered
from motcua.population.conformance.messages import (
    BORN,
    DECLARATION,
    MATCH,
    NAME,
    NOBODY,
    NUMBER,
    OLD_NUMBER,
    QCVN_109,
    SOAP_12,
    citizen,
    collection,
    confirmation,
    soap,
)
from motcua.population.conformance.replay import http_reply, says
from motcua.population.conformance.scenario import Scenario

_UNREADABLE, _ENCODING = unanswered(Trouble.UNREADABLE), unanswered(Trouble.ENCODING)
_BAD_RECORD = unanswered(Trouble.BAD_RECORD)
_OTHER, _TWO = unanswered(Trouble.OTHER_PERSON), unanswered(Trouble.TWO_CITIZENS)
_BY_OLD_NUMBER = IdentityClaim(NAME, parse_number(OLD_NUMBER), BirthDate(1985, 3, 7))
_BY_YEAR = IdentityClaim(NAME, parse_number(NUMBER), BirthDate(1985))
_YEAR_ONLY = "<ns1:Nam>1985</ns1:Nam>"


def _ten(name: str) -> str:
    return f"<ns1:Ho/><ns1:ChuDem/><ns1:Ten>{name}</ns1:Ten>"


def answer_scenarios() -> Iterator[Scenario]:
    """Yield all of them."""
    yield from _yes()
    yield from _no()
    yield from _no_answer()
    yield from _letters()
    yield from _hostile()
    yield from _yes_no_service()


def _yes() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước câu trả lời có người")
    shout = NAME.upper()
    minimal = (
        f"<ns1:CongDan><ns1:SoDinhDanh>{NUMBER}</ns1:SoDinhDanh><ns1:HoVaTen>{_ten(shout)}</ns1:HoVaTen>"
        f"<ns1:NgayThangNamSinh>{_YEAR_ONLY}</ns1:NgayThangNamSinh></ns1:CongDan>"
    )
    for name, body in (
        ("bản ghi dạng của CSDLQG", MATCH),
        ("bản ghi dạng QCVN 109", soap(collection(QCVN_109, attributes=' SoCongDan="1" GhiChu="x"'))),
        ("tiền tố ns2", soap(collection(citizen(), prefix="ns2"))),
        ("không gian tên mặc định, không tiền tố", soap(collection(citizen(), prefix=""))),
        ("kiểu Spring: SOAP-ENV và ns2", soap(collection(citizen(), prefix="ns2"), prefix="SOAP-ENV")),
        ("phong bì SOAP 1.2", soap(collection(citizen()), namespace=SOAP_12)),
        ("họ tên tách thành họ, chữ đệm, tên", soap(collection(citizen(
            name="<ns1:Ho>Đặng</ns1:Ho><ns1:ChuDem>Thị Mẫu</ns1:ChuDem><ns1:Ten>Thử</ns1:Ten>")))),
        ("họ tên là văn bản thường trong HoVaTen", soap(collection(citizen(name=NAME)))),
        ("họ tên chữ thường, thừa khoảng trắng", soap(collection(citizen(
            name=_ten(f" {NAME.replace(' ', '  ')} "))))),
        ("họ tên ở dạng Unicode tổ hợp (NFD)", soap(collection(citizen(
            name=_ten(unicodedata.normalize("NFD", shout)))))),
        ("họ tên trong CDATA", soap(collection(citizen(name=_ten(f"<![CDATA[{shout}]]>"))))),
        ("họ tên viết bằng mã ký tự &#…;", soap(collection(citizen(
            name=_ten("".join(f"&#{ord(letter)};" for letter in shout)))))),
        ("ngày sinh viết yyyy-MM-dd", soap(collection(citizen(birth=f"<ns1:NgayThangNam>{BORN}</ns1:NgayThangNam>")))),
        ("ngày sinh có múi giờ theo xs:date", soap(collection(citizen(
            birth=f"<ns1:NgayThangNam>{BORN}+07:00</ns1:NgayThangNam>")))),
        ("kho dữ liệu chỉ có năm sinh", soap(collection(citizen(birth=_YEAR_ONLY)))),
        ("phần tử lạ thêm vào", soap(collection(citizen(after="<ns1:TruongLa>x</ns1:TruongLa><y xmlns='urn:y'/>")))),
        ("phần tử rỗng bị bỏ hết", soap(collection(minimal))),
        ("chú thích và chỉ thị xử lý bên trong", soap(f"<!-- x --><?y z?>{collection(citizen())}")),
        ("có BOM ở đầu", b"\xef\xbb\xbf" + MATCH),
        ("không có khai báo XML", soap(collection(citizen()), declaration="")),
    ):  # fmt: skip
        yield group.asking(f"Trả lời có người, {name}: khớp", says(http_reply(body)), VERIFIED)
    for kind in ("application/xml", "application/soap+xml; charset=utf-8", "text/plain", ""):
        yield group.asking(
            f"Trả lời có người với Content-Type {kind or 'không có'}: khớp",
            says(http_reply(MATCH, headers={"Content-Type": kind})),
            VERIFIED,
        )
    chunks = (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (MATCH[:700], MATCH[700:])) + b"0\r\n\r\n"
    )
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    yield group.asking("Trả lời có người gửi từng khúc (chunked): khớp", says(chunked), VERIFIED)
    until_end = b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + MATCH
    yield group.asking("Trả lời có người qua HTTP/1.0, hết khi đóng kết nối: khớp", says(until_end), VERIFIED)
    ok = says(http_reply(MATCH))
    yield group.asking(
        "Hỏi bằng số CMND 9 chữ số, bản ghi mang số ấy: khớp", ok, VERIFIED, claim=_BY_OLD_NUMBER
    )
    yield group.asking("Tại quầy chỉ khai năm sinh, bản ghi có cả ngày: khớp", ok, VERIFIED, claim=_BY_YEAR)
    yield group.asking(
        "Trên cổng chỉ khai năm sinh, bản ghi chỉ có năm: khớp",
        says(http_reply(soap(collection(citizen(birth=_YEAR_ONLY))))),
        VERIFIED,
        claim=_BY_YEAR,
        year_alone=YearAlone.YEAR_ONLY_RECORD,
    )


def _no() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước câu trả lời không khớp")
    other_birth = "<ns1:Nam>1985</ns1:Nam><ns1:NgayThangNam>19850308</ns1:NgayThangNam>"
    for name, body in (
        ("CongdanCollection rỗng", NOBODY),
        ("CongdanCollection rỗng, SoCongDan=0", soap(collection(attributes=' SoCongDan="0"'))),
        ("Body rỗng", soap("")),
        ("CongDan có Ten rỗng", soap(collection(citizen(number="", name=_ten(""))))),
        ("họ tên của bản ghi khác", soap(collection(citizen(name=_ten("ĐẶNG THỊ MẪU"))))),
        ("dấu của họ tên trong bản ghi khác", soap(collection(citizen(name=_ten("ĐẶNG THỊ MẬU THỬ"))))),
        ("ngày sinh của bản ghi khác", soap(collection(citizen(birth=other_birth)))),
        ("năm sinh của bản ghi khác", soap(collection(citizen(birth="<ns1:Nam>1984</ns1:Nam>")))),
    ):
        yield group.asking(f"Trả lời không, {name}: không khớp", says(http_reply(body)), REJECTED)
    yield group.asking(
        "Trên cổng chỉ khai năm sinh, bản ghi có cả ngày: không khớp",
        says(http_reply(MATCH)),
        REJECTED,
        claim=_BY_YEAR,
        year_alone=YearAlone.YEAR_ONLY_RECORD,
    )


def _no_answer() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước câu trả lời không dùng được")
    two_numbers = citizen().replace(
        "<ns1:SoCMND>", f"<ns1:SoDinhDanh>{NUMBER}</ns1:SoDinhDanh><ns1:SoCMND>", 1
    )
    for name, body, expected in (
        ("hai CongDan", soap(collection(citizen(), citizen(number="999085000001"))), _TWO),
        ("hai CongDan giống hệt nhau", soap(collection(citizen(), citizen())), _TWO),
        ("số của người khác", soap(collection(citizen(number="999085000001"))), _OTHER),
        ("CongDan ở không gian tên lạ", soap(collection(citizen(), namespace="urn:x")), _UNREADABLE),
        ("nói có một công dân mà không có ai", soap(collection(attributes=' SoCongDan="1"')), _UNREADABLE),
        ("bản ghi không có số định danh", soap(collection(citizen(number=""))), _BAD_RECORD),
        ("bản ghi có hai số định danh", soap(collection(two_numbers)), _BAD_RECORD),
        ("số định danh 11 chữ số", soap(collection(citizen(number="99918500001"))), _BAD_RECORD),
        ("ngày sinh 30/02", soap(collection(citizen(
            birth="<ns1:NgayThangNam>19850230</ns1:NgayThangNam>"))), _BAD_RECORD),
        ("năm sinh là chữ", soap(collection(citizen(birth="<ns1:Nam>xxxx</ns1:Nam>"))), _BAD_RECORD),
        ("năm và ngày sinh trái nhau", soap(collection(citizen(
            birth="<ns1:Nam>1984</ns1:Nam><ns1:NgayThangNam>19850307</ns1:NgayThangNam>"))), _BAD_RECORD),
        ("văn bản trần trong Body", soap("không có dữ liệu"), _UNREADABLE),
        ("câu trả lời của dịch vụ khác", confirmation("<q:SoLuongCongDan>0</q:SoLuongCongDan>"), _UNREADABLE),
        ("hai câu trả lời trong một Body", soap(collection() + collection(citizen())), _UNREADABLE),
        ("không có phong bì SOAP", f"{DECLARATION}{collection()}".encode(), _UNREADABLE),
        ("phong bì không có Body", soap("").replace(b"Body", b"Bodi"), _UNREADABLE),
        ("XML bị cắt giữa chừng", MATCH[: len(MATCH) // 2], _UNREADABLE),
        ("JSON thay cho XML", b'{"Body": {"CongdanCollection": {}}}', _UNREADABLE),
        ("văn bản thường", "không tìm thấy công dân".encode(), _UNREADABLE),
        ("thân rỗng", b"", _UNREADABLE),
        ("thân chỉ có khoảng trắng", b" \r\n ", _UNREADABLE),
    ):  # fmt: skip
        yield group.asking(f"Trả lời hỏng, {name}: chưa kiểm tra được", says(http_reply(body)), expected)
    yield group.asking(
        "Hỏi bằng số CMND, bản ghi mang số CMND khác: chưa kiểm tra được",
        says(http_reply(soap(collection(citizen(old_number="999000018"))))),
        _OTHER,
        claim=_BY_OLD_NUMBER,
    )
    page = "<!DOCTYPE html><html><body>Không tìm thấy</body></html>".encode()
    html = {"Content-Type": "text/html; charset=utf-8"}
    yield group.asking(
        "Trang HTML với 200: chưa kiểm tra được", says(http_reply(page, headers=html)), _UNREADABLE
    )
    yield group.asking(
        "Bản ghi đúng nhưng mang Content-Type HTML: chưa kiểm tra được",
        says(http_reply(MATCH, headers=html)),
        _UNREADABLE,
    )
    yield group.asking(
        "Thân nén gzip mà không ai yêu cầu: chưa kiểm tra được",
        says(http_reply(gzip.compress(NOBODY), headers={"Content-Encoding": "gzip"})),
        _UNREADABLE,
    )


def _letters() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước chữ hỏng")
    twice = NAME.encode().decode("latin-1")
    text = MATCH.decode()
    for name, body in (
        ("windows-1258 mà nói là UTF-8", _old_code_page(text)),
        ("windows-1258 có khai báo", _old_code_page(text.replace("UTF-8", "windows-1258"))),
        ("UTF-16", text.replace("UTF-8", "UTF-16").encode("utf-16")),
        ("UTF-16 mà nói là UTF-8", text.encode("utf-16-le")),
        ("UTF-8 bị mã hóa hai lần", soap(collection(citizen(name=_ten(twice))))),
        ("ký tự thay thế � trong họ tên", soap(collection(citizen(name=_ten("Đ�NG THỊ MẪU THỬ"))))),
        ("dấu hỏi thay cho chữ trong họ tên", soap(collection(citizen(name=_ten("Đ?NG TH? M?U TH?"))))),
        ("byte 0 bên trong", MATCH.replace(b"VN", b"V\x00")),
        ("byte không phải UTF-8", MATCH.replace(b"VN", b"\xff\xfe")),
    ):
        yield group.asking(f"Chữ hỏng, {name}: chưa kiểm tra được", says(http_reply(body)), _ENCODING)
    yield group.asking(
        "Chữ hỏng, Content-Type nói windows-1258: chưa kiểm tra được",
        says(http_reply(MATCH, headers={"Content-Type": "text/xml; charset=windows-1258"})),
        _ENCODING,
    )


def _old_code_page(text: str) -> bytes:
    """Write the name as windows-1258 has it: letters with breve and circumflex, the tones as marks after them."""
    kept = text.replace(NAME.upper(), "ĐĂ\u0323NG THI\u0323 MÂ\u0303U THƯ\u0309")
    return kept.encode("cp1258", "ignore")


def _hostile() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước câu trả lời ác ý")
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;'>]>"
    file = "<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/hostname'>]>"
    deep = soap("<a>" * 5000 + "</a>" * 5000)
    large = MATCH + b" " * 2_000_000
    for name, body, expected in (
        ("DTD", soap(collection(citizen()), declaration="<!DOCTYPE x>"), _UNREADABLE),
        ("bom thực thể", soap(collection(citizen(name=_ten("&c;"))), declaration=bomb), _UNREADABLE),
        ("thực thể trỏ đến tệp", soap(collection(citizen(name=_ten("&f;"))), declaration=file), _UNREADABLE),
        ("lồng sâu 5000 tầng", deep, _UNREADABLE),
        ("100 000 phần tử", soap(collection("<ns1:x/>" * 100_000)), _UNREADABLE),
        ("2 MB", large, unanswered(Trouble.OVERSIZED)),
        ("họ tên dài 100 000 ký tự", soap(collection(citizen(name=_ten("A" * 100_000)))), _BAD_RECORD),
    ):
        yield group.asking(f"Ác ý, {name}: chưa kiểm tra được", says(http_reply(body)), expected)


def _yes_no_service() -> Iterator[Scenario]:
    group = Group("Phần mềm của ta trước dịch vụ có hoặc không (003, 033)")
    for name, inner, expected in (
        ("SoLuongCongDan 1", "<q:SoLuongCongDan>1</q:SoLuongCongDan>", VERIFIED),
        ("SoLuongCongDan 0", "<q:SoLuongCongDan>0</q:SoLuongCongDan>", REJECTED),
        ("SoLuongCongDan 2", "<q:SoLuongCongDan>2</q:SoLuongCongDan>", _TWO),
        ("SoLuongCongDan -1", "<q:SoLuongCongDan>-1</q:SoLuongCongDan>", _UNREADABLE),
        ("SoLuongCongDan là chữ", "<q:SoLuongCongDan>có</q:SoLuongCongDan>", _UNREADABLE),
        ("SoLuongCongDan rỗng", "<q:SoLuongCongDan/>", _UNREADABLE),
        ("không có phần tử nào", "", _UNREADABLE),
        ("TonTai true", "<q:TonTai>true</q:TonTai>", VERIFIED),
        ("TonTai false", "<q:TonTai>false</q:TonTai>", REJECTED),
        ("TonTai là chữ khác", "<q:TonTai>khong</q:TonTai>", _UNREADABLE),
        ("cả TonTai và SoLuongCongDan",
         "<q:TonTai>false</q:TonTai><q:SoLuongCongDan>1</q:SoLuongCongDan>", _UNREADABLE),
    ):  # fmt: skip
        yield group.asking(
            f"003, {name}: {expected}", says(http_reply(confirmation(inner))), expected, service="003"
        )
    for root in ("KetQuaXacThucResponse", "KetQuaXacThuc"):
        for word, expected in (("true", VERIFIED), ("false", REJECTED)):
            yield group.asking(
                f"033, gốc {root} với TonTai {word}: {expected}",
                says(http_reply(confirmation(f"<q:TonTai>{word}</q:TonTai>", root))),
                expected,
                service="003",
            )
    for name, body in (
        ("gốc lạ", confirmation("<q:TonTai>true</q:TonTai>", "KetQuaKhac")),
        ("Body rỗng", soap("")),
        ("một bản ghi thay cho có hoặc không", MATCH),
        (
            "không gian tên lạ",
            soap('<q:KetQuaXacThuc xmlns:q="urn:x"><q:TonTai>true</q:TonTai></q:KetQuaXacThuc>'),
        ),
    ):
        yield group.asking(
            f"003, {name}: chưa kiểm tra được", says(http_reply(body)), _UNREADABLE, service="003"
        )
