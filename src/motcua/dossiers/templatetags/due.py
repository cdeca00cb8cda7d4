"""How a dossier's due date stands, on pages."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from motcua.dossiers.models import Dossier
from motcua.dossiers.time_limits import label_of
from motcua.web.markup import filled

register = template.Library()


@register.simple_tag
def due(dossier: Dossier) -> SafeString:
    """Write the badge of a dossier's due date: "Còn 2 ngày", "Quá hạn 1 ngày"; nothing where nobody waits."""
    label = label_of(dossier, now=timezone.now())
    if label is None:
        return SafeString("")
    return filled('<span class="badge {}">{}</span>', label.tone, label.text)


@register.filter
def due_moment(value: datetime | None) -> str:
    """Write a due date as slips have it: 16:30 ngày 25/11/2026, in the local time zone."""
    if value is None:
        return _("theo quy định của thủ tục")
    local = timezone.localtime(value)
    return _("%(time)s ngày %(date)s") % {"time": f"{local:%H:%M}", "date": f"{local:%d/%m/%Y}"}
