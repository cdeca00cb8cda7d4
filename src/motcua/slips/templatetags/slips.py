"""What pages of other apps say about slips."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.dossiers.models import Dossier
from motcua.slips.service import slips_of

register = template.Library()
_LABELS: Final[dict[str, Promise]] = {
    "01": _("In giấy tiếp nhận (PDF)"),
    "02": _("Phiếu yêu cầu bổ sung (PDF)"),
    "03": _("Phiếu từ chối tiếp nhận (PDF)"),
    "04": _("Văn bản xin lỗi, gia hạn (PDF)"),
    "05": _("Thông báo dừng giải quyết (PDF)"),
    "06": _("Phiếu kiểm soát (PDF)"),
}


@register.inclusion_tag("slips/links.html", takes_context=True)
def slip_links(
    context: dict[str, Any], dossier: Dossier, there: Collection[str] | None = None
) -> dict[str, Any]:
    """Show links to the slips that a dossier has, for whoever looks at it.

    Args:
        context: of the page.
        dossier: whose.
        there: the numbers of the slips, where the page knows them; otherwise they take one query.
    """
    if there is None:
        user = context["request"].user
        there = slips_of(dossier.pk, is_citizens=not user.is_authenticated or user.is_citizen)
    return {"dossier": dossier, "slips": [{"code": slip, "label": _LABELS[slip]} for slip in there]}
