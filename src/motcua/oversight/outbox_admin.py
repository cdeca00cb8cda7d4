"""What other systems are told, as administrators see it: never what is said; what was given up may be sent again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from motcua.accounts.access import user_of
from motcua.outbox.models import Parcel, Pause
from motcua.oversight.sending_again import Again, send_given_up_again
from motcua.web.administration import ReadOnlyAdmin


class HowItStands(admin.SimpleListFilter):
    """Choose those that wait, were taken, or were given up."""

    title = gettext_lazy("Tình trạng")
    parameter_name = "tinh-trang"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [
            ("cho", gettext_lazy("Đang chờ")),
            ("xong", gettext_lazy("Bên kia đã nhận")),
            ("thoi", gettext_lazy("Đã thôi gửi")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Parcel]) -> QuerySet[Parcel]:
        """Narrow the list."""
        chosen = {
            "cho": Parcel.WAITING,
            "xong": Parcel.TAKEN,
            "thoi": Parcel.GIVEN_UP,
        }
        value = self.value()
        return queryset.filter(chosen[value]) if value in chosen else queryset


@admin.register(Parcel)
class ParcelAdmin(ReadOnlyAdmin):
    """Parcels: for whom, about what, how often tried, and what is in the way."""

    list_display = (
        *("made_at", "topic", "about", "number", "tries", "problem", "not_before", "taken_at", "given_up_at"),
    )
    list_filter = ("topic", HowItStands)
    search_fields = ("about",)
    ordering = ("-id",)
    fields = ("message_id", *list_display)
    actions = ("bring_again", "bring_all_again")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Parcel]:
        """Return the rows without what they say."""
        return super().get_queryset(request).defer("content")

    @admin.action(description=gettext_lazy("Gửi lại những tin đã thôi gửi"))
    def bring_again(self, request: HttpRequest, queryset: QuerySet[Parcel]) -> None:
        """Let what was given up wait for its courier again; the rest of what was chosen stays as it is."""
        self._send(request, queryset)

    @admin.action(description=gettext_lazy("Gửi lại tất cả tin đã thôi gửi đến cùng hệ thống"))
    def bring_all_again(self, request: HttpRequest, queryset: QuerySet[Parcel]) -> None:
        """Do it with everything that was given up for the systems of what was chosen."""
        topics = set(queryset.order_by().values_list("topic", flat=True))
        self._send(request, Parcel.objects.filter(topic__in=topics))

    def _send(self, request: HttpRequest, parcels: QuerySet[Parcel]) -> None:
        again = send_given_up_again(parcels, by=user_of(request), now=timezone.now())
        if again.sent:
            text = ngettext("%(count)d tin sẽ được gửi lại.", "%(count)d tin sẽ được gửi lại.", again.sent)
            self.message_user(request, text % {"count": again.sent}, messages.SUCCESS)
        if again.forgotten:
            text = ngettext(
                "%(count)d tin không gửi lại được: nội dung đã được xóa khi hết thời hạn lưu.",
                "%(count)d tin không gửi lại được: nội dung đã được xóa khi hết thời hạn lưu.",
                again.forgotten,
            )
            self.message_user(request, text % {"count": again.forgotten}, messages.WARNING)
        if again == Again():
            text = _("Trong các tin đã chọn không có tin nào đã thôi gửi.")
            self.message_user(request, text, messages.WARNING)


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    """Systems that are out of reach now, since when, and when they are tried again."""

    list_display = ("topic", "since", "problem", "failures", "until")
