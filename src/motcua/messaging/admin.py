"""The administrators' pages: what messages say, with a look at what people read, and the mailbox of a trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from motcua.messaging import service
from motcua.messaging.channels import couriers, mailbox_is_open
from motcua.messaging.forms import TextForm
from motcua.messaging.kinds import PLACEHOLDERS, Channel
from motcua.messaging.models import Mailbox, Template
from motcua.messaging.service import Text
from motcua.messaging.wording import MOST_SEGMENTS, segments

_A_PAGE: Final = 25


@dataclass(frozen=True, slots=True)
class _Preview:
    """What somebody would read, and for an SMS how long it is."""

    subject: str
    body: str
    problems: Sequence[object]
    count: int = 0
    length: int = 0
    most: int = MOST_SEGMENTS


@admin.register(Template)
class TemplatesAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """All messages on one page, each with a page of its own; none is added or removed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """What there is to tell is fixed; only the words are not."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A text is restored, not deleted."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the page of one message."""
        guard = self.admin_site.admin_view
        return [path("<str:code>/sua/", guard(self.edit), name="messaging_edit"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what every message says, and by which ways messages go out."""
        self._insist(request)
        open_to = couriers()
        told = {
            "texts": service.texts(),
            "closed": [channel.label for channel in Channel if channel.value not in open_to],
            "has_mailbox": mailbox_is_open(),
        }
        return self._shown(request, "list", str(self.model._meta.verbose_name_plural), **told)

    def change_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Each message has its page under its name."""
        return redirect("admin:messaging_template_changelist")

    def edit(self, request: HttpRequest, code: str) -> HttpResponse:
        """Show one message and what somebody would read; posted, look at it, keep it, or restore it."""
        self._insist(request)
        text = service.text_of(code)
        if text is None:
            raise Http404
        if request.method != "POST":
            return self._page(request, text, TextForm(text=text), text.subject, text.body)
        now = timezone.now()
        if "restore" in request.POST:
            service.restore_text(text, by=request.user, now=now)
            messages.success(request, _("Đã khôi phục mẫu gốc."))
            return redirect("admin:messaging_edit", code)
        form = TextForm(request.POST, text=text)
        subject, body = request.POST.get("subject", ""), request.POST.get("body", "")
        if "save" not in request.POST or not form.is_valid():
            form.is_valid()
            return self._page(request, text, form, subject, body)
        service.change_text(text, **form.cleaned_data, by=request.user, now=now)
        messages.success(request, _("Đã lưu mẫu tin."))
        return redirect("admin:messaging_edit", code)

    def _page(
        self, request: HttpRequest, text: Text, form: TextForm, subject: str, body: str
    ) -> HttpResponse:
        problems = list(form.non_field_errors()) if form.is_bound else []
        read = service.example(text, subject=subject, body=body)
        count, length = segments(read[1]) if text.channel == Channel.SMS else (0, 0)
        told = {
            "text": text,
            "form": form,
            "preview": _Preview(*read, problems, count, length),
            "placeholders": [(f"{{{name}}}", PLACEHOLDERS[name]) for name in text.kind.placeholders],
        }
        if request.headers.get("HX-Request"):
            return TemplateResponse(request, "messaging/admin/_preview.html", told)
        title = f"{text.kind.label}: {text.channel.label}"
        return self._shown(request, "edit", title, **told)

    def _insist(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied

    def _shown(self, request: HttpRequest, name: str, title: str, /, **told: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.model._meta, **told}
        return TemplateResponse(request, f"messaging/admin/{name}.html", context)


def mailbox(request: HttpRequest) -> HttpResponse:
    """Show the messages of a trial, the newest first; there is no such page where messages really go out."""
    if not mailbox_is_open():
        raise Http404
    page = Paginator(Mailbox.objects.all(), _A_PAGE).get_page(request.GET.get("trang"))
    context = {
        **admin.site.each_context(request),
        "title": Mailbox._meta.verbose_name_plural,
        "opts": Mailbox._meta,
        "page": page,
    }
    return TemplateResponse(request, "messaging/admin/mailbox.html", context)
