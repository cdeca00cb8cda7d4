"""The rows of a list of dossiers, made here and not in a template: forty of them cost a template dearly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.translation import gettext as _

from motcua.dossiers.models import Dossier
from motcua.verification.models import IdentityCheck
from motcua.web.addresses import addresses
from motcua.web.markup import opened
from motcua.web.templatetags.motcua import moment

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

_SHOWN: Final = (
    "pk", "code", "applicant_name", "procedure__name", "submitted_at", "received_at", "by_hand_reason",
    "identity_check__outcome",
)  # fmt: skip
# The titles stand in the cells too: on a phone a row is a card, and the table's head is not seen.
_ROW: Final = """<tr>
  <th scope="row" class="code"><a href="{}">{}</a></th>
  <td data-title="{}">{}</td>
  <td data-title="{}">{}</td>
  <td data-title="{}">{}</td>
  <td data-title="{}">{}</td>{}
</tr>"""
_BADGE: Final = '<span class="badge {}">{}</span>'
_TAKE_UP: Final = """
  <td><button class="button" form="take-up" formaction="{0}" aria-label="{1} {2}">{1}</button></td>"""


def listed(dossiers: QuerySet[Dossier]) -> QuerySet[Dossier, Any]:
    """Return the same dossiers as tuples of what a row shows."""
    return dossiers.values_list(*_SHOWN)


def rows(dossiers: Iterable[Any], *, is_waiting: bool = False) -> SafeString:
    """Return the rows of a table.

    Args:
        dossiers: filed ones, as ``listed`` fetches them.
        is_waiting: they wait; each gets a button of the form "take-up".
    """
    shown_at, taken_up_at = addresses("desk_dossier"), addresses("take_up")
    name_title, procedure_title, identity_title, at_title, take_up = map(
        conditional_escape,
        (
            _("Người nộp"),
            _("Thủ tục"),
            _("Danh tính"),
            _("Nộp lúc") if is_waiting else _("Tiếp nhận lúc"),
            _("Tiếp nhận"),
        ),
    )
    verified = format_html(_BADGE, "verified", _("đã xác thực"))
    unverified = format_html(_BADGE, "unverified", _("chưa xác thực danh tính"))
    rejected = format_html(_BADGE, "rejected", _("xác thực thất bại"))

    def cells(dossier: Any) -> tuple[str, ...]:
        pk, code, name, procedure, submitted_at, received_at, by_hand_reason, outcome = dossier
        if outcome == IdentityCheck.Outcome.VERIFIED and not by_hand_reason:
            badge = verified
        else:
            badge = rejected if by_hand_reason == Dossier.ByHand.REJECTED else unverified
        button = format_html(_TAKE_UP, taken_up_at(pk), take_up, code) if is_waiting else ""
        return (
            shown_at(pk), code, name_title, opened(name), procedure_title, procedure,
            at_title, moment(received_at or submitted_at), identity_title, badge, button,
        )  # fmt: skip

    return format_html_join("\n", _ROW, map(cells, dossiers))
