"""The scan box: a card's QR code as a keyboard scanner types it, put in the place of what was typed."""

from __future__ import annotations

from typing import Final

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.identity.card_qr import CardReading, CardRefused, read_card

SCAN_ERRORS: Final[dict[str, Promise]] = {
    "too_long": _("Mã quét quá dài, không phải mã trên thẻ. Vui lòng quét lại, hoặc nhập tay."),
    "shape": _("Đây không phải mã QR của thẻ CCCD hoặc căn cước. Vui lòng quét lại, hoặc nhập tay."),
    "number": _("Mã quét không có số định danh 12 chữ số. Vui lòng quét lại, hoặc nhập tay."),
}


def read(text: str) -> tuple[CardReading | None, str | Promise]:
    """Read what the scanner typed: the card, or what to tell the officer; neither when nothing was scanned."""
    if not text.strip():
        return None, ""
    try:
        return read_card(text, today=timezone.localdate()), ""
    except CardRefused as refused:
        return None, SCAN_ERRORS.get(refused.reason, SCAN_ERRORS["shape"])


def taken(data: QueryDict, *, prefix: str = "") -> tuple[QueryDict, CardReading | None, str | Promise]:
    """Take what stands in a scan box: a card's words go into the fields of the same person, anything else is dropped.

    Args:
        data: what was posted.
        prefix: of the fields of the person whose card it is.

    Returns:
        The form as it then stands, the card, and what to tell the officer when it was none.
    """
    card, error = read(data.get(f"{prefix}scan", ""))
    if card is not None:
        return _filled(data, card, prefix), card, ""
    return (_emptied(data, prefix) if error else data), None, error


def _filled(data: QueryDict, card: CardReading, prefix: str) -> QueryDict:
    """Put what the card says in the place of what was typed; what it does not say is left to be typed."""
    form = data.copy()
    form[f"{prefix}scan"] = ""
    form[f"{prefix}full_name"] = card.full_name or card.name_text
    form[f"{prefix}number"] = card.number.digits
    form[f"{prefix}birth_date"] = card.birth_date.as_text() if card.birth_date else ""
    for said in ("full_name-suggestion", "by_hand_reason", "without_number"):
        form.pop(f"{prefix}{said}", None)
    return form


def _emptied(data: QueryDict, prefix: str) -> QueryDict:
    """Take what is no card out of the scan box, where it would be in the way of the next scan and of typing."""
    form = data.copy()
    form[f"{prefix}scan"] = ""
    return form
