"""The light of the register on a page: one small piece that says how the register answers.

The markup is made here and not in a template because three busy pages carry it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from motcua.verification.service import Light, LineStatus, line_status
from motcua.web.markup import filled
from motcua.web.templatetags.motcua import short_moment

register = template.Library()

# What was heard longer ago than this is told with its time.
FRESH: Final = timedelta(minutes=2)
_SWAPPED: Final = mark_safe(' hx-swap-oob="true"')  # nosec B308 # fixed
_REFRESHED: Final = ' hx-get="{}" hx-trigger="refresh" hx-swap="outerMorph" data-refresh="30"'


@register.simple_tag
def register_light(
    status: LineStatus | None = None,
    *,
    is_swapped: bool = False,
    is_refreshed: bool = False,
    in_full: bool = False,
) -> SafeString:
    """Return the light, a link to the page that says more; one query by key, none when the page already knows.

    Args:
        status: what the page knows better than what is kept, because it has just asked itself.
        is_swapped: the light is sent along with another part and takes its own place on the page.
        is_refreshed: the page stays open for long, so the light asks for itself anew every half minute.
        in_full: the register's name without its abbreviation, for citizens.
    """
    now = timezone.now()
    status = status or line_status(now=now)
    return filled(
        '<div class="light {}" id="duong-truyen"{}{}><a href="{}" target="_blank" rel="noopener">{}'
        '<span class="visually-hidden"> ({})</span></a></div>',
        status.light.value,
        _SWAPPED if is_swapped else "",
        filled(_REFRESHED, reverse("light")) if is_refreshed else "",
        reverse("status"),
        words(status, now, in_full=in_full),
        _("xem tình trạng, mở trang mới"),
    )


@register.filter
def light_words(status: LineStatus) -> str:
    """Say in one line how the register answers, by the present moment."""
    return words(status, timezone.now(), in_full=True)


def words(status: LineStatus, now: datetime, *, in_full: bool = False) -> str:
    """Say in one line how the register answers: "CSDLQG về dân cư trả lời trong 0,3 giây".

    Args:
        status: the light.
        now: the moment, by which "today" and "a while ago" are judged.
        in_full: the register's name without its abbreviation.
    """
    seconds = status.seconds
    name = {"register": _("Cơ sở dữ liệu quốc gia về dân cư") if in_full else _("CSDLQG về dân cư")}
    match status.light:
        case Light.DOWN if status.since is None:
            return _("%(register)s đang gián đoạn") % name
        case Light.DOWN:
            return _("%(register)s gián đoạn từ %(since)s") % {**name, "since": short_moment(status.since)}
        case Light.SLOW if seconds is not None and seconds > settings.NPD["NPD_SLOW_SECONDS"]:
            said = _("%(register)s chậm (trả lời trong %(time)s)") % {**name, "time": duration(seconds)}
        case Light.SLOW:
            # Answers are quick, but not every question gets one.
            said = _("%(register)s trả lời chập chờn") % name
        case Light.FINE if seconds is not None:
            said = _("%(register)s trả lời trong %(time)s") % {**name, "time": duration(seconds)}
        case Light.FINE:
            said = _("%(register)s có trả lời") % name
        case _:
            said = _("%(register)s: chưa rõ tình trạng kết nối") % name
    if status.heard_at is None or now - status.heard_at <= FRESH:
        return said
    return f"{said}, {_('trả lời lần cuối lúc %(at)s') % {'at': short_moment(status.heard_at)}}"


def duration(seconds: float) -> str:
    """Write seconds as people do here: "0,3 giây", "4 giây", "chưa đến 0,1 giây"."""
    if seconds < 0.1:
        return _("chưa đến 0,1 giây")
    number = f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.1f}".removesuffix(".0").replace(".", ",")
    return _("%(number)s giây") % {"number": number}


@register.filter
def seconds(moment: datetime) -> str:
    """Write the time of a moment to the second: 09:12:05."""
    return f"{timezone.localtime(moment):%H:%M:%S}"
