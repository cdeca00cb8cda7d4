"""Offices, users and citizens for administrators; no number is ever shown in clear."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import Group  # type: ignore[attr-defined]  # which registers it first
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from motcua.accounts import second_factor, service
from motcua.accounts.access import user_of
from motcua.accounts.forms import PasswordField, password_errors
from motcua.accounts.models import Citizen, DayChange, Notice, Office, User
from motcua.accounts.office_forms import HOURS_FIELDS, HOURS_HELP, DayChangeForm, OfficeForm
from motcua.accounts.offices import forget
from motcua.accounts.recording import record_administered
from motcua.accounts.rights import Right, may
from motcua.accounts.rights_table import OFFICIALS, heads, rights_of, rows
from motcua.audit.service import record
from motcua.identity.numbers import NumberRefused, parse_number
from motcua.web.administration import ReadOnlyAdmin, SharedAdmin

OWN_PASSWORD: Final = _(
    "Mật khẩu của chính mình được đổi ở “Tài khoản của tôi”, nơi hệ thống hỏi mật khẩu hiện tại."
)
OWN_FACTOR: Final = _(
    "Xác thực hai bước của chính mình không tắt ở đây. Vui lòng bấm “Đổi điện thoại” ở “Tài khoản của tôi”, hoặc nhờ "
    "quản trị khác."
)


# The role of a user says what they may do; groups would say it a second time.
admin.site.unregister(Group)


@admin.register(Office)
class OfficeAdmin(SharedAdmin):
    """Offices in their tree, each with its hours; every change is an event."""

    form = OfficeForm
    list_display = ("code", "name", "kind", "parent", "is_active")
    list_filter = ("kind", "is_active")
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ("parent",)
    search_fields = ("code", "name")
    fieldsets = (
        (None, {"fields": ("code", "name", "kind", "parent", "is_active")}),
        (_("Trên phiếu"), {"fields": ("place", "address", "phone")}),
        (_("Giờ làm việc"), {"fields": HOURS_FIELDS, "description": HOURS_HELP}),
    )

    def locked(self, pk: int) -> Office:
        """Lock them all in one order, as ``fits_under`` does: of two who save, none waits for the other's second."""
        tree = Office.objects.select_for_update(no_key=True).order_by("pk")
        return next(office for office in tree if office.pk == pk)

    def save_model(self, request: HttpRequest, obj: Office, form: OfficeForm, change: bool) -> None:
        """Save, and say what was changed."""
        super().save_model(request, obj, form, change)
        _changed(request, obj.code, form.changed_data)

    def has_delete_permission(self, request: HttpRequest, obj: Office | None = None) -> bool:
        """Refuse: dossiers point to offices; take them out of use instead."""
        return False


@admin.register(DayChange)
class DayChangeAdmin(SharedAdmin):
    """Days off and make-up days that the country's calendar does not know; every change is an event."""

    form = DayChangeForm
    list_display = ("on", "is_working", "office", "note")
    list_filter = ("is_working", "office")
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ("office",)
    date_hierarchy = "on"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; an address that names no year of any calendar leads to the whole of it."""
        try:
            return super().changelist_view(request, extra_context)
        except OverflowError:
            return redirect("admin:accounts_daychange_changelist")

    def save_model(self, request: HttpRequest, obj: DayChange, form: DayChangeForm, change: bool) -> None:
        """Save, and tell what does not change by it."""
        super().save_model(request, obj, form, change)
        _changed(request, obj.office.code if obj.office else "", ["days"])
        if obj.on < timezone.localdate():  # mostly last year's number, typed for the year to come
            text = _(
                "Ngày %(day)s đã qua. Nếu là ngày của năm sau, vui lòng sửa lại năm. Ngày hẹn đã ghi trên phiếu không "
                "đổi."
            )
            self.message_user(request, text % {"day": f"{obj.on:%d/%m/%Y}"}, messages.WARNING)
            return
        self.message_user(
            request,
            _("Hồ sơ tiếp nhận từ bây giờ tính theo ngày này. Ngày hẹn đã ghi trên phiếu không đổi."),
            messages.INFO,
        )

    def delete_model(self, request: HttpRequest, obj: DayChange) -> None:
        """Delete, as an event."""
        _changed(request, obj.office.code if obj.office else "", ["days"])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[DayChange]) -> None:
        """Delete many, each as an event."""
        with transaction.atomic():
            for one in queryset.select_related("office"):
                self.delete_model(request, one)


def _changed(request: HttpRequest, office_code: str, names: list[str]) -> None:
    record(
        name="office.changed",
        now=timezone.now(),
        actor=user_of(request),
        office_code=office_code,
        subject=office_code,
        details={"changed": names},
    )
    transaction.on_commit(forget)


class OfficerForm(forms.ModelForm):  # type: ignore[type-arg]
    """An officer or administrator; the own number can be replaced and never read back."""

    new_officer_number = forms.CharField(
        label=_("Số định danh của cán bộ (MaCanBo)"),
        required=False,
        max_length=20,
        help_text=_("Để trống thì giữ nguyên. Số đã lưu không hiển thị lại."),
    )
    new_gateway_key = forms.CharField(
        label=_("Tài khoản của cán bộ trên nền tảng LGSP"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Dạng tên:mật-khẩu. Để trống thì giữ nguyên. Giá trị đã lưu không hiển thị lại."),
    )
    forget_gateway_key = forms.BooleanField(
        label=_("Xóa tài khoản trên nền tảng LGSP đã lưu"), required=False
    )
    new_password = PasswordField(label=_("Mật khẩu mới"), autocomplete="new-password", required=False)
    also_roles = forms.MultipleChoiceField(
        label=_("Kiêm nhiệm"),
        required=False,
        choices=[(role.value, role.label) for role in OFFICIALS if role is not User.Role.ADMINISTRATOR],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Quyền của các vai trò cộng lại. Quản trị hệ thống không kiêm nhiệm việc hồ sơ."),
    )

    by: User | None = None  # whose page it is

    class Meta:
        model = User
        fields = (
            "login", "role", "also_roles", "full_name", "office", "is_active", "may_query", "npd_officer_code",
        )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["new_password"].help_text = _("Để trống thì giữ nguyên.")

    def clean(self) -> dict[str, Any]:
        """Ask for the office that whoever handles dossiers works at, and judge the password by its owner."""
        cleaned = super().clean() or self.cleaned_data
        role, beside = cleaned.get("role"), cleaned.get("also_roles", [])
        cleaned["also_roles"] = [one for one in beside if one != role]
        if role == User.Role.ADMINISTRATOR and beside:
            self.add_error(
                "also_roles",
                _("Quản trị hệ thống không kiêm nhiệm việc hồ sơ. Vui lòng bỏ chọn các vai trò này."),
            )
        if role and may(User(role=role), Right.SEE_DOSSIERS) and not cleaned.get("office"):
            self.add_error("office", _("Cán bộ phải thuộc một cơ quan. Vui lòng chọn cơ quan."))
        password = cleaned.get("new_password")
        if password and self.by is not None and self.by.pk == self.instance.pk:
            self.add_error("new_password", OWN_PASSWORD)
        elif password:
            owner = User(full_name=cleaned.get("full_name", ""), totp_since=self.instance.totp_since)
            for error in password_errors(password, owner):
                self.add_error("new_password", error)
        return cleaned

    def clean_new_officer_number(self) -> str:
        """Read the number, if one was typed."""
        typed = self.cleaned_data["new_officer_number"]
        if not typed:
            return ""
        try:
            number = parse_number(typed)
        except NumberRefused:
            raise forms.ValidationError(_("Vui lòng nhập đủ 12 chữ số.")) from None
        if not number.is_personal_number:
            raise forms.ValidationError(_("Vui lòng nhập đủ 12 chữ số."))
        return number.digits

    def clean_new_gateway_key(self) -> str:
        """Insist on both halves of the key, if one was typed."""
        typed: str = self.cleaned_data["new_gateway_key"]
        name, colon, password = typed.partition(":")
        if typed and not (name and colon and password):
            raise forms.ValidationError(_("Vui lòng nhập theo dạng tên:mật-khẩu."))
        return typed

    def save(self, commit: bool = True) -> User:
        """Keep what was typed anew."""
        if self.cleaned_data["new_gateway_key"] or self.cleaned_data["forget_gateway_key"]:
            self.instance.gateway_key = self.cleaned_data["new_gateway_key"]
        if self.cleaned_data["new_officer_number"]:
            self.instance.officer_number = self.cleaned_data["new_officer_number"]
        if self.cleaned_data["new_password"]:
            self.instance.set_password(self.cleaned_data["new_password"])
        elif not self.instance.pk:
            self.instance.set_unusable_password()
        self.instance.is_superuser = self.instance.role == User.Role.ADMINISTRATOR
        user: User = super().save(commit)
        return user


class NarrowedByFilters(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list that an address narrows by its filters alone.

    Django takes any column of the row besides: passwords could be guessed sign by sign, and people be found by a
    telephone number that then stands in an address.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Say whether the list has a filter of this column, and nothing of what stands behind it is asked for."""
        is_filter = lookup.partition("__")[0] in self.list_filter
        return is_filter and super().lookup_allowed(lookup, value, request)


@admin.register(User)
class UserAdmin(NarrowedByFilters, SharedAdmin):
    """Officers, supervisors and administrators."""

    form = OfficerForm
    list_display = (
        "login", "full_name", "role", "office", "is_active", "may_query", "has_second_factor", "last_login",
        "asleep_since",
    )  # fmt: skip
    sortable_by = (
        "login",
        "role",
        "office",
        "is_active",
        "may_query",
        "last_login",
        "asleep_since",
    )  # no name
    list_filter = ("role", "office", "is_active", "may_query")
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ("office",)
    show_full_result_count = False
    list_per_page = 25
    search_fields = ("login",)  # never by name: a search stands in the address
    actions = ("wake", "switch_second_factor_off")
    readonly_fields = ("what_it_allows",)

    def get_form(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Let the form know who looks at it."""
        form = super().get_form(request, *args, **options)
        form.by = user_of(request)
        return form

    @admin.display(description=_("Được làm"))
    def what_it_allows(self, user: User) -> SafeString:
        """List what the saved roles allow, and lead to the whole table."""
        lines = format_html_join("", "<li>{} ({})</li>", rights_of(user) if user.pk else [])
        page = reverse("admin:accounts_rights")
        return format_html('<ul>{}</ul><a href="{}">{}</a>', lines, page, _("Bảng phân quyền"))

    def get_urls(self) -> list[Any]:
        """Add the table of rights."""
        page = self.admin_site.admin_view(self.show_rights)
        return [path("bang-phan-quyen/", page, name="accounts_rights"), *super().get_urls()]

    def show_rights(self, request: HttpRequest) -> HttpResponse:
        """Show the one table of rights, as the product keeps to it."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Bảng phân quyền"),
            "heads": heads(),
            "rows": rows(),
        }
        return TemplateResponse(request, "accounts/admin_rights.html", context)

    @admin.display(description=_("Xác thực hai bước"), boolean=True)
    def has_second_factor(self, user: User) -> bool:
        """Say whether the password alone does not open this account."""
        return user.has_second_factor

    @admin.action(description=_("Mở lại tài khoản tạm ngừng vì lâu không đăng nhập"), permissions=["change"])
    def wake(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Let officials whose accounts sleep log in again."""
        for user in chosen.select_related("office"):
            service.wake(user=user, by=user_of(request), now=timezone.now())
        self.message_user(request, _("Đã mở lại các tài khoản được chọn."))

    @admin.action(description=_("Tắt xác thực hai bước đã mất"), permissions=["change"])
    def switch_second_factor_off(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Switch off second factors that were lost; whoever sits at an administrator's screen not theirs."""
        by = user_of(request)
        if chosen.filter(pk=by.pk).exists():
            self.message_user(request, OWN_FACTOR, messages.ERROR)
            return
        for user in chosen.select_related("office").exclude(totp_since=None):
            second_factor.switch_off(user=user, by=by, now=timezone.now())
        self.message_user(request, _("Đã tắt xác thực hai bước của các tài khoản được chọn."))

    def save_model(self, request: HttpRequest, obj: User, form: OfficerForm, change: bool) -> None:
        """Save, and enter in the log who changed what, and what the account may do from then on."""
        super().save_model(request, obj, form, change)
        changed = form.changed_data if change else None
        record_administered(user=obj, by=user_of(request), changed=changed, now=timezone.now())

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave citizens to their own page."""
        return super().get_queryset(request).exclude(role=User.Role.CITIZEN)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the roles of officials only: citizens' accounts come by registration."""
        if db_field.name == "role":
            kwargs["choices"] = [choice for choice in User.Role.choices if choice[0] != User.Role.CITIZEN]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse: checks and events point to users; switch them off instead."""
        return False


@admin.register(Citizen)
class CitizenAdmin(NarrowedByFilters, ReadOnlyAdmin):
    """Citizens' accounts, the latest first: who, masked, and since when."""

    ordering = ("-id",)

    list_display = ("masked_number", "full_name", "is_active", "created_at")
    sortable_by = ()  # what could be sorted by is sealed
    fields = ("masked_number", "full_name", "is_active", "created_at")
    list_select_related = ("user",)

    @admin.display(description=_("Số CCCD/CMND"))
    def masked_number(self, citizen: Citizen) -> str:
        """Return the number, masked."""
        return citizen.number.masked

    @admin.display(description=_("Đang hoạt động"), boolean=True)
    def is_active(self, citizen: Citizen) -> bool:
        """Say whether the citizen may log in."""
        return citizen.user.is_active

    @admin.display(description=_("Tạo lúc"))
    def created_at(self, citizen: Citizen) -> str:
        """Return when the account was made, as lists write it: a bare moment would stand on the page as UTC has it."""
        return localize(timezone.localtime(citizen.user.created_at))


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Messages to citizens and officers, the latest first."""

    ordering = ("-id",)

    list_display = ("user", "created_at", "read_at")
    list_select_related = ("user",)
