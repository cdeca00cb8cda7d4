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


def filled(data: QueryDict, card: CardReading) -> QueryDict:
    """Put what the card says in the place of what was typed; what it does not say is left to be typed."""
    form = data.copy()
    form["scan"] = ""
    form["full_name"] = card.full_name or card.name_text
    form["number"] = card.number.digits
    form["birth_date"] = card.birth_date.as_text() if card.birth_date else ""
    form.pop("full_name-suggestion", None)
    form.pop("by_hand_reason", None)
    return form


def emptied(data: QueryDict) -> QueryDict:
    """Take what is no card out of the scan box, where it would be in the way of the next scan and of typing."""
    form = data.copy()
    form["scan"] = ""
    return form
