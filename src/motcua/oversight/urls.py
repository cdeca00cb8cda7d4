"""Addresses of oversight: the citizen's own view, the desk's print of it, the supervisor's pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
