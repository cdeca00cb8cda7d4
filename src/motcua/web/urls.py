"""Addresses of the pages that belong to no app: the home page and the health answer."""

from django.urls import path

from motcua.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
]
