"""The address of the mailbox of a trial, beside the administration's own."""

from django.contrib import admin
from django.urls import path
from django.views.decorators.http import require_safe

from motcua.messaging.admin import mailbox

urlpatterns = [
    path("hop-thu/", admin.site.admin_view(require_safe(mailbox)), name="mailbox"),
]
