"""For administrators: checks, read and never written; and the lines to the register, between which they may choose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from motcua.identity.register import CouldNotAsk
from motcua.population.settings import SettingRefused
from motcua.verification import certificates
from motcua.verification.certificates import Certificate
from motcua.verification.models import IdentityCheck, LimitRelease, LineChoice
from motcua.verification.service import LineFacts, Mode, NoSuchLine, Route, choice, lines, use_line
from motcua.web.administration import PeriodFilter, ReadOnlyAdmin

# What happens when a line is chosen, told before it is done.
_CONSEQUENCES: Final[dict[str, Promise]] = {
    Mode.AUTO: gettext_lazy(
        "Từ lúc này mọi câu hỏi đi qua đường chính; khi đường chính gián đoạn thì tự chuyển sang đường dự phòng, "
        "rồi tự quay lại."
    ),
    Mode.PRIMARY: gettext_lazy(
        "Từ lúc này mọi câu hỏi chỉ đi qua đường chính. Nếu đường chính gián đoạn thì không kiểm tra được danh tính, "
        "kể cả khi đường dự phòng vẫn tốt."
    ),
    Mode.STANDBY: gettext_lazy(
        "Từ lúc này mọi câu hỏi chỉ đi qua đường dự phòng, kể cả khi đường chính đã tốt trở lại. "
        "Xong việc, vui lòng chuyển về tự động."
    ),
}


class _Asked(PeriodFilter):
    moment = "asked_at"


@admin.register(IdentityCheck)
class IdentityCheckAdmin(ReadOnlyAdmin):
    """Who asked about whom, masked; over which line, and which earlier question it repeats."""

    list_display = (
        "asked_at",
        "touch_point",
        "office_code",
        "procedure_code",
        "number_masked",
        "outcome",
        "reason",
        "route",
        "repeats",
    )
    list_filter = (_Asked, "touch_point", "outcome", "route", ("repeats", admin.EmptyFieldListFilter))
    search_fields = ("request_id__exact",)
    search_help_text = gettext_lazy("Nhập đúng cả mã yêu cầu.")
    list_select_related = ("asked_by", "repeats")


@admin.register(LimitRelease)
class LimitReleaseAdmin(ReadOnlyAdmin):
    """Who let whom go on after too many wrong tries, and why."""

    list_display = ("at", "officer", "released_by", "reason")
    list_select_related = ("officer", "released_by")


class ModeForm(forms.Form):
    """Which line questions take from now on."""

    mode = forms.ChoiceField(label=gettext_lazy("Mọi câu hỏi đi qua"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, has_standby: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["mode"].choices = [  # type: ignore[attr-defined]
            one for one in Mode.choices if has_standby or one[0] != Mode.STANDBY
        ]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line as the page shows it: certificates from files alone, or what is wrong with the files."""

    facts: LineFacts
    certificates: list[tuple[Certificate, str]]
    problem: str = ""


@admin.register(LineChoice)
class LinesAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The page of the lines: how each stands, until when its certificates hold, and which one is taken."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one choice, always."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one choice, always."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the lines; posted, ask whether the change is meant, and when confirmed make it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        now = timezone.now()
        stand = lines(now=now)
        has_standby = any(one.route is Route.STANDBY for one in stand)
        chosen = choice()
        posted = request.POST if request.method == "POST" else None
        form = ModeForm(posted, initial={"mode": chosen.mode}, has_standby=has_standby)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": self.model._meta.verbose_name_plural,
            "opts": self.model._meta,
            "form": form,
            "chosen": chosen,
            "mode": Mode(chosen.mode).label,
        }
        if form.is_valid():
            mode = Mode(form.cleaned_data["mode"])
            if "confirmed" not in request.POST:
                context |= {"wished": mode, "consequence": _CONSEQUENCES[mode]}
                return TemplateResponse(request, "verification/admin_lines_confirm.html", context)
            return self._chosen(request, mode, now)
        context |= {"lines": [_line(one, now) for one in stand], "has_standby": has_standby}
        return TemplateResponse(request, "verification/admin_lines.html", context)

    def _chosen(self, request: HttpRequest, mode: Mode, now: datetime) -> HttpResponse:
        try:
            use_line(mode=mode, by=request.user, now=now)  # type: ignore[arg-type]
        except NoSuchLine:
            messages.error(request, _("Đường dự phòng chưa được khai báo (NPD_STANDBY_TRANSPORT)."))
        else:
            messages.success(request, _("Đã chọn: %(mode)s.") % {"mode": mode.label})
        return redirect("admin:verification_linechoice_changelist")

    def change_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """There is one choice and one page for it."""
        return redirect("admin:verification_linechoice_changelist")


def _line(facts: LineFacts, now: datetime) -> _Line:
    try:
        held, due = certificates.ours(facts.route, now), certificates.running_out(facts.route, now)
    except CouldNotAsk as refusal:
        return _Line(facts, [], refusal.detail)
    except SettingRefused as refusal:
        return _Line(facts, [], str(refusal))
    return _Line(facts, [(one, urgency(one) if one in due else "") for one in held])


def urgency(certificate: Certificate) -> str:
    """Say how urgent the renewal of a certificate is: "over", "1", "7", "14", "30" (days), or nothing."""
    if certificate.is_over:
        return "over"
    passed = [days for days in certificates.WARNED_AT if certificate.days <= days]
    return str(min(passed)) if passed else ""
