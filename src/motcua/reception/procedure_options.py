"""The select of the desk's form: what the officer receives most, then the office's whole catalogue by sector."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Final

from django.db.models import Count
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import User
from motcua.dossiers.models import Dossier
from motcua.procedures.models import Procedure
from motcua.procedures.service import Catalogue, offered_at
from motcua.web.markup import filled, filled_each

_LATELY: Final = timedelta(weeks=4)
_FAVORITES: Final = 5


def procedure_options(*, officer: User, chosen: str, now: datetime) -> str:
    """Return the options of the select, one of them marked.

    Args:
        officer: whose form it is.
        chosen: the key of the procedure, as posted; what is no key marks nothing.
        now: the moment.
    """
    catalogue = offered_at(officer.office_id)
    options = _used_most(catalogue, officer.pk, now) + _options(catalogue)
    if not chosen.isdecimal():
        return options
    return mark_safe(options.replace(f'value="{chosen}"', f'value="{chosen}" selected', 1))  # noqa: S308  # nosec B308, B703 # digits


@lru_cache(maxsize=8)
def _options(catalogue: Catalogue) -> str:
    """Return the options by sector, made once for a reading: sixty of them would cost a template dearly."""
    sectors = groupby(catalogue.values(), key=attrgetter("sector"))
    return filled_each(
        "\n",
        '<optgroup label="{}">{}</optgroup>',
        ((sector, _as_options(group)) for sector, group in sectors),
    )


@lru_cache(maxsize=8)
def _favorites(_catalogue: Catalogue) -> dict[tuple[int, str | None], str]:
    """Return where the options are kept that officers use most, by officer and language, as long as a reading lasts."""
    return {}


def _used_most(catalogue: Catalogue, officer_id: int, now: datetime) -> str:
    """Return the options of what an officer received most in the last weeks, to stand before all others."""
    kept, whose = _favorites(catalogue), (officer_id, get_language())
    if whose not in kept:
        received = Dossier.objects.filter(received_by=officer_id, received_at__gt=now - _LATELY)
        often = (
            received.order_by()
            .values("procedure")
            .annotate(times=Count("pk"))
            .order_by("-times", "procedure")
        )
        found = [catalogue.get(row["procedure"]) for row in often[:_FAVORITES]]
        kept[whose] = (
            filled(
                '<optgroup label="{}">{}</optgroup>\n',
                _("Hay tiếp nhận"),
                _as_options(one for one in found if one),
            )
            if any(found)
            else mark_safe("")  # nosec B308 # nothing
        )
    return kept[whose]


def _as_options(procedures: Iterable[Procedure]) -> SafeString:
    return filled_each(
        "\n", '<option value="{}">{} ({})</option>', ((one.pk, one.name, one.code) for one in procedures)
    )
