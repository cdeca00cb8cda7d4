"""Addresses of the pages that belong to no app: the home page, the choice of language and the health answer."""

from django.urls import path

from motcua.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("ngon-ngu/", views.language, name="language"),
    path("healthz", views.healthz, name="healthz"),
]
