"""What may stand in a message: no placeholder left over, no SMS too long, nothing that leads astray."""

from __future__ import annotations

import unicodedata

import pytest

from motcua.accounts.models import Office
from motcua.messaging.kinds import KINDS, PLACEHOLDERS, Channel, Kind, default_text
from motcua.messaging.wording import cleaned, fill, fitted, longest, problems, segments

# Longer than a province's portal is called.
LINK = "https://dichvucong.tinhthuathienhue.gov.vn/tra-cuu/"
ALL = [(kind, channel) for kind in KINDS.values() for channel in Channel]
FINISHED = KINDS["finished"]
LONGEST_PHONE = Office._meta.get_field("phone").max_length or 0


def names(given: object) -> str:
    return given.name if isinstance(given, Kind) else str(given)


@pytest.mark.parametrize(("kind", "channel"), ALL, ids=names)
def test_every_text_to_begin_with_may_be_sent_whatever_the_dossier(kind: Kind, channel: Channel) -> None:
    subject, body = default_text(kind, channel)
    assert problems(kind, channel, subject, body, link=LINK) == []
    for text in (subject, body):
        assert text == cleaned(text) == unicodedata.normalize("NFC", text)
        assert not set("{}") & set(fill(text, longest(LINK)))
    assert bool(subject) == (channel == Channel.EMAIL)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", (1, 0)),
        ("a" * 160, (1, 160)),
        ("a" * 161, (2, 161)),
        ("a" * 306, (2, 306)),
        ("a" * 307, (3, 307)),
        ("[" * 80, (1, 160)),
        ("[" * 81, (2, 162)),
        ("ă" * 70, (1, 70)),
        ("ă" * 71, (2, 71)),
        ("ă" * 134, (2, 134)),
        ("ă" * 135, (3, 135)),
        ("a" * 70 + "đ", (2, 71)),
        ("à" * 160, (1, 160)),
        ("😀" * 35, (1, 70)),
        ("😀" * 36, (2, 72)),
    ],
)
def test_segments_are_counted_by_the_alphabet_that_the_text_needs(text: str, told: tuple[int, int]) -> None:
    assert segments(text) == told


@pytest.mark.parametrize(
    ("channel", "subject", "body", "says"),
    [
        ("email", "", "Hồ sơ {ma_ho_so}", "tiêu đề"),
        ("email", "Hồ sơ\nBcc: ai@vidu.vn", "Hồ sơ {ma_ho_so}", "một dòng"),
        ("email", "Hồ\u2028sơ", "Hồ sơ {ma_ho_so}", "một dòng"),
        ("email", "a" * 121, "Hồ sơ", "dài quá"),
        ("email", "Hồ sơ", "a" * 4001, "dài quá 4.000 ký tự"),
        ("email", "Hồ sơ", "", "nhập nội dung"),
        ("email", "Hồ sơ {ho_ten}", "Hồ sơ", "{ho_ten}"),
        ("email", "Hồ sơ", "Chào {ho_ten}", "{ho_ten}"),
        ("email", "Hồ sơ", "Thủ tục {ten_thu_tuc}", "{ten_thu_tuc}"),
        ("email", "Hồ sơ", "{ma_ho_so.__class__}", "{ma_ho_so.__class__}"),
        ("email", "Hồ sơ", "{}", "{}"),
        ("email", "Hồ sơ", "{ma_ho_so", "ngoặc nhọn"),
        ("email", "Hồ sơ", "{{ma_ho_so}}", "ngoặc nhọn"),
        ("email", "Hồ sơ", "Nộp tiền ở https://nganhang.example", "{duong_dan}"),
        ("email", "Hồ sơ", "www.vidu.vn", "{duong_dan}"),
        ("email", "Hồ sơ", "Số 999085000001", "CCCD"),
        ("email", "Hồ sơ", "Số 999 085 000 001", "CCCD"),
        ("email", "Hồ sơ", "a\x00b", "điều khiển"),
        ("sms", "", "ă" * 135, "3"),
        ("sms", "", "{co_quan} {co_quan} {co_quan} {co_quan}", "đoạn"),
        ("sms", "", "Chào {ho_ten}", "{ho_ten}"),
    ],
)
def test_what_must_not_be_sent_is_refused_with_a_sentence_that_says_what(
    channel: str, subject: str, body: str, says: str
) -> None:
    assert any(says in one for one in problems(FINISHED, channel, subject, body, link=LINK))


@pytest.mark.parametrize("said", ["{han_tra}", "{dien_thoai}"])
def test_what_is_said_where_there_is_no_due_date_and_any_telephone_fit_into_what_is_kept(said: str) -> None:
    longest_words = {"han_tra": "theo thời hạn của thủ tục", "dien_thoai": "0" * LONGEST_PHONE}
    kept = [
        body
        for body in ("ă" * size + said for size in range(90, 134))
        if not problems(FINISHED, "sms", "", body, link=LINK)
    ]
    assert kept
    assert max(segments(fill(body, longest_words))[0] for body in kept) == 2


def test_an_offices_telephone_and_a_hotline_may_stand_in_a_text() -> None:
    body = "Gọi 1900 1234 hoặc 0225 3842 111 trước 30/11/2026."
    assert problems(FINISHED, "email", "Hồ sơ {ma_ho_so}", body, link=LINK) == []


def test_an_accounts_message_has_no_dossier_to_name() -> None:
    found = problems(KINDS["registered_again"], "email", "Tin", "Hồ sơ {ma_ho_so}", link=LINK)
    assert any("{ma_ho_so}" in one for one in found)


def test_a_value_is_one_line_and_no_placeholder_itself() -> None:
    words = {**dict.fromkeys(PLACEHOLDERS, "x"), "co_quan": "Một cửa\r\nBcc: {ma_ho_so}"}
    assert fill("{co_quan}", words) == "Một cửa Bcc: {ma_ho_so}"


def test_in_an_sms_the_link_carries_no_code_and_a_long_office_is_cut() -> None:
    words = {"duong_dan": f"{LINK}?ma=H24", "co_quan": "Trung tâm Phục vụ hành chính công xã Mẫu B huyện C"}
    short = fitted(words, "sms")
    assert short["duong_dan"] == LINK
    assert short["co_quan"] == "Trung tâm Phục vụ hành chính công xã…"
    assert fitted(words, "email") == words
