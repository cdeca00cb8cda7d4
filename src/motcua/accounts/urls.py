"""Addresses of accounts."""

from django.urls import path

from motcua.accounts import views

urlpatterns = [
    path("dang-ky/", views.register, name="register"),
    path("dang-ky/hoan-tat/", views.registered, name="registered"),
    path("dang-nhap/", views.log_in, name="log_in"),
    path("dang-xuat/", views.log_out, name="log_out"),
    path("ca-nhan/", views.profile, name="profile"),
    path("ca-nhan/chinh-sua/", views.profile_edit, name="profile_edit"),
    path("ca-nhan/thong-bao/", views.notices_read, name="notices_read"),
]
