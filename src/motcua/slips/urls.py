"""Addresses of slips and of the register."""

from django.urls import path

from motcua.slips import views

urlpatterns = [
    path("ho-so/<uuid:pk>/phieu/<str:code>/", views.slip, name="slip"),
    path("bien-lai/<uuid:pk>/", views.fee_receipt, name="fee_receipt"),
    path("mot-cua/so-theo-doi/", views.register_book, name="register_book"),
]
