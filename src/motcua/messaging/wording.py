"""What may stand in a text, what becomes of its placeholders, and how long an SMS is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from motcua.messaging.kinds import CODE, DUE, LINK, OFFICE, PHONE, PLACEHOLDERS, Channel, Kind
from motcua.web.templatetags.motcua import whole

LONGEST_SUBJECT: Final = 120
LONGEST_MAIL: Final = 4000
MOST_SEGMENTS: Final = 2
_LONGEST_OFFICE_IN_SMS: Final = 40
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029]")
_WEB: Final = re.compile(r"https?://|www\.", re.IGNORECASE)
# A run that could be somebody's personal number; an office's telephone, of ten or eleven digits, is none.
_DIGITS: Final = re.compile(r"\d(?:[ .-]?\d)*")
_PERSONAL: Final = (9, 12)
# The alphabet of an SMS of seven bits a letter, and what takes two places in it (3GPP TS 23.038).
_SEVEN_BITS: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_PLACES: Final = frozenset("^{}\\[~]|€\f")
# As long as each value becomes in practice, so that what is accepted fits for every dossier.
_LONGEST: Final[Mapping[str, str]] = {
    CODE: "000.00.000.H00-261231-00000",
    OFFICE: "Ộ" * _LONGEST_OFFICE_IN_SMS,
    DUE: "theo thời hạn của thủ tục",  # longer than "17:00 31/12/2026": where the law gives no limit
    PHONE: "0225 3 000 000 (101)",
}


def fill(text: str, words: Mapping[str, str]) -> str:
    """Return a text with its placeholders replaced: each value as one line of plain text, an unknown one as nothing."""
    return _PLACEHOLDER.sub(lambda found: " ".join(words.get(found[1], "").split()), text)


def fitted(words: Mapping[str, str], channel: str) -> dict[str, str]:
    """Return the values as a channel takes them: in an SMS a short link, and no more than 40 letters of an office.

    Args:
        words: by placeholder.
        channel: ``email`` or ``sms``.
    """
    if channel == Channel.EMAIL:
        return dict(words)
    short = {**words, LINK: words[LINK].partition("?")[0]}
    if len(words.get(OFFICE, "")) > _LONGEST_OFFICE_IN_SMS:
        short[OFFICE] = words[OFFICE][:_LONGEST_OFFICE_IN_SMS].rpartition(" ")[0] + "…"
    return short


def longest(link: str) -> dict[str, str]:
    """Return the longest value of each placeholder.

    Args:
        link: the longest address that stands in an SMS.
    """
    return {**_LONGEST, LINK: link}


def segments(text: str) -> tuple[int, int]:
    """Return how many segments an SMS takes, and how many letters of the alphabet that it needs.

    In letters of seven bits one segment holds 160 and each of several 153; as soon as one letter is not among them, as
    in most of Vietnamese, 70 and 67.
    """
    if all(sign in _SEVEN_BITS or sign in _TWO_PLACES for sign in text):
        length = len(text) + sum(sign in _TWO_PLACES for sign in text)
        alone, joined = 160, 153
    else:
        length = len(text.encode("utf-16-be")) // 2
        alone, joined = 70, 67
    return (1 if length <= alone else -(-length // joined)), length


def cleaned(text: str) -> str:
    """Return a text as it is kept: composed letters, one kind of line end, nothing around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def problems(kind: Kind, channel: str, subject: str, body: str, *, link: str) -> list[str]:
    """Say what is wrong with the texts of a message, each in a sentence; nothing when they may be sent.

    Args:
        kind: which says what placeholders may stand in them.
        channel: ``email`` or ``sms``.
        subject: of an e-mail.
        body: the text.
        link: the longest address that stands in an SMS.
    """
    found: list[str] = []
    if not body:
        found.append(_("Vui lòng nhập nội dung."))
    if _CONTROL.search(body):
        found.append(_("Nội dung có ký tự điều khiển. Vui lòng xóa rồi gõ lại chỗ đó."))
    if channel == Channel.EMAIL:
        found += _of_a_mail(subject, body)
    for text in (subject, body):
        found += _of_its_words(kind, text)
    if channel == Channel.SMS and not found:
        count, length = segments(fill(body, longest(link)))
        if count > MOST_SEGMENTS:
            found.append(
                _(
                    "Tin dài nhất có thể tới %(length)s ký tự, thành %(count)s đoạn; tối đa %(most)s đoạn. "
                    "Vui lòng viết ngắn hơn."
                )
                % {"length": length, "count": count, "most": MOST_SEGMENTS}
            )
    return found


def _of_a_mail(subject: str, body: str) -> list[str]:
    found: list[str] = []
    if not subject:
        found.append(_("Vui lòng nhập tiêu đề."))
    if "\n" in subject or _CONTROL.search(subject):
        found.append(_("Tiêu đề chỉ được một dòng."))
    if len(subject) > LONGEST_SUBJECT:
        found.append(_("Tiêu đề dài quá %(n)s ký tự.") % {"n": LONGEST_SUBJECT})
    if len(body) > LONGEST_MAIL:
        found.append(_("Nội dung dài quá %(n)s ký tự.") % {"n": whole(LONGEST_MAIL)})
    return found


def _of_its_words(kind: Kind, text: str) -> list[str]:
    found: list[str] = []
    named = _PLACEHOLDER.findall(text)
    allowed = ", ".join(f"{{{name}}}" for name in kind.placeholders)
    for name in dict.fromkeys(named):
        if name not in kind.placeholders:
            reason = (
                _("{%(name)s} không dùng được ở tin này.")
                if name in PLACEHOLDERS
                else _("Không có ô {%(name)s}.")
            )
            found.append(f"{reason % {'name': name[:40]}} {_('Được dùng:')} {allowed}.")
    rest = _PLACEHOLDER.sub("", text)
    if "{" in rest or "}" in rest:
        found.append(
            _("Dấu ngoặc nhọn chỉ dùng quanh tên một ô, chẳng hạn {%(name)s}.")
            % {"name": kind.placeholders[0]}
        )
    if _WEB.search(rest):
        found.append(
            _(
                "Không gõ địa chỉ trang web vào mẫu: vui lòng dùng {duong_dan}, để người nhận không quen với "
                "đường dẫn lạ."
            )
        )
    if any(sum(map(str.isdigit, run)) in _PERSONAL for run in _DIGITS.findall(rest)):
        found.append(_("Không gõ dãy 9 hoặc 12 chữ số vào mẫu: có thể là số CCCD/CMND của một người."))
    return found
