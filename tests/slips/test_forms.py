"""What stands on each slip, whoever wrote it, and whether everybody can read it."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from motcua.accounts.models import User
from motcua.dossiers import states, steps, supplements
from motcua.dossiers.hand_overs import decline, hand_over, take_back
from motcua.dossiers.models import Dossier, DossierOwner, Step, Supplement
from motcua.procedures.models import ProcedureRevision
from motcua.slips import service
from motcua.slips.book import BookPart, make_register
from motcua.slips.facts import TITLES, facts_of, head_of
from motcua.slips.typesetting import DRAWN, FONTS, FORMS, draw, drawable, typeset
from tests.conftest import ToldRegister
from tests.dossiers.filing import filed
from tests.dossiers.lives import UNIT, place, standing_at
from tests.people import cast
from tests.reception.conftest import Desk
from tests.slips.conftest import BASE_URL, NOW, made, read
from tests.slips.reading import (
    alternatives,
    is_margin_empty,
    opened,
    pages,
    sizes,
    squeezed,
    words,
    words_of_pages,
)

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

LETTERS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"
HOSTILE = [
    '#panic("x")',
    "$x$ [ ] \\",
    "#let a = 1; *b* _c_ `d` = e",
    '"], "code": "x',
    "@preview/x:1.0.0 <label> https://x.vn // không phải chú thích",
    '#read("/etc/passwd")',
    "\\u{41} ~ -- ... '“”",
]
EVERYWHERE = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "BỘ PHẬN MỘT CỬA PHƯỜNG MẪU A",
)
FIELDS = {
    "01": [
        "Số CCCD/CMND: 999", "Địa chỉ: Số 9 phố Thử Nghiệm, phường Mẫu A", "Điện thoại: 0912345678",
        "Thư điện tử: an@vidu.vn", "Hình thức nộp: Trực tiếp", "Tờ khai đăng ký khai sinh1", "Giấy chứng sinh2",
        "Số lượng hồ sơ: 01 bộ", "Thời điểm nhận hồ sơ: 08 giờ 31 phút, ngày 24/11/2026",
        "Thời điểm trả kết quả: 17 giờ 00 phút, ngày", "Đăng ký nhận kết quả: Nhận tại quầy", "0900 000 101",
        "NGƯỜI NỘP HỒ SƠ", "NGƯỜI TIẾP NHẬN HỒ SƠ", "Bùi Thị Lan", "ngày 24 tháng 11 năm 2026",
    ],
    "02": [
        "Giấy chứng sinh bản chính", "Bản đã nộp mờ số", "Giấy chứng sinh không rõ ngày sinh.", "0900 000 101",
        "Bùi Thị Lan", "an@vidu.vn", "ngày 23 tháng 11 năm 2026",
    ],
    "04": [
        "Thời điểm nhận hồ sơ: 08 giờ 31 phút, ngày 23/11/2026", "Đơn vị phối hợp chưa trả lời.",
        "hẹn trả kết quả vào: 17 giờ 00 phút, ngày", "Trịnh Quốc Bảo",
    ],
    "05": ["dừng giải quyết hồ sơ này từ 08 giờ 31 phút, ngày 25/11/2026", "Không bổ sung trong thời hạn."],
    "06": [
        "Phòng Văn hóa - Xã hội phường Mẫu A", "Chuyển kèm bản giấy", "nhận 09:31 23/11/2026", "Tiếp nhận tại quầy",
        "Yêu cầu bổ sung giấy tờ", "Dừng giải quyết", "Tờ khai đăng ký khai sinh",
    ],
}  # fmt: skip


# As the circular numbers and names them.
STATUTORY = {
    "01": "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
    "02": "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ",
    "03": "PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ",
    "04": "VĂN BẢN XIN LỖI VÀ ĐỀ NGHỊ GIA HẠN",
    "05": "THÔNG BÁO DỪNG GIẢI QUYẾT HỒ SƠ",
    "06": "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ",
    "07": "SỔ THEO DÕI HỒ SƠ",
}


@pytest.mark.parametrize("slip", STATUTORY)
def test_a_slip_bears_the_number_and_the_title_of_the_circular(
    whole_life: Dossier, receive: Callable[..., Dossier], officer: User, slip: str
) -> None:
    if slip == "07":
        pdf = make_register(BookPart(whole_life.office, NOW.year), now=NOW)
    elif slip == "03":
        sent_away = standing_at(states.SUBMITTED)
        steps.go(dossier=sent_away, move="refuse", by=officer, now=NOW, reason="Không thuộc thẩm quyền.")
        pdf = made(slip, sent_away)
    else:
        pdf = made(slip, whole_life)

    said = words(pdf)
    assert squeezed(f"Mẫu số {slip} ·") in said
    assert [number for number, title in STATUTORY.items() if squeezed(title) in said] == [slip]


@pytest.mark.parametrize("slip", FIELDS)
def test_a_slip_has_its_fields(whole_life: Dossier, slip: str) -> None:
    pdf = made(slip, whole_life)
    said = words(pdf)
    common = [*EVERYWHERE, str(whole_life.code), cast.an.full_name, TITLES[slip].upper(), "Đăng ký khai sinh"]
    for field in [*common, *FIELDS[slip]]:
        assert squeezed(field) in said, field
    assert cast.an.number not in said
    assert sizes(pdf) == {(148, 210)}


@pytest.mark.parametrize(
    ("at", "dated"),
    [
        (datetime(2026, 11, 4, 16, 59, tzinfo=UTC), "ngày 04 tháng 11 năm 2026"),  # 23:59 here
        (datetime(2026, 11, 4, 17, 0, tzinfo=UTC), "ngày 05 tháng 11 năm 2026"),
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), "ngày 01 tháng 01 năm 2027"),
        (datetime(2027, 2, 28, 17, 0, tzinfo=UTC), "ngày 01 tháng 3 năm 2027"),
        (datetime(2028, 2, 28, 17, 0, tzinfo=UTC), "ngày 29 tháng 02 năm 2028"),
    ],
)
def test_a_slip_is_dated_by_the_day_here_as_letters_of_offices_are(
    officer: User, at: datetime, dated: str
) -> None:
    assert officer.office is not None
    assert head_of(officer.office, slip="01", subject="x", now=at)["dated"].endswith(dated)


def test_a_refusal_has_its_fields(
    an_client: object, catalogue: None, officer: User, register: ToldRegister
) -> None:
    dossier = filed(an_client)
    steps.go(dossier=dossier, move="refuse", by=officer, now=NOW, reason="Không thuộc thẩm quyền.")
    said = words(made("03", dossier))
    for field in (
        *EVERYWHERE,
        "Không thuộc thẩm quyền.",
        "Nộp lúc:",
        "Trực tuyến",
        str(dossier.code),
        "Bùi Thị Lan",
    ):
        assert squeezed(field) in said, field


@pytest.mark.parametrize("slip", FIELDS)
def test_a_slip_is_tagged_and_says_what_it_is_to_those_who_do_not_see(whole_life: Dossier, slip: str) -> None:
    pdf = made(slip, whole_life)
    root = opened(pdf).root
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "vi"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].data.replace(b"\n", b"")
    assert str(opened(pdf).trailer["/Info"]["/Title"]) == f"{TITLES[slip]} {whole_life.code}"
    told = alternatives(pdf)
    assert f"Mã vạch của mã hồ sơ {whole_life.code}" in told
    assert f"Mã QR mở trang tra cứu hồ sơ {BASE_URL}/tra-cuu/" in told


def test_both_codes_are_on_a_slip_whose_applicant_was_checked(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.saves()
    dossier = Dossier.objects.get()
    check = dossier.identity_check
    assert check is not None
    facts = facts_of("01", read(dossier), now=NOW, base_url=BASE_URL)

    assert facts["tracking_svg"] != facts["proof_svg"]
    assert f"Mã QR mở trang xác minh kiểm tra danh tính số, mã {check.code}" in alternatives(
        made("01", dossier)
    )


def test_what_the_register_filled_in_is_marked_and_what_was_typed_is_not(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.saves()
    dossier = Dossier.objects.get()
    said = words(made("01", dossier))

    assert squeezed("(*) Thông tin trích xuất từ Cơ sở dữ liệu quốc gia về dân cư") in said
    assert cast.an.record is not None
    assert squeezed(f"{cast.an.record.full_name}(*)") in said
    assert squeezed("0912345678(*)") not in said
    assert squeezed("Đã xác thực danh tính với Cơ sở dữ liệu quốc gia về dân cư") in said
    assert squeezed("CHƯA XÁC THỰC") not in said


def test_what_the_register_filled_in_of_the_owner_is_marked_and_what_was_typed_is_not(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.checks_owner(cast.cuc)
    desk.saves()
    assert cast.cuc.record is not None
    said = words(made("01", Dossier.objects.get()))
    assert squeezed(f"Chủ hồ sơ: {cast.cuc.record.full_name}(*)") in said

    DossierOwner.objects.update(is_by_hand=True)
    said = words(made("01", Dossier.objects.get()))
    assert squeezed(f"Chủ hồ sơ: {cast.cuc.record.full_name}") in said
    assert squeezed(f"{cast.cuc.record.full_name}(*)") not in said


def test_what_came_by_post_is_marked_like_what_was_handed_in(desk: Desk) -> None:
    desk.checks(cast.an)
    desk.saves(channel=str(Dossier.Channel.POSTAL.value))
    assert cast.an.record is not None
    assert squeezed(f"{cast.an.record.full_name}(*)") in words(made("01", Dossier.objects.get()))


def test_what_was_taken_back_is_not_called_sent_back(
    officer: User, specialist: User, catalogue: None
) -> None:
    dossier = standing_at(states.RECEIVED)
    hand_over(dossier=dossier, to_office=place(), by=officer, now=NOW)
    take_back(dossier=dossier, by=officer, now=NOW)
    said = words(made("06", dossier))
    assert squeezed("thu hồi hoặc kết thúc") in said
    assert squeezed("trả lại") not in said

    hand_over(dossier=dossier, to_office=place(), by=officer, now=NOW)
    decline(dossier=dossier, reason="Không đúng thẩm quyền", by=specialist, now=NOW)
    assert squeezed("trả lại") in words(made("06", dossier))


def test_who_works_elsewhere_since_is_named_with_where_they_worked_then(
    officer: User, other_officer: User, catalogue: None
) -> None:
    dossier = standing_at(states.RECEIVED)
    there, elsewhere = officer.office, other_officer.office
    assert there is not None
    assert elsewhere is not None
    User.objects.filter(pk=officer.pk).update(office=elsewhere)

    said = words(made("06", dossier))
    assert squeezed(f"{officer.full_name}, {there.name}") in said
    assert squeezed(elsewhere.name) not in said


def test_what_ended_after_its_day_is_called_late(officer: User, leader: User, catalogue: None) -> None:
    dossier = standing_at(states.PROCESSING, holder_office=UNIT)
    Dossier.objects.filter(pk=dossier.pk).update(due_at=NOW - timedelta(days=2))
    steps.go(dossier=dossier, move="finish", by=leader, now=NOW)
    assert squeezed("Đã xử lý xong. Trễ hạn") in words(made("06", Dossier.objects.get(pk=dossier.pk)))


def test_who_fetches_a_result_after_its_day_makes_no_office_late(
    officer: User, leader: User, catalogue: None
) -> None:
    dossier = standing_at(states.PROCESSING, holder_office=UNIT)
    Dossier.objects.filter(pk=dossier.pk).update(due_at=NOW + timedelta(days=2))
    steps.go(dossier=dossier, move="finish", by=leader, now=NOW)
    steps.go(dossier=dossier, move="hand_out", by=officer, now=NOW + timedelta(days=9))

    said = words(made("06", dossier))
    assert squeezed("Đã trả kết quả. Trước hạn") in said
    assert squeezed("Trễ hạn") not in said


@pytest.mark.parametrize("move", ["withdraw", "stop"])
def test_what_ended_without_a_result_was_neither_in_time_nor_late(
    officer: User, leader: User, catalogue: None, move: str
) -> None:
    dossier = standing_at(states.PROCESSING, holder_office=UNIT)
    Dossier.objects.filter(pk=dossier.pk).update(due_at=NOW - timedelta(days=2))
    by = officer if move == "withdraw" else leader
    steps.go(dossier=dossier, move=move, by=by, now=NOW, reason="Theo đơn của người nộp")

    said = words(made("06", dossier))
    assert not any(squeezed(label) in said for label in ("Trước hạn", "Đúng hạn", "Trễ hạn"))


def test_what_a_citizen_filed_online_is_not_marked_as_the_registers(
    an_client: object, catalogue: None, officer: User, register: ToldRegister
) -> None:
    dossier = steps.go(dossier=filed(an_client), move="take_up", by=officer, now=NOW)
    said = words(made("01", dossier))

    assert squeezed("Đã xác thực danh tính") in said
    assert "tríchxuất" not in said
    assert squeezed("Hình thức nộp: Trực tuyến") in said


def test_a_reception_by_hand_says_that_nobody_vouched(receive: Callable[..., Dossier]) -> None:
    said = words(made("01", receive()))
    assert squeezed("CHƯA XÁC THỰC DANH TÍNH (Người nước ngoài)") in said
    assert "tríchxuất" not in said


def test_originals_that_must_be_looked_at_again_are_not_called_seen(
    receive: Callable[..., Dossier],
) -> None:
    dossier = receive()
    Dossier.objects.update(by_hand_reason=Dossier.ByHand.REJECTED, is_decision_barred=True)
    assert squeezed("(Xác thực thất bại, chờ xem lại giấy tờ gốc)") in words(made("01", dossier))

    Dossier.objects.update(is_decision_barred=False)
    assert squeezed("(Xác thực thất bại, đã xem giấy tờ gốc)") in words(made("01", dossier))


def test_whose_dossier_it_is_stands_beside_who_files_it(receive: Callable[..., Dossier]) -> None:
    dossier = receive()
    DossierOwner.objects.create(
        dossier=dossier,
        relation="parent",
        full_name="Trần Nguyễn Quỳnh Anh",
        birth="2026-11-01",
        residence="Phường Mẫu A",
        without_number="newborn",
    )
    said = words(made("01", dossier))
    for field in ("Chủ hồ sơ: Trần Nguyễn Quỳnh Anh", "01/11/2026", "Trẻ mới sinh", "Cha, mẹ nộp cho con"):
        assert squeezed(field) in said


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_write_comes_out_as_they_wrote_it(
    receive: Callable[..., Dossier], officer: User, text: str
) -> None:
    dossier = receive(
        full_name=text, permanent_residence=text, documents=[{"name": text, "originals": 1, "copies": 0}]
    )
    Supplement.objects.create(
        dossier=dossier, documents=[{"name": text, "note": text}], reason=text, asked_at=NOW, asked_by=officer
    )
    for slip, times in (("01", 3), ("02", 5)):
        assert words(made(slip, dossier)).count(squeezed(text)) >= times


def test_every_vietnamese_letter_is_drawn_and_read_back(receive: Callable[..., Dossier]) -> None:
    text = LETTERS + LETTERS.upper()
    assert text in words(made("01", receive(permanent_residence=text)))


def test_what_no_letter_draws_becomes_a_box_and_stops_no_slip(receive: Callable[..., Dossier]) -> None:
    assert drawable("A\u0300 漢🎉\x00\u202e\u200bB") == "À □□B"
    assert squeezed("A □□B") in words(made("01", receive(permanent_residence="A 漢🎉\u202eB")))


def test_what_is_copied_from_a_table_or_a_word_processor_keeps_its_words_apart() -> None:
    assert drawable("Mục 1\tTờ khai\vBản sao 01\u20112026\u2028Hết") == "Mục 1 Tờ khai\nBản sao 01-2026\nHết"


def test_blanks_of_every_kind_part_words_and_draw_no_box() -> None:
    assert (
        drawable("Tờ khai\tBản sao\fBản chính\u3000A\u202fB\rC\r\nD") == "Tờ khai Bản sao Bản chính A B C\nD"
    )


@pytest.mark.parametrize("slip", ["01", "02", "06"])
def test_a_long_word_breaks_within_its_line_or_column(
    receive: Callable[..., Dossier], officer: User, slip: str
) -> None:
    word = "Giay_chung_nhan_" * 15
    dossier = receive(
        full_name=f"{word[:60]} An",
        permanent_residence=word,
        email=f"{word}@vidu.vn",
        documents=[{"name": word, "originals": 1, "copies": 1}],
    )
    supplements.ask_supplement(
        dossier=dossier, documents=[{"name": word, "note": word}], reason=word, by=officer, now=NOW
    )
    facts = facts_of(slip, read(dossier), now=NOW, base_url=BASE_URL)
    assert is_margin_empty(draw(slip, facts, ppi=72))
    assert words(made(slip, dossier)).count(word) >= 3


def test_an_address_to_be_copied_stays_whole(receive: Callable[..., Dossier]) -> None:
    base_url = "https://dichvucong.mot-tinh-dai.gov.vn"
    facts = facts_of("01", receive(), now=NOW, base_url=base_url)
    assert f"{base_url}/tra-cuu/" in words(typeset("01", facts, now=NOW))


def test_every_letter_said_to_be_drawn_is_in_the_fonts(receive: Callable[..., Dossier]) -> None:
    letters = re.findall(f"[{DRAWN}]", "".join(map(chr, range(0x20, 0x3000))))
    facts = facts_of("05", _stopped(receive()), now=NOW, base_url=BASE_URL)
    # PDF/UA refuses a letter that no font draws: bold, italic and upright.
    typeset(
        "05",
        facts | {"reason": " ".join(letters), "dated": " ".join(letters), "office_head": " ".join(letters)},
        now=NOW,
    )


def test_a_slip_made_again_is_the_same_file(whole_life: Dossier) -> None:
    assert made("01", whole_life) == made("01", whole_life)


def test_a_later_revision_of_the_procedure_changes_no_receipt(receive: Callable[..., Dossier]) -> None:
    dossier = receive()
    before = made("01", dossier)
    procedure = dossier.procedure
    procedure.name, procedure.time_limit, procedure.fees = "Tên khác", 99, {"direct": 1}
    procedure.save()
    procedure.documents.all().delete()
    ProcedureRevision.objects.create(
        procedure=procedure, number=99, name="Tên khác", content={"name": "Tên khác"}, made_at=NOW
    )
    assert procedure.revisions.latest("number").name == "Tên khác"

    assert made("01", dossier) == before


def test_an_extension_changes_no_receipt(receive: Callable[..., Dossier]) -> None:
    dossier = receive()
    before = made("01", dossier)
    Dossier.objects.filter(pk=dossier.pk).update(due_at=NOW + timedelta(days=90))
    assert made("01", dossier) == before


def test_many_papers_go_on_over_pages_that_say_what_they_belong_to(receive: Callable[..., Dossier]) -> None:
    papers = [
        {"name": f"Giấy tờ thứ {place} " + "rất dài " * 50, "originals": 1, "copies": 2}
        for place in range(30)
    ]
    dossier = receive(documents=papers)
    pdf = made("01", dossier)
    assert len(pages(pdf)) > 3
    assert words(pdf).count(squeezed(TITLES["01"])) >= len(pages(pdf)) - 1
    assert words(pdf).count(squeezed("Tên giấy tờ")) >= 3
    assert squeezed(f"Trang {len(pages(pdf))}/{len(pages(pdf))}") in words(pdf)


@pytest.mark.parametrize(
    ("slip", "announced"),
    [
        ("01", ["Thành phần hồ sơ nộp gồm:"]),
        ("02", ["bổ sung, hoàn thiện hồ sơ gồm:"]),
        ("06", ["Thành phần hồ sơ:", "Quá trình giao, nhận và giải quyết:"]),
    ],
)
@pytest.mark.parametrize("lines", [5, 22, 24, 26, 30, 31])
def test_what_announces_a_table_stands_on_its_page(
    whole_life: Dossier, slip: str, announced: list[str], lines: int
) -> None:
    facts = facts_of(slip, whole_life, now=NOW, base_url=BASE_URL)
    facts["procedure"] = "Thủ tục có tên rất dài, " * 3 * lines
    facts["documents"] = [{**facts["documents"][0], "name": "Giấy tờ có tên dài " * 12}] * 3

    for page in words_of_pages(typeset(slip, facts, now=NOW)):
        for words_before in announced:
            _before, found, after = page.partition(squeezed(words_before))
            assert not found or after.startswith("TT")


@pytest.mark.parametrize("slip", ["01", "06"])
def test_a_slip_lists_no_paper_as_handed_in_that_nobody_noted(
    receive: Callable[..., Dossier], slip: str
) -> None:
    dossier = receive(documents=[])
    assert dossier.revision is not None
    needed = [one["name"] for one in dossier.revision.content["documents"] if one["is_required"]]
    said = words(made(slip, dossier))
    assert needed
    assert not any(squeezed(name) in said for name in needed)
    assert squeezed("Không ghi nhận giấy tờ nào.") in said
    assert squeezed("Tên giấy tờ") not in said


@pytest.mark.parametrize("slip", ["02", "03", "04", "05", "07", "00", "1", "../01", ""])
def test_what_has_not_happened_has_no_slip(receive: Callable[..., Dossier], slip: str) -> None:
    with pytest.raises(service.NoSuchSlip):
        made(slip, receive())


def test_the_slips_that_a_dossier_has_are_those_that_can_be_made(whole_life: Dossier) -> None:
    assert service.slips_of(whole_life.pk, is_citizens=False) == ["01", "02", "04", "05", "06"]
    assert service.slips_of(whole_life.pk, is_citizens=True) == ["01", "02", "04", "05"]
    for slip in service.slips_of(whole_life.pk, is_citizens=False):
        assert made(slip, whole_life).startswith(b"%PDF-")


def test_no_form_fetches_anything() -> None:
    for form in FORMS.glob("*.typ"):
        text = form.read_text(encoding="utf-8")
        assert "@" not in text, form.name
        assert "read(" not in text, form.name
        assert "plugin(" not in text, form.name


def test_the_fonts_are_those_that_were_vendored() -> None:
    sums = {
        cells[1]: cells[4]
        for line in (FONTS / "VENDORED.md").read_text(encoding="utf-8").splitlines()
        if len(cells := [cell.strip() for cell in line.split("|")]) == 6 and cells[1].endswith(".ttf")
    }
    assert sums == {
        font.name: hashlib.sha256(font.read_bytes()).hexdigest() for font in sorted(FONTS.glob("*.ttf"))
    }
    assert len(sums) == 3


def _stopped(dossier: Dossier) -> Dossier:
    Step.objects.create(
        dossier=dossier,
        move="stop",
        origin=2,
        target=8,
        at=NOW,
        actor=dossier.received_by,
        office=dossier.office,
        reason="x",
    )
    return read(dossier)


def test_the_process_that_sets_a_slip_loads_nothing_else_of_the_product() -> None:
    told = "import sys, motcua.slips.typesetting; print({name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, text=True).stdout
    assert "motcua" in loaded
    assert "django" not in loaded
