"""Charts as SVG within the page: no script, no style of their own, and readable at every width.

They are for those who see, and say no more than the table beside them: a sentence stands for each to everybody else.
Positions are percentages and letters are not scaled, so that a chart on a phone reads like one on a screen. Nothing is
told by colour alone: bars have numbers, and what is late is also thicker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from motcua.figures.words import percent
from motcua.web.markup import filled, filled_each
from motcua.web.templatetags.motcua import whole

_TOP, _GROUND, _HEIGHT = 20, 116, 136  # pixels: of the highest bar, of all bars' feet, of the chart
_MOST_NUMBERED: Final = 16  # bars; of more only the highest has its number
_ROOMY: Final = 7  # bars; more have no number on a phone
_LABELS: Final = 8  # below a chart
_BAR: Final = 0.72  # of its place


def columns(
    heading: str,
    values: Sequence[float],
    labels: Sequence[str],
    *,
    is_share: bool = False,
    alarm: float | None = None,
) -> SafeString:
    """Draw a column for each value.

    Args:
        heading: what they are, for the sentence.
        values: none below 0.
        labels: what each is of, such as days; as many.
        is_share: they are percentages; then the highest column that could be is 100.
        alarm: from which value on a column is drawn as a trouble, with its number.
    """
    write = percent if is_share else (lambda value: whole(round(value)))
    highest = max(values, default=0)
    ceiling = 100 if is_share else highest or 1
    place = 100 / max(1, len(values))
    every = -(-len(values) // _LABELS)
    is_dense = len(values) > _ROOMY
    bars = []
    for number, value in enumerate(values):
        is_alarming = alarm is not None and value >= alarm
        height = round((_GROUND - _TOP) * value / ceiling, 1)
        left, middle = number * place + place * (1 - _BAR) / 2, (number + 0.5) * place
        if value:
            bars.append(
                filled(
                    '<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"/>',
                    "bad" if is_alarming else "plain",
                    _short(left), _GROUND - max(height, 1), _short(place * _BAR), max(height, 1),
                )
            )  # fmt: skip
            is_peak = value == highest and number == list(values).index(highest)
            if is_peak or len(values) <= _MOST_NUMBERED:
                bars.append(
                    filled(
                        '<text class="value{}" x="{}%" y="{}"{}>{}</text>',
                        " more" if is_dense and not is_peak else "",
                        _short(middle), _GROUND - max(height, 1) - 5, _anchor(middle), write(value),
                    )
                )  # fmt: skip
        if number % every == 0:
            is_more = number // every % 2 and len(values) > _LABELS // 2
            bars.append(
                filled(
                    '<text class="below{}" x="{}%" y="{}"{}>{}</text>',
                    " more" if is_more else "", _short(middle), _HEIGHT - 4, _anchor(middle), labels[number],
                )
            )  # fmt: skip
    if highest:
        peak = labels[list(values).index(highest)]
        sentence = _("%(heading)s: cao nhất %(value)s (%(label)s).") % {
            "heading": heading, "value": write(highest), "label": peak,
        }  # fmt: skip
    else:
        sentence = _("%(heading)s: không có.") % {"heading": heading}
        bars.append(
            filled('<text class="below" x="50%" y="{}">{}</text>', (_TOP + _GROUND) // 2, _("không có"))
        )
    return filled(
        '<svg class="columns" role="img" aria-label="{}"><line x1="0" x2="100%" y1="{}" y2="{}"/>{}</svg>',
        sentence, _GROUND, _GROUND, filled_each("", "{}", ((bar,) for bar in bars)),
    )  # fmt: skip


def kept_and_missed(kept: int, missed: int) -> SafeString:
    """Draw how many results came by the promised date against how many after it; nothing where there are none."""
    if not kept + missed:
        return SafeString("")
    part = 100 * kept / (kept + missed)
    sentence = _("%(share)s kịp hẹn: %(kept)s kịp, %(missed)s trễ") % {
        "share": percent(part), "kept": whole(kept), "missed": whole(missed),
    }  # fmt: skip
    return filled(
        '<svg class="stack" role="img" aria-label="{}">'
        '<rect class="good" x="0" y="5" width="{}%" height="8"/>'
        '<rect class="bad" x="{}%" y="0" width="{}%" height="18"/>'
        '</svg><span class="said" aria-hidden="true">{}</span>',
        sentence, _short(part), _short(part), _short(100 - part), sentence,
    )  # fmt: skip


def part_of(part: float | None, sentence: str) -> SafeString:
    """Draw a share as a bar of its length; nothing where there is none."""
    if part is None:
        return SafeString("")
    return filled(
        '<svg class="stack" role="img" aria-label="{}"><rect class="ground" x="0" y="3" width="100%" height="12"/>'
        '<rect class="plain" x="0" y="3" width="{}%" height="12"/></svg>'
        '<span class="said" aria-hidden="true">{}</span>',
        sentence, _short(part), sentence,
    )  # fmt: skip


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _anchor(middle: float) -> SafeString:
    """Keep the words of the outermost columns inside the chart."""
    if middle < 4:
        return filled(' text-anchor="{}"', "start")
    return filled(' text-anchor="{}"', "end") if middle > 96 else SafeString("")
