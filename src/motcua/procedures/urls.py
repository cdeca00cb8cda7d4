"""Addresses of the catalogue."""

from django.urls import path

from motcua.procedures import views

urlpatterns = [
    path("", views.procedures, name="procedures"),
    path("<str:code>/", views.procedure, name="procedure"),
]
