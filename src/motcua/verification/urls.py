"""Addresses of the pages about the way to the register."""

from django.urls import path

from motcua.verification import views

urlpatterns = [
    path("trang-thai/", views.status, name="status"),
    path("trang-thai/den/", views.light, name="light"),
    path("khoa-cong-khai/", views.keys, name="published_keys"),
]
