"""Markup that is filled with values: what is text stays text."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from motcua.web.markup import filled, filled_each

_HOSTILE = "\"><script>alert('&')</script>"


@pytest.mark.parametrize(
    "value",
    [
        _HOSTILE,
        mark_safe("<b>"),
        gettext_lazy("Tìm"),
        gettext_lazy(_HOSTILE),
        mark_safe("<b>") + _HOSTILE,
        _HOSTILE + mark_safe("<b>"),
        0,
        None,
        "",
    ],
)
def test_a_value_is_escaped_as_the_framework_escapes_it(value: Any) -> None:
    pattern = '<td title="{}">{}</td>'

    assert filled(pattern, value, value) == format_html(pattern, value, value)
    rows = [(value, _HOSTILE), ("x", value)]
    assert filled_each("\n", pattern, rows) == format_html_join("\n", pattern, rows)


def test_what_is_filled_is_markup_and_not_escaped_again() -> None:
    inner = filled("<b>{}</b>", "<i>")

    assert filled("<p>{}</p>", inner) == "<p><b>&lt;i&gt;</b></p>"
