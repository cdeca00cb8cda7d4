"""The markup of form fields and of what is wrong with them.

It is made here and not in templates because a page has many fields, and a template takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from html import escape
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import formats
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from motcua.sealing import BrokenSeal
from motcua.web.fields import KeptName

_STAR = mark_safe('<span class="star" aria-hidden="true"> *</span>')  # nosec B308 # fixed
# The first button of a form is the one that Enter presses: it must not be the suggestion.
_FIRST_BUTTON = mark_safe('<button class="visually-hidden" tabindex="-1" aria-hidden="true"></button>\n')  # nosec B308 # fixed


def escaped(value: Any) -> str:
    """Return a value as it stands in a page: what is markup stays, all else is text.

    Django's ``conditional_escape`` first asks of every text whether it is lazy, which takes most of a list's time.
    """
    if hasattr(value, "__html__"):
        return str(value.__html__())
    return escape(str(value))


def filled(pattern: str, *values: Any) -> SafeString:
    """Return a pattern with its places filled, as ``format_html`` does.

    Args:
        pattern: markup of ours.
        values: texts, which are escaped, or markup.
    """
    return SafeString(pattern.format(*map(escaped, values)))  # nosec B703 # values are escaped


def filled_each(between: str, pattern: str, rows: Iterable[Sequence[Any]]) -> SafeString:
    """Return a pattern filled for each row, as ``format_html_join`` does.

    Args:
        between: markup of ours, between two rows.
        pattern: markup of ours.
        rows: of each its texts, which are escaped, or markup.
    """
    each = [pattern.format(*map(escaped, row)) for row in rows]
    return SafeString(between.join(each))  # nosec B703 # values are escaped


def opened(name: Any) -> str:
    """Return a sealed name as text; one that no key opens does not take a whole list away."""
    try:
        return str(name)
    except BrokenSeal:
        return _("(không đọc được)")


def field(
    bound: BoundField, *, help: Any = "", width: str = "", autocomplete: str = "", inputmode: str = ""
) -> SafeString:
    """Return a form field whole: label, help, errors, control.

    Args:
        bound: the field; what its widget's attributes say goes into the control.
        help: what stands under the label, instead of the field's own help text.
        width: the control's width in characters.
        autocomplete: the control's ``autocomplete``, over the widget's.
        inputmode: the control's ``inputmode``, over the widget's.
    """
    kind = kind_of(bound)
    if kind == "hidden":
        return bound.as_widget()
    found = problems(bound)
    help = help or bound.help_text
    notes = _notes(bound, help, found)
    wrong = mark_safe(" wrong") if found else ""  # nosec B308 # fixed
    label, star = bound.label, _star(bound)
    if kind in {"radio", "checkboxes"}:
        identity = _attributes({"id": bound.auto_id, "tabindex": "-1" if found else None})
        return filled(
            '<fieldset class="field{}"{}>\n<legend>{}{}</legend>\n{}{}</fieldset>\n',
            wrong, identity, label, star, notes, _choices(bound, kind),
        )  # fmt: skip
    attributes = {"id": bound.id_for_label, "name": bound.html_name}
    more = bound.field.widget.attrs | _states(bound, help, found)
    more |= {name: said for name, said in (("autocomplete", autocomplete), ("inputmode", inputmode)) if said}
    if kind == "checkbox":
        box = _attributes({"type": kind, **attributes, "checked": bool(bound.value()), **more})
        return filled(
            '<div class="field choice{}">\n<input{}>\n<label for="{}">{}{}</label>\n{}</div>\n',
            wrong, box, bound.id_for_label, label, star, notes,
        )  # fmt: skip
    match kind:
        case "select":
            control = filled("<select{}>{}</select>", _attributes(attributes | more), _options(bound))
        case "textarea":
            control = filled(
                "<textarea{}>\n{}</textarea>", _attributes(attributes | more), shown_value(bound)
            )
        case _:
            is_secret = kind in {"password", "file"}
            own = {
                "type": kind,
                **attributes,
                "value": None if is_secret else shown_value(bound),
                "size": width or None,
                "multiple": kind == "file" and getattr(bound.field.widget, "allow_multiple_selected", False),
            }
            control = filled("<input{}>", _attributes(own | more))
    return filled(
        '<div class="field{}">\n<label for="{}">{}{}</label>\n{}{}\n</div>\n',
        wrong, bound.id_for_label, label, star, notes, control,
    )  # fmt: skip


def kind_of(bound: BoundField) -> str:
    """Say which control a form field is shown as."""
    widget = bound.field.widget
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


def shown_value(bound: BoundField) -> Any:
    """Return what stands in a text field: what was typed, as it was typed, or the initial value."""
    value = bound.value()
    if isinstance(value, date | datetime | time):
        return formats.localize_input(value)
    return "" if value is None else value


def problems(bound: BoundField) -> list[dict[str, str]]:
    """Return what is wrong with a field: "text", and for a name "suggestion" and "typed" (which may be kept)."""
    found = []
    for error in bound.errors.as_data():
        params = error.params or {}
        text = " ".join(error.messages)
        if text == forms.Field.default_error_messages["required"]:
            text = _("Vui lòng điền mục “%(label)s”.") % {"label": bound.label}
        found.append(
            {"text": text, "suggestion": params.get("suggestion") or "", "typed": params.get("typed") or ""}
        )
    return found


def target(bound: BoundField) -> str:
    """Return the id that a link to a field leads to."""
    return str(bound.auto_id if kind_of(bound) in {"radio", "checkboxes"} else bound.id_for_label)


def _star(bound: BoundField) -> SafeString:
    if bound.field.required:
        return _STAR
    return filled('<span class="optional"> {}</span>', _("(không bắt buộc)"))


def _states(bound: BoundField, help: Any, found: list[dict[str, str]]) -> dict[str, Any]:
    """Return what the control says of itself, for everybody's ears."""
    said_by = [f"{bound.auto_id}-{part}" for part, is_there in (("help", help), ("error", found)) if is_there]
    return {
        "disabled": bound.field.disabled,
        "aria-required": "true" if bound.field.required else None,
        "aria-invalid": "true" if found else None,
        "aria-describedby": " ".join(said_by) or None,
    }


def _notes(bound: BoundField, help: Any, found: list[dict[str, str]]) -> SafeString:
    """Return what stands between label and control: help, errors, and that a name was kept as typed."""
    parts = []
    if help:
        parts.append(filled('<p class="help" id="{}-help">{}</p>\n', bound.auto_id, help))
    if found:
        told = _joined([_told(bound, problem) for problem in found])
        parts.append(filled('<div class="error" id="{}-error">{}</div>\n', bound.auto_id, told))
    kept = bound.data if bound.form.is_bound else None
    if isinstance(kept, KeptName):
        parts.append(filled('<input type="hidden" name="{}-kept" value="{}">', bound.html_name, kept))
    return _joined(parts)


def _told(bound: BoundField, problem: dict[str, str]) -> SafeString:
    """Return one error, with the buttons of a suggestion."""
    text = filled("<p>{}</p>\n", problem["text"])
    if not problem["suggestion"]:
        return text
    take = filled(
        '<button class="suggestion" name="{0}-suggestion" value="{1}" data-fill="{2}">{1}</button>?',
        bound.html_name, problem["suggestion"], bound.id_for_label,
    )  # fmt: skip
    keep = problem["typed"] and filled(
        '\n<button class="suggestion keep" name="{}-kept" value="{}">{}</button>',
        bound.html_name, problem["typed"], _("Giữ nguyên như đã gõ"),
    )  # fmt: skip
    asked = filled("<p>{} {}{}</p>", _("Có phải ông/bà muốn nhập"), take, keep)
    return _joined([text, _FIRST_BUTTON, asked])


def _choices(bound: BoundField, kind: str) -> SafeString:
    control = "radio" if kind == "radio" else "checkbox"
    return filled_each(
        "",
        '<div class="choice">\n<input{}>\n<label for="{}">{}</label>\n</div>\n',
        (
            (
                _attributes(
                    {
                        "type": control,
                        "id": option.id_for_label,
                        "name": option.data["name"],
                        "value": option.data["value"],
                        "checked": option.data["selected"],
                    }
                ),
                option.id_for_label,
                option.data["label"],
            )
            for option in bound
        ),
    )


def _options(bound: BoundField) -> SafeString:
    return filled_each(
        "\n",
        "<option{}>{}</option>",
        (
            (
                _attributes({"value": option.data["value"], "selected": option.data["selected"]}),
                option.data["label"],
            )
            for option in bound
        ),
    )


def _attributes(values: dict[str, Any]) -> SafeString:
    """Return the attributes of a tag: True stands alone, None and False are left out.

    Django's own flatatt takes six times as long.
    """
    written = [
        f" {name}" if value is True else f' {name}="{escaped(value)}"'
        for name, value in values.items()
        if value is not None and value is not False
    ]
    return mark_safe("".join(written))  # noqa: S308  # nosec B308, B703 # names are ours, values are escaped


def _joined(parts: list[SafeString]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308  # nosec B308, B703 # every part is safe
