"""Administrators' pages of the catalogue: its file, what a file would change, revisions, copying between offices."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.accounts.access import user_of
from motcua.accounts.rights import Right, may
from motcua.audit.service import record
from motcua.procedures import catalogue_file, copying, importing
from motcua.procedures.catalogue_file import FileRefused
from motcua.procedures.comparing import description_of, differences, plain
from motcua.procedures.forms import CopyForm, FileForm
from motcua.procedures.models import CatalogueUpload, Offer, Procedure, ProcedureRevision
from motcua.web.requests import number_in
from motcua.web.uploads import take_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from motcua.procedures.importing import Plan

    View = Callable[..., HttpResponse]

_FORM_BYTES = 64 * 1024  # what a form weighs beside its file
_CHANGED = gettext_lazy(
    "Danh mục vừa được thay đổi ở nơi khác. Vui lòng xem lại các thay đổi dưới đây rồi xác nhận."
)
_page = require_http_methods(["GET", "HEAD", "POST"])


def _administrators_only(view: View) -> View:
    """Let only those see a view who keep the catalogue; the administration's own guard stands before it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(user_of(request), Right.ADMINISTER):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def _shown(
    request: HttpRequest, name: str, title: str, model: Any = Procedure, /, *, status: int = 200, **told: Any
) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, "opts": model._meta, **told}
    return TemplateResponse(request, f"procedures/admin/{name}.html", context, status=status)


@_page
@_administrators_only
def files(request: HttpRequest) -> HttpResponse:
    """Offer the catalogue's file; posted, hand it out."""
    if request.method != "POST":
        return _files_page(request)
    procedures = Procedure.objects.order_by("code").prefetch_related("cases", "documents")
    said = [description_of(procedure) for procedure in procedures]
    now = timezone.now()
    details = {"act": "export", "count": len(said)}
    record(name="catalogue.changed", now=now, actor=user_of(request), details=details)
    name = f"danh-muc-thu-tuc-{timezone.localdate(now):%Y-%m-%d}.json"
    answer = HttpResponse(catalogue_file.written(said), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _files_page(
    request: HttpRequest, *, problems: list[str] | None = None, status: int = 200
) -> HttpResponse:
    told = {"form": FileForm(), "problems": problems, "megabytes": catalogue_file.MOST_BYTES // (1024 * 1024)}
    return _shown(request, "files", _("Tệp danh mục thủ tục"), status=status, **told)


@require_POST
@csrf_exempt  # the body is looked at only once its size is known to be right; see _upload
@_administrators_only
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file, and keep it for the look at what it would change."""
    if not take_files(request, most=catalogue_file.MOST_BYTES + _FORM_BYTES):
        return _files_page(request, problems=[catalogue_file.too_large()], status=413)
    return _upload(request)


@csrf_protect
def _upload(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _files_page(request, problems=[_("Vui lòng chọn tệp danh mục.")])
    content = form.cleaned_data["file"].read(catalogue_file.MOST_BYTES + 1)
    try:
        catalogue_file.read(content)
    except FileRefused as refused:
        return _files_page(request, problems=refused.problems)
    kept = {"content": content, "made_at": timezone.now()}
    CatalogueUpload.objects.update_or_create(made_by=user_of(request), defaults=kept)
    return redirect("admin:procedures_review")


@_page
@_administrators_only
def review(request: HttpRequest) -> HttpResponse:
    """Show what the uploaded file would change; confirmed, do exactly that."""
    kept = CatalogueUpload.objects.filter(made_by=request.user.pk).first()
    if kept is None:
        return redirect("admin:procedures_files")
    try:
        entries = catalogue_file.read(bytes(kept.content))
    except FileRefused as refused:  # the product was brought up to date between the two presses
        return _files_page(request, problems=refused.problems)
    if request.method == "POST":
        shown = request.POST.get("plan", "")
        try:
            done = importing.apply(
                entries,
                shown=shown,
                act="import",
                by=user_of(request),
                now=timezone.now(),
            )
        except importing.CatalogueChanged:
            messages.warning(request, _CHANGED)
        else:
            kept.delete()
            messages.success(request, _("Đã nhập danh mục: %(done)s.") % {"done": done.summary})
            return redirect("admin:procedures_procedure_changelist")
    return _review_page(request, importing.plan(entries))


def _review_page(request: HttpRequest, plan: Plan) -> HttpResponse:
    return _shown(request, "review", _("Xem trước khi nhập danh mục"), plan=plan)


@require_safe
@_administrators_only
def revisions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what two revisions of a procedure say differently; the last two where none are chosen."""
    procedure = get_object_or_404(Procedure, pk=pk)
    found = list(procedure.revisions.select_related("made_by").defer("content"))
    numbers = [one.number for one in found]
    newest = numbers[0] if numbers else 0
    later = _number(request, "den", newest)
    earlier = _number(request, "tu", later - 1)
    told: dict[str, Any] = {"procedure": procedure, "revisions": found, "earlier": earlier, "later": later}
    told["differences"] = None
    if earlier in numbers and later in numbers:
        both = ProcedureRevision.objects.filter(procedure=procedure, number__in=(earlier, later))
        contents = {one.number: plain(one.content) for one in both}
        told["differences"] = differences(contents[earlier], contents[later])
    return _shown(request, "revisions", _("Các bản của thủ tục"), **told)


def _number(request: HttpRequest, name: str, otherwise: int) -> int:
    number = number_in(request.GET.get(name, ""))
    return otherwise if number is None else number


@_page
@_administrators_only
def copy(request: HttpRequest) -> HttpResponse:
    """Ask from where to where, show what would change, and when confirmed copy exactly that."""
    form = CopyForm(request.POST if request.method == "POST" else None)
    title = _("Sao chép thiết lập")
    if not form.is_valid():
        return _shown(request, "copy", title, Offer, form=form)
    source, targets = form.cleaned_data["source"], list(form.cleaned_data["targets"])
    if shown := request.POST.get("plan"):
        try:
            done = copying.copy(
                source=source,
                targets=targets,
                shown=shown,
                by=user_of(request),
                now=timezone.now(),
            )
        except importing.CatalogueChanged:
            messages.warning(request, _CHANGED)
        else:
            messages.success(request, _("Đã sao chép: %(done)s.") % {"done": done.summary})
            return redirect("admin:procedures_offer_changelist")
    plan = copying.plan_copy(source=source, targets=targets)
    told = {"plan": plan, "source": source, "targets": targets}
    return _shown(request, "copy_review", title, Offer, form=form, **told)
