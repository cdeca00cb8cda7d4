"""What we read: golden replies, and malformed neighbors of each, none of which may count as yes or no."""

import re
import tracemalloc
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.identity.birth import BirthDate
from motcua.identity.claims import Address, CitizenRecord, Sex
from motcua.identity.register import CouldNotAsk, Trouble
from motcua.population.soap import FaultReceived, fault_of
from motcua.population.wire import Reading, read_reply
from tests.population.stub_register import MESSAGES, golden

MATCH = (MESSAGES / "reply-037-match.xml").read_text("utf-8")
NOBODY = (MESSAGES / "reply-037-nobody.xml").read_text("utf-8")
THU = CitizenRecord(
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


def read(reply: bytes | str, **how) -> Reading:
    reply = reply.encode("utf-8") if isinstance(reply, str) else reply
    return read_reply(reply, **({"service": "037"} | how))


def trouble_of(reply: bytes | str, **how) -> Trouble:
    with pytest.raises(CouldNotAsk) as caught:
        read(reply, **how)
    assert "999" not in caught.value.detail
    return caught.value.trouble


def changed(old: str, new: str, message: str = MATCH) -> str:
    assert old in message
    return message.replace(old, new)


# --- golden replies


@pytest.mark.parametrize("name", ["reply-037-match.xml", "reply-037-spring-prefixes.xml"])
def test_a_record_is_read_whatever_its_prefixes(name):
    assert read(golden(name)) == Reading(THU, is_confirmed=True)


def test_the_older_form_of_a_record_is_read_too():
    record = read(golden("reply-037-qcvn109.xml")).record
    assert record is not None
    assert (record.full_name, record.birth_date) == ("Đặng Thị Mẫu Thử", BirthDate(1985, 3, 7))
    assert (record.ethnic_group, record.sex, record.is_deceased) == ("01", Sex.FEMALE, False)
    assert record.permanent_residence == Address("", "", "99902", "Số 1 phố Thử Nghiệm", "VN")
    assert record.current_residence == Address("31", "", "", "", "VN")


def test_a_residence_is_what_of_it_is_known_and_none_where_nothing_is():
    message = golden("reply-037-qcvn109.xml").decode()
    of_codes = re.sub("(<[^/>]*ChiTiet>)[^<]*", r"\1", message)
    record = read(of_codes).record
    assert record is not None
    assert record.permanent_residence == Address("", "", "99902", "", "VN")

    record = read(re.sub("(<[^/>]*MaDonViHanhChinh>)[^<]*", r"\1", of_codes)).record
    assert record is not None
    assert (record.permanent_residence, record.current_residence) == (None, None)


def test_a_year_that_is_told_twice_once_with_zeros_for_the_day_is_a_year():
    record = read(changed(BIRTH, "<ns1:NgayThangNam>19850000</ns1:NgayThangNam>")).record
    assert record is not None
    assert record.birth_date == BirthDate(1985)


def test_a_birth_of_which_only_the_year_is_known_stays_a_year():
    record = read(golden("reply-037-year-only.xml")).record
    assert record is not None
    assert record.birth_date == BirthDate(1950)


@pytest.mark.parametrize("name", ["reply-037-nobody.xml", "reply-037-nobody-empty-body.xml"])
def test_both_shapes_of_nobody_are_nobody(name):
    assert read(golden(name)) == Reading(None, is_confirmed=False)


def test_a_status_that_means_death_is_told_and_an_unknown_one_changes_nothing():
    reply = golden("reply-037-deceased.xml")
    told = read(reply, deceased_statuses={"SBX.DECEASED"}).record
    untold = read(reply).record
    assert told is not None
    assert untold is not None
    assert (told.is_deceased, untold.is_deceased) == (True, False)


@pytest.mark.parametrize(
    ("name", "service", "confirmed"),
    [
        ("reply-003-yes.xml", "003", True),
        ("reply-003-no.xml", "003", False),
        ("reply-033-yes-KetQuaXacThucResponse.xml", "033", True),
        ("reply-033-yes-KetQuaXacThuc.xml", "033", True),
        ("reply-033-yes-XacThucThongTinCongDanResponse.xml", "033", True),
        ("reply-033-yes-XacThucThongTinCongDanResponse.xml", "003", True),
        ("reply-033-no.xml", "033", False),
    ],
)
def test_yes_and_no_are_read_under_every_root(name, service, confirmed):
    assert read(golden(name), service=service) == Reading(None, is_confirmed=confirmed)


@pytest.mark.parametrize(
    ("name", "is_ours", "label"),
    [
        ("fault-server.xml", False, "Server SBX.MAINTENANCE"),
        ("fault-client.xml", True, "Client SBX.VALIDATION"),
        ("fault-as-root.xml", False, "Server"),
        ("fault-soap12.xml", False, "Receiver"),
    ],
)
def test_a_fault_is_found_wherever_it_stands_and_its_free_text_is_withheld(name, is_ours, label):
    with pytest.raises(FaultReceived) as caught:
        read(golden(name))
    assert (caught.value.label, caught.value.is_ours) == (label, is_ours)
    assert fault_of(golden(name)) is not None


@pytest.mark.parametrize("fault", ["<ns1:Fault/>", '<Fault xmlns=""><faultcode>Server</faultcode></Fault>'])
def test_a_fault_that_lost_its_namespace_is_no_nobody(fault):
    with pytest.raises(FaultReceived):
        read(changed('/1.0"/>', f'/1.0">{fault}</ns1:CongdanCollection>', NOBODY))


def test_nothing_that_a_form_does_not_need_leaves_the_reply():
    shown = vars_of(read(golden("reply-037-match.xml")).record)
    for hidden in ("TRẦN VĂN THỬ", "ĐẶNG VĂN MẪU", "999083000025", "999055000011", "SBX000017", "CH01"):
        assert hidden not in shown


def vars_of(record: CitizenRecord | None) -> str:
    return str([getattr(record, name) for name in CitizenRecord.__slots__])


# --- neighbors that change nothing


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        ("<ns1:GioiTinh>", "<ns1:MoiTinh>x</ns1:MoiTinh><ns1:GioiTinh>", 1),
        ("<ns1:GioiTinh>", '<x:GioiTinh xmlns:x="urn:x">1</x:GioiTinh><ns1:GioiTinh>', 1),
        ("</ns1:CongdanCollection>", "<ns1:PhanTrang>1</ns1:PhanTrang></ns1:CongdanCollection>", 1),
        ("</ns1:CongdanCollection>", "<ns1:TrangThai>1</ns1:TrangThai></ns1:CongdanCollection>", 1),
        ("<ns1:GioiTinh>", "<ns1:MoiTinh>x</ns1:MoiTinh><ns1:MoiTinh>y</ns1:MoiTinh><ns1:GioiTinh>", 2),
        ("<ns1:GioiTinh>", "<!-- ghi chú --><?x y?><ns1:GioiTinh>", 0),
        ("</ns1:Ten></ns1:HoVaTen>", "</ns1:Ten><ns1:TenGoiKhac>BA</ns1:TenGoiKhac></ns1:HoVaTen>", 0),
    ],
)
def test_what_we_do_not_know_is_dropped_and_counted(old, new, count):
    assert read(changed(old, new)) == Reading(THU, is_confirmed=True, unknown_elements=count)


def test_a_byte_order_mark_of_utf8_is_no_harm():
    assert read(b"\xef\xbb\xbf" + MATCH.encode()).record == THU


@pytest.mark.parametrize(
    "content_type", ["", "text/xml", "application/xml; charset=UTF-8", 'text/xml; charset="utf-8"']
)
def test_every_honest_content_type_is_taken(content_type):
    assert read(MATCH, content_type=content_type).record == THU


def test_a_decomposed_name_arrives_clean():
    record = read(unicodedata.normalize("NFD", MATCH)).record
    assert record is not None
    assert record.full_name == "ĐẶNG THỊ MẪU THỬ"


def test_a_decomposed_address_arrives_composed():
    composed, decomposed = (read(unicodedata.normalize(form, MATCH)).record for form in ("NFC", "NFD"))
    assert composed is not None
    assert composed.permanent_residence.detail == "SỐ 1 PHỐ THỬ NGHIỆM"
    assert decomposed == composed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (MATCH[MATCH.index("<ns1:CongDan>") : MATCH.index("</ns1:CongdanCollection>")], "<ns1:CongDan/>"),
        ("<ns1:Ten>ĐẶNG THỊ MẪU THỬ</ns1:Ten>", "<ns1:Ten/>"),
        ("<ns1:Ten>ĐẶNG THỊ MẪU THỬ</ns1:Ten>", "<ns1:Ten>  </ns1:Ten>"),
    ],
)
def test_an_empty_name_means_no_data(old, new):
    assert read(changed(old, new)) == Reading(None, is_confirmed=False)


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("<ns1:NgayThangNam>19850307</ns1:NgayThangNam>", BirthDate(1985, 3, 7)),
        ("<ns1:NgayThangNam>1985-03-07</ns1:NgayThangNam>", BirthDate(1985, 3, 7)),
        ("<ns1:NgayThangNam>1985-03-07+07:00</ns1:NgayThangNam>", BirthDate(1985, 3, 7)),
        ("<ns1:Nam>1985</ns1:Nam><ns1:NgayThangNam/>", BirthDate(1985)),
        ("<ns1:NgayThangNam>1985</ns1:NgayThangNam>", BirthDate(1985)),
        ("<ns1:Nam>1985</ns1:Nam><ns1:Thang>03</ns1:Thang>", BirthDate(1985)),
        ("1985-03-07", BirthDate(1985, 3, 7)),
        ("<ns1:Nam/><ns1:NgayThangNam/>", None),
    ],
)
def test_each_way_of_writing_a_birth_is_read(birth, expected):
    given = "<ns1:Nam>1985</ns1:Nam><ns1:NgayThangNam>19850307</ns1:NgayThangNam>"
    record = read(changed(given, birth)).record
    assert record is not None
    assert record.birth_date == expected


# --- neighbors that are neither yes nor no

NUMBER = "<ns1:SoDinhDanh>999185000017</ns1:SoDinhDanh>\n        <ns1:SoCMND>"
NAME = "<ns1:HoVaTen><ns1:Ho/><ns1:ChuDem/><ns1:Ten>ĐẶNG THỊ MẪU THỬ</ns1:Ten></ns1:HoVaTen>"
FULL_NAME = "ĐẶNG THỊ MẪU THỬ"
ATTRIBUTES = "".join(f'a{i}="" ' for i in range(30_000))
BIRTH = "<ns1:NgayThangNam>19850307</ns1:NgayThangNam>"
UNREADABLE = {
    "empty": "",
    "blank": "  \n ",
    "an HTML page": "<html><body>502 Bad Gateway</body></html>",
    "cut off": MATCH[: len(MATCH) // 2],
    "JSON": '{"error": 1}',
    "no envelope": "<a/>",
    "two bodies": MATCH.replace("</soapenv:Body>", "</soapenv:Body><soapenv:Body/>"),
    "two answers": MATCH.replace("</soapenv:Body>", "<x/></soapenv:Body>"),
    "text for an answer": NOBODY.replace('<ns1:CongdanCollection xmlns:ns1="http://www.mic.gov.vn/dancu/1.0"/>', "Lỗi"),
    "text before an empty answer": NOBODY.replace("<ns1:CongdanCollection", "Lỗi <ns1:CongdanCollection"),
    "text behind an empty answer": NOBODY.replace("</soapenv:Body>", "Lỗi</soapenv:Body>"),
    "text where a citizen belongs": NOBODY.replace("/1.0\"/>", "/1.0\"><x/>Lỗi</ns1:CongdanCollection>"),
    "another answer": MATCH.replace("CongdanCollection", "DanhSach"),
    "another namespace": MATCH.replace("http://www.mic.gov.vn/dancu/1.0", "http://gtel.vn/qldc"),
    "a citizen of another namespace": MATCH.replace("<ns1:CongDan>", '<CongDan xmlns="urn:x">').replace(
        "</ns1:CongDan>", "</CongDan>"
    ),
    "a citizen in another place": MATCH.replace("<ns1:CongDan>", "<ns1:DanhSach><ns1:CongDan>").replace(
        "</ns1:CongDan>", "</ns1:CongDan></ns1:DanhSach>"
    ),
    "a citizen under an unknown name": re.sub("CongDan>", "NhanKhau>", MATCH),
    "a citizen's parts without the citizen": re.sub("</?ns1:CongDan>", "", MATCH),
    "announced but absent": NOBODY.replace("/1.0", '/1.0" SoCongDan="1'),
    "a yes where a record belongs": golden("reply-003-yes.xml").decode(),
    "nested too deep": MATCH.replace("<ns1:GioiTinh>2", "<x>" * 80 + "</x>" * 80 + "<ns1:GioiTinh>2"),
    "nested far too deep": "<a>" * 9_000 + "</a>" * 9_000,
    "no end of tags": MATCH.replace("<ns1:GioiTinh>2", "<x/>" * 30_000 + "<ns1:GioiTinh>2"),
    "no end of attributes": MATCH.replace("<ns1:CongDan>", f"<ns1:CongDan {ATTRIBUTES}>"),
    "a DTD with an external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + MATCH.split("?>", 1)[1],
    "an empty DTD": "<!DOCTYPE soapenv:Envelope []>" + MATCH.split("?>", 1)[1],
    "an undeclared entity": MATCH.replace("MẪU THỬ", "&an;"),
}  # fmt: skip
BAD_RECORD = {
    "a citizen's parts in no namespace": re.sub(r"ns1:(?!Cong[dD]an)", "", MATCH).replace(
        " xmlns:ns1", ' xmlns="" xmlns:ns1'
    ),
    "a citizen's parts in small letters": MATCH.replace("ns1:So", "ns1:so").replace("ns1:HoVaTen>", "ns1:hoVaTen>"),
    "a birth date in an unknown shape": MATCH.replace("ns1:NgayThangNam>", "ns1:Ngay>").replace("ns1:Nam>", "ns1:N>"),
    "a family name in an unknown element": MATCH.replace("<ns1:Ho/><ns1:ChuDem/><ns1:Ten>ĐẶNG ",
                                                         "<ns1:HoDem>ĐẶNG</ns1:HoDem><ns1:Ten>"),
    "a family name in small letters": MATCH.replace("<ns1:Ho/><ns1:ChuDem/><ns1:Ten>ĐẶNG THỊ",
                                                    "<ns1:ho>ĐẶNG</ns1:ho><ns1:ChuDem>THỊ</ns1:ChuDem><ns1:Ten>"),
    "a family name in an element of its own": MATCH.replace("<ns1:Ho/><ns1:ChuDem/><ns1:Ten>ĐẶNG",
                                                            "<ns1:Ho><x>ĐẶNG</x></ns1:Ho><ns1:ChuDem/><ns1:Ten>"),
    "a birth date under an unknown name": MATCH.replace("ns1:NgayThangNamSinh>", "ns1:NgaySinh>"),
    "a day in another element": MATCH.replace("19850307", "<x>19850307</x>"),
    "a name with elements in it": MATCH.replace("THỊ MẪU", "<b>THỊ</b> MẪU"),
    "a name that ends in an element": MATCH.replace("MẪU THỬ</ns1:Ten>", "<b>MẪU THỬ</b></ns1:Ten>"),
    "a number with elements in it": MATCH.replace("999185000017</ns1:SoDinhDanh>\n        <ns1:SoCMND>",
                                                  "999185000017<x>8</x></ns1:SoDinhDanh>\n        <ns1:SoCMND>"),
    "two years, one without a day": MATCH.replace(BIRTH, "<ns1:NgayThangNam>19860000</ns1:NgayThangNam>"),
    "a second number": MATCH.replace(NUMBER, "<ns1:SoDinhDanh>999000000000</ns1:SoDinhDanh>" + NUMBER),
    "two given names": MATCH.replace("</ns1:Ten>", "</ns1:Ten><ns1:Ten>KHÁC</ns1:Ten>"),
    "no number": MATCH.replace(NUMBER, "<ns1:SoCMND>"),
    "a short number": MATCH.replace("999185000017", "99918500001"),
    "no name": MATCH.replace(NAME, ""),
    "a name in an unknown shape": MATCH.replace("ns1:Ten>", "ns1:TenGoi>"),
    "an impossible day": MATCH.replace(BIRTH, "<ns1:NgayThangNam>19850231</ns1:NgayThangNam>"),
    "a month and year": MATCH.replace(BIRTH, "<ns1:NgayThangNam>198503</ns1:NgayThangNam>"),
    "two years": MATCH.replace("<ns1:Nam>1985", "<ns1:Nam>1986"),
    "a year of letters": MATCH.replace("<ns1:Nam>1985</ns1:Nam>" + BIRTH, "<ns1:Nam>MCMLXXXV</ns1:Nam>"),
    "a text without end": MATCH.replace("SỐ 1 PHỐ", "SỐ 1 PHỐ" * 100),
}  # fmt: skip


@pytest.mark.parametrize("reply", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_reply_that_is_no_answer_is_unreadable(reply):
    assert reply != MATCH
    assert trouble_of(reply) is Trouble.UNREADABLE


@pytest.mark.parametrize("reply", BAD_RECORD.values(), ids=BAD_RECORD.keys())
def test_a_record_that_cannot_be_read_says_nothing_of_the_line(reply):
    assert reply != MATCH
    assert trouble_of(reply) is Trouble.BAD_RECORD


@pytest.mark.parametrize("content_type", ["text/html", "Text/HTML; charset=utf-8"])
def test_a_page_for_people_is_unreadable_even_with_a_record_in_it(content_type):
    assert trouble_of(MATCH, content_type=content_type) is Trouble.UNREADABLE


@pytest.mark.parametrize(
    "said",
    [
        "",
        "<dan:SoLuongCongDan/>",
        "<dan:SoLuongCongDan>-1</dan:SoLuongCongDan>",
        "<dan:SoLuongCongDan>có</dan:SoLuongCongDan>",
        "<dan:SoLuongCongDan>１</dan:SoLuongCongDan>",
        "<dan:TonTai>maybe</dan:TonTai>",
        "<dan:SoLuongCongDan>1</dan:SoLuongCongDan><dan:TonTai>false</dan:TonTai>",
        "<SoLuongCongDan>1</SoLuongCongDan>",
        "<dan:SoLuongCongDan>0<x>1</x></dan:SoLuongCongDan>",
        "Lỗi <dan:SoLuongCongDan>0</dan:SoLuongCongDan>",
        "<dan:SoLuongCongDan>0</dan:SoLuongCongDan> là lỗi",
    ],
)
def test_a_bare_word_that_is_neither_yes_nor_no_is_unreadable(said):
    message = golden("reply-003-yes.xml").decode()
    reply = message.replace("<dan:SoLuongCongDan>1</dan:SoLuongCongDan>", said)
    assert trouble_of(reply, service="003") is Trouble.UNREADABLE


@pytest.mark.parametrize(
    "name", ["reply-037-match.xml", "reply-037-nobody.xml", "reply-037-nobody-empty-body.xml"]
)
def test_a_record_or_silence_where_a_word_belongs_is_unreadable(name):
    assert trouble_of(golden(name), service="003") is Trouble.UNREADABLE


def test_two_citizens_are_nobody_s_answer():
    citizen = MATCH[MATCH.index("<ns1:CongDan>") : MATCH.index("</ns1:CongDan>")] + "</ns1:CongDan>"
    assert trouble_of(changed("</ns1:CongDan>", "</ns1:CongDan>" + citizen)) is Trouble.TWO_CITIZENS
    announced = changed("<ns1:CongdanCollection ", '<ns1:CongdanCollection SoCongDan="2" ')
    assert trouble_of(announced) is Trouble.TWO_CITIZENS
    two = golden("reply-003-yes.xml").replace(b">1<", b">2<")
    assert trouble_of(two, service="003") is Trouble.TWO_CITIZENS


def test_more_than_a_megabyte_is_refused_unread():
    assert trouble_of(MATCH + " " * 1_000_000) is Trouble.OVERSIZED


ENCODINGS = {
    "windows-1258": MATCH.replace("UTF-8", "windows-1258").replace("ĐẶNG", "ĐĂNG").encode("cp1258", "ignore"),
    "bytes of windows-1258 called UTF-8": "ĐĂNG".encode("cp1258").join(MATCH.encode().split("ĐẶNG".encode(), 1)),
    "UTF-16 that says UTF-8": MATCH.encode("utf-16"),
    "UTF-16 without a mark": MATCH.encode("utf-16-le"),
    "UTF-16 that says so": MATCH.replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-7": MATCH.replace("UTF-8", "UTF-7").encode("utf-7"),
    "a declaration that is not true": MATCH.replace("UTF-8", "ISO-8859-1").encode(),
    "replacement characters": MATCH.replace("Ặ", "\ufffd").encode(),
    "encoded twice through Latin-1": MATCH.replace(FULL_NAME, FULL_NAME.encode().decode("latin-1")).encode(),
    "encoded twice, once lower case": MATCH.replace("ĐẶNG THỊ MẪU THỬ", "Hà".encode().decode("latin-1")).encode(),
    "an address encoded twice": MATCH.replace("SỐ 1 PHỐ", "SỐ 1 PHỐ".encode().decode("latin-1")).encode(),
    "a name with a direction mark": MATCH.replace("MẪU", "\u202eMẪU").encode(),
    "a name with digits and signs": MATCH.replace("MẪU THỬ", "MẪU #1 <b>".replace("<", "&lt;")).encode(),
    "a name in another alphabet": MATCH.replace("MẪU", "МАУ").encode(),
}  # fmt: skip


@pytest.mark.parametrize("reply", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_letters_that_cannot_be_trusted_are_an_encoding_trouble(reply):
    assert trouble_of(reply) is Trouble.ENCODING


def test_a_content_type_of_another_encoding_is_an_encoding_trouble():
    assert trouble_of(MATCH, content_type="text/xml; charset=windows-1258") is Trouble.ENCODING


@pytest.mark.parametrize(
    "dtd",
    [
        "".join([f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "ha"}">' for i in range(10)]),
        f'<!ENTITY a9 "{"a" * 50_000}">',
    ],
    ids=["nested", "quadratic"],
)
def test_entities_that_grow_cost_no_memory(dtd):
    body = MATCH.split("?>", 1)[1].replace("MẪU THỬ", "&a9;" * 1_000)
    tracemalloc.start()
    assert trouble_of(f"<!DOCTYPE a [{dtd}]>{body}") is Trouble.UNREADABLE
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(MATCH.encode())), st.integers(0, 60))
def test_a_damaged_reply_is_refused_or_still_a_whole_record(junk, at, lost):
    whole = MATCH.encode()
    try:
        reading = read(whole[:at] + junk + whole[at + lost :])
    except (CouldNotAsk, FaultReceived):
        return
    if reading.record is not None:
        assert len(reading.record.personal_number) == 12
        assert reading.record.full_name


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2_000))
def test_no_bytes_raise_anything_but_the_documented_errors(junk):
    with pytest.raises((CouldNotAsk, FaultReceived)):
        read(junk)
