"""How values are written on pages."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.utils import formats, timezone
from django.utils.translation import gettext

from motcua.identity.birth import BirthDate
from motcua.identity.claims import Contradiction
from motcua.web import fields

register = template.Library()


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
def moment(value: datetime | None) -> str:
    """Write a moment: 08:31 23/11/2026, in the local time zone."""
    return f"{_local(value):%H:%M %d/%m/%Y}" if value else ""


@register.filter
def clock(value: datetime | None) -> str:
    """Write the time of a moment: 08:31, in the local time zone."""
    return f"{_local(value):%H:%M}" if value else ""


@register.filter
def contradiction_text(value: Contradiction) -> str:
    """Write what a number's digits say otherwise than the person."""
    return fields.contradiction_text(value)


@register.filter
def kind(field: BoundField) -> str:
    """Say which control a form field is shown as."""
    widget = field.field.widget
    match widget:
        case _ if widget.is_hidden:
            return "hidden"
        case forms.CheckboxInput():
            return "checkbox"
        case forms.CheckboxSelectMultiple():
            return "checkboxes"
        case forms.RadioSelect():
            return "radio"
        case forms.Select():
            return "select"
        case forms.Textarea():
            return "textarea"
        case _:
            return str(getattr(widget, "input_type", "text"))


@register.filter
def shown_value(field: BoundField) -> Any:
    """Return what stands in a text field: what was typed, as it was typed, or the initial value."""
    value = field.value()
    if isinstance(value, date | datetime | time):
        return formats.localize_input(value)
    return "" if value is None else value


@register.filter
def problems(field: BoundField) -> list[dict[str, str]]:
    """Return what is wrong with a field: "text", and for a name "suggestion" and "typed" (which may be kept)."""
    found = []
    for error in field.errors.as_data():
        params = error.params or {}
        text = " ".join(error.messages)
        if text == forms.Field.default_error_messages["required"]:
            text = gettext("Vui lòng điền mục “%(label)s”.") % {"label": field.label}
        found.append(
            {"text": text, "suggestion": params.get("suggestion") or "", "typed": params.get("typed") or ""}
        )
    return found


@register.filter
def kept_name(field: BoundField) -> str:
    """Return the name that was said to be kept as typed, for the form to say so again; empty otherwise."""
    value = field.data if field.form.is_bound else None
    return value if isinstance(value, fields.KeptName) else ""


@register.filter
def target(field: BoundField) -> str:
    """Return the id that a link to a field leads to."""
    return field.auto_id if kind(field) in {"radio", "checkboxes"} else field.id_for_label


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value
