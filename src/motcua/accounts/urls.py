"""Addresses of accounts."""

from django.urls import path

from motcua.accounts import official_views, views

urlpatterns = [
    path("dang-ky/", views.register, name="register"),
    path("dang-ky/hoan-tat/", views.registered, name="registered"),
    path("dang-nhap/", views.log_in, name="log_in"),
    path("dang-nhap/ma-xac-thuc/", views.log_in_code, name="log_in_code"),
    path("dang-xuat/", views.log_out, name="log_out"),
    path("ca-nhan/", views.profile, name="profile"),
    path("ca-nhan/chinh-sua/", views.profile_edit, name="profile_edit"),
    path("ca-nhan/mat-khau/", views.password, name="profile_password"),
    path("ca-nhan/thong-bao/", views.notices_read, name="notices_read"),
    path("tai-khoan/", official_views.account, name="account"),
    path("tai-khoan/xac-thuc-hai-buoc/", official_views.second_factor_page, name="second_factor"),
    path("tai-khoan/ma-du-phong/", official_views.recovery_codes, name="recovery_codes"),
    path("tai-khoan/mat-khau/", official_views.password, name="account_password"),
]
