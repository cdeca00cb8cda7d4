"""Addresses: each app's own under the words that people see."""

from django.contrib import admin
from django.urls import include, path

from motcua.config import watching

urlpatterns = [
    path("metrics", watching.metrics, name="metrics"),
    path("readyz", watching.ready, name="readyz"),
    path("quan-tri/van-hanh/", watching.operations, name="operations"),
    path("", include("motcua.web.urls")),
    path("", include("motcua.verification.urls")),
    path("", include("motcua.accounts.urls")),
    path("thu-tuc/", include("motcua.procedures.urls")),
    path("", include("motcua.dossiers.urls")),
    path("", include("motcua.payments.urls")),
    path("", include("motcua.slips.urls")),
    path("mot-cua/so-lieu/", include("motcua.figures.urls")),
    path("mot-cua/", include("motcua.reception.urls")),
    path("", include("motcua.oversight.urls")),
    path("quan-tri/", include("motcua.messaging.urls")),
    path("quan-tri/", admin.site.urls),
]
