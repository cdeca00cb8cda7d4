"""The catalogue for administrators: procedures with all that they say, their revisions, and how offices handle them."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from motcua.accounts.access import user_of
from motcua.accounts.models import Office
from motcua.audit.service import record
from motcua.procedures import admin_views
from motcua.procedures.forms import (
    CaseForm,
    CaseFormSet,
    DocumentForm,
    DocumentFormSet,
    OfferForm,
    ProcedureForm,
)
from motcua.procedures.models import Offer, Procedure, ProcedureCase, RequiredDocument
from motcua.procedures.service import forget, publish
from motcua.web.administration import NUMBERS_AS_TYPED, SharedAdmin
from motcua.web.templatetags.motcua import moment

_REVISIONS_TOLD: Final = 20


class CasesInline(admin.StackedInline):  # type: ignore[type-arg]
    """The cases of a procedure."""

    model = ProcedureCase
    form = CaseForm
    formset = CaseFormSet
    formfield_overrides = NUMBERS_AS_TYPED
    fields = ("order", "name", ("time_limit", "time_unit"), "times", "fees")
    extra = 1


class DocumentsInline(admin.StackedInline):  # type: ignore[type-arg]
    """The documents of a procedure, each with its fields below one another: a table of fields has no labels."""

    model = RequiredDocument
    form = DocumentForm
    formset = DocumentFormSet
    formfield_overrides = NUMBERS_AS_TYPED
    fields = (
        *("order", "name", "case", "kind", ("originals", "copies")),
        *("is_required", "when", "form"),
    )
    extra = 1


@admin.register(Procedure)
class ProcedureAdmin(SharedAdmin):
    """Procedures: found by code or by name, with or without accents; each change is a new revision."""

    form = ProcedureForm
    list_display = (
        "code",
        "name",
        "sector",
        "service_level",
        "npd_code",
        "may_query",
        "is_active",
    )
    list_filter = ("service_level", "may_query", "is_active", "sector")
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("code", "name", "search_text")
    inlines = (CasesInline, DocumentsInline)
    readonly_fields = ("revisions_told",)
    fieldsets = (
        (None, {"fields": ("code", "name", "official_name", "sector", "is_active")}),
        (
            _("Ai thực hiện, cho ai"),
            {
                "fields": (
                    *("agency", "authority", "receiving_address", "delegate", "partners"),
                    *("levels", "audience", "kind", "related", "keywords"),
                )
            },
        ),
        (
            _("Thời hạn, lệ phí, kết quả"),
            {
                "fields": (
                    *("service_level", ("time_limit", "time_unit"), "times", "time_note"),
                    *("fees", "fee_note", "results"),
                )
            },
        ),
        (_("Cách thực hiện"), {"fields": ("steps", "conditions", "legal_basis", "decision")}),
        (
            _("Người nộp và CSDLQG về dân cư"),
            {
                "fields": (
                    *("may_be_filed_for_others", "owner_may_lack_number"),
                    *("may_query", "npd_code", "npd_fields"),
                )
            },
        ),
        (
            _("Các bản đã công bố"),
            {
                "fields": ("revisions_told",),
                "description": _(
                    "Hồ sơ đã nhận giữ bản của ngày nhận; sửa danh mục không thay đổi hồ sơ đó."
                ),
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the catalogue's file and of revisions."""
        guard = self.admin_site.admin_view
        return [
            path("tep/", guard(admin_views.files), name="procedures_files"),
            path("tep/tai-len/", guard(admin_views.upload), name="procedures_upload"),
            path("tep/xem-truoc/", guard(admin_views.review), name="procedures_review"),
            path("<int:pk>/ban/", guard(admin_views.revisions), name="procedures_revisions"),
            *super().get_urls(),
        ]

    @admin.display(description=_("Bản"))
    def revisions_told(self, procedure: Procedure) -> SafeString | str:
        """Return the last revisions, each with the way to what it changed."""
        if not procedure.pk:
            return "—"
        found = list(procedure.revisions.select_related("made_by").defer("content")[:_REVISIONS_TOLD])
        address = reverse("admin:procedures_revisions", args=[procedure.pk])
        rows = format_html_join(
            "",
            "<li>{}{}: {}, {} {}</li>",
            (
                (
                    _("Bản "),
                    one.number,
                    moment(one.made_at),
                    one.made_by or _("hệ thống"),
                    format_html(
                        '<a href="{}?tu={}&amp;den={}">{}</a>',
                        address,
                        one.number - 1,
                        one.number,
                        _("so với bản trước"),
                    )
                    if one.number > 1
                    else "",
                )
                for one in found
            ),
        )
        return format_html(
            '<ul class="revisions">{}</ul><p><a href="{}">{}</a></p>',
            rows,
            address,
            _("So sánh hai bản bất kỳ"),
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save cases and documents, and publish what the procedure says now, all in the page's transaction."""
        super().save_related(request, form, formsets, change)
        now = timezone.now()
        new = publish(keys=[form.instance.pk], by=user_of(request), now=now)
        if new or form.has_changed() or any(one.has_changed() for one in formsets):
            details = {"act": "edit", "procedure": form.instance.code}
            details |= {"revision": new[0].number} if new else {}
            record(name="catalogue.changed", now=now, actor=user_of(request), details=details)
        transaction.on_commit(forget)

    def has_delete_permission(self, request: HttpRequest, obj: Procedure | None = None) -> bool:
        """Refuse: dossiers point to procedures; take them out of force instead."""
        return False


@admin.register(Offer)
class OfferAdmin(SharedAdmin):
    """How each office handles each procedure, changed in the list; copied from office to office."""

    form = OfferForm
    list_display = ("procedure", "office", "is_offered", "takes_online", "handling_office", "time_limit")
    list_editable = ("is_offered", "takes_online", "handling_office", "time_limit")
    list_filter = (("office", admin.RelatedOnlyFieldListFilter), "is_offered", "takes_online")
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ("procedure", "office", "handling_office")
    search_fields = ("procedure__code", "procedure__search_text")
    list_per_page = 40
    ordering = ("office__code", "procedure__code")

    def get_urls(self) -> list[URLPattern]:
        """Add the page that copies."""
        guard = self.admin_site.admin_view
        return [path("sao-chep/", guard(admin_views.copy), name="procedures_copy"), *super().get_urls()]

    def get_changelist_form(self, request: HttpRequest, **options: Any) -> Any:
        """Name each input of the list by its row, and read the offices once for all of them.

        The list keeps what it showed: only what was changed on it is written, and not what another changed meanwhile.
        """
        offices = [("", "—"), *((office.pk, office.name) for office in Office.objects.filter(is_active=True))]

        class RowForm(super().get_changelist_form(request, **options)):  # type: ignore[misc]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                for field in self.fields.values():
                    field.widget = getattr(field.widget, "widget", field.widget)  # without Django's links
                    field.show_hidden_initial = not field.widget.is_hidden
                    if self.instance.pk and not field.widget.is_hidden:
                        row = f"{self.instance.procedure}, {self.instance.office}"
                        field.widget.attrs["aria-label"] = f"{field.label}: {row}"
                self.fields["handling_office"].choices = offices

            def clean(self) -> dict[str, Any]:
                said = super().clean() or self.cleaned_data
                return {
                    name: value if name in self.changed_data else getattr(self.instance, name, value)
                    for name, value in said.items()
                }

        return RowForm

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Offer the desks where dossiers are received."""
        if db_field.name == "office":
            options["queryset"] = Office.objects.filter(kind=Office.Kind.DESK)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def save_model(self, request: HttpRequest, offer: Offer, form: Any, change: bool) -> None:
        """Save a row, and note who changed it."""
        super().save_model(request, offer, form, change)
        _note_offer(request, offer)

    def delete_model(self, request: HttpRequest, offer: Offer) -> None:
        """Let the office handle the procedure as the catalogue says, and note who decided so."""
        super().delete_model(request, offer)
        _note_offer(request, offer)

    def delete_queryset(self, request: HttpRequest, chosen: QuerySet[Offer]) -> None:
        """Do so for several."""
        for offer in chosen.select_related("office", "procedure"):
            self.delete_model(request, offer)


def _note_offer(request: HttpRequest, offer: Offer) -> None:
    record(
        name="catalogue.changed",
        now=timezone.now(),
        actor=user_of(request),
        office_code=offer.office.code,
        details={"act": "offer", "procedure": offer.procedure.code},
    )
    transaction.on_commit(forget)
