"""The rows of a list of dossiers, made here and not in a template: forty of them cost a template dearly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from motcua.web.templatetags.motcua import moment

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

    from motcua.dossiers.models import Dossier

_SHOWN: Final = (
    "code", "applicant_name", "by_hand_reason", "submitted_at", "received_at", "procedure__name",
    "identity_check__outcome",
)  # fmt: skip
_PLACE: Final = str(UUID(int=0))
# The titles stand in the cells too: on a phone a row is a card, and the table's head is not seen.
_ROW: Final = """<tr>
  <th scope="row" class="code"><a href="{}">{}</a></th>
  <td data-title="{}">{}</td>
  <td data-title="{}">{}</td>
  <td data-title="{}">{}</td>
  <td data-title="{}"><span class="badge {}">{}</span></td>{}
</tr>"""
_TAKE_UP: Final = """
  <td><button class="button" form="take-up" formaction="{0}" aria-label="{1} {2}">{1}</button></td>"""


def listed(dossiers: QuerySet[Dossier]) -> QuerySet[Dossier]:
    """Return the same dossiers, fetched with what a row shows and no more."""
    return dossiers.select_related("procedure", "identity_check").only(*_SHOWN)


def rows(dossiers: Iterable[Dossier], *, is_waiting: bool = False) -> SafeString:
    """Return the rows of a table.

    Args:
        dossiers: filed ones, as ``listed`` fetches them.
        is_waiting: they wait; each gets a button of the form "take-up".
    """
    shown_at, taken_up_at = (reverse(name, args=[_PLACE]) for name in ("desk_dossier", "take_up"))
    applicant, procedure, identity, take_up = _("Người nộp"), _("Thủ tục"), _("Danh tính"), _("Tiếp nhận")
    at = _("Nộp lúc") if is_waiting else _("Tiếp nhận lúc")
    badges = {True: ("verified", _("đã xác thực")), False: ("unverified", _("chưa xác thực danh tính"))}

    def button(dossier: Dossier) -> str:
        address = taken_up_at.replace(_PLACE, str(dossier.pk))
        return format_html(_TAKE_UP, address, take_up, dossier.code) if is_waiting else ""

    return format_html_join(
        "\n",
        _ROW,
        (
            (
                shown_at.replace(_PLACE, str(dossier.pk)),
                dossier.code,
                applicant,
                dossier.applicant_name,
                procedure,
                dossier.procedure.name,
                at,
                moment(dossier.received_at or dossier.submitted_at),
                identity,
                *badges[dossier.is_identity_verified],
                button(dossier),
            )
            for dossier in dossiers
        ),
    )
