"""Addresses of the catalogue."""

from django.urls import path, re_path

from motcua.procedures import views

urlpatterns = [
    path("", views.procedures, name="procedures"),
    re_path(r"^(?P<code>[\w.-]{1,20})/$", views.procedure, name="procedure"),
]
