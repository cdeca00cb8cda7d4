"""How values are written on pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from motcua.identity.birth import BirthDate
from motcua.identity.claims import Contradiction
from motcua.web import fields, markup

register = template.Library()
register.simple_tag(markup.field)
register.filter(markup.problems)
register.filter(markup.target)


@register.simple_tag
def fixed(name: str) -> str:
    """Return a part of pages that says the same whoever looks: a process makes it once in each language."""
    return render_to_string(name) if settings.DEBUG else _fixed(name, get_language())


@lru_cache(maxsize=64)
def _fixed(name: str, _language: str | None) -> str:
    return render_to_string(name)


@register.filter
def birth(value: BirthDate | str | None) -> str:
    """Write a date of birth, given as a BirthDate or as "1985-03-07" or "1950", the way people do: 07/03/1985, 1950."""
    if not value:
        return ""
    if isinstance(value, BirthDate):
        return value.as_text()
    return "/".join(reversed(value.split("-")))


@register.filter
def money(value: int | None) -> str:
    """Write a sum of đồng: 1.234.567 đ."""
    return "" if value is None else f"{value:,} đ".replace(",", ".")


@register.filter
def whole(value: int) -> str:
    """Write a number of things: 1.234."""
    return f"{value:,}".replace(",", ".")


@register.filter
def moment(value: datetime | None) -> str:
    """Write a moment: 08:31 23/11/2026, in the local time zone."""
    return f"{_local(value):%H:%M %d/%m/%Y}" if value else ""


@register.filter
def clock(value: datetime | None) -> str:
    """Write the time of a moment: 08:31, in the local time zone."""
    return f"{_local(value):%H:%M}" if value else ""


@register.filter
def short_moment(value: datetime | None) -> str:
    """Write a moment that is mostly of today: 08:31, or 08:31 ngày 22/11/2026, in the local time zone."""
    if not value or _local(value).date() == timezone.localdate():
        return clock(value)
    return _("%(time)s ngày %(date)s") % {"time": clock(value), "date": f"{_local(value):%d/%m/%Y}"}


@register.filter
def options(choices: Iterable[tuple[object, object, bool]]) -> SafeString:
    """Return a select's options, each of value, label and whether it is chosen; a loop would cost a template dearly."""
    made = ((value, mark_safe(" selected") if chosen else "", label) for value, label, chosen in choices)  # nosec B308 # ours
    return markup.filled_each("", '<option value="{}"{}>{}</option>', made)


@register.filter
def contradiction_text(value: Contradiction) -> str:
    """Write what a number's digits say otherwise than the person."""
    return fields.contradiction_text(value)


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value
