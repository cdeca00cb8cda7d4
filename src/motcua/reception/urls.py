"""Addresses of the officer's desk, under ``/mot-cua/``."""

from django.urls import path

from motcua.reception import views

urlpatterns = [
    path("", views.queue, name="queue"),
    path("tiep-nhan/", views.reception, name="reception"),
    path("tiep-nhan/kiem-tra/", views.check, name="check"),
    path("tiep-nhan/kiem-tra-chu-ho-so/", views.check_owner, name="check_owner"),
    path("ho-so/<uuid:pk>/", views.desk_dossier, name="desk_dossier"),
    path("ho-so/<uuid:pk>/tiep-nhan/", views.take_up, name="take_up"),
    path("ho-so/<uuid:pk>/kiem-tra-lai/", views.recheck, name="recheck"),
    path("ho-so/<uuid:pk>/da-xem-giay-to/", views.confirm_originals, name="confirm_originals"),
    path("thong-bao/", views.notices_read, name="desk_notices_read"),
    path("ho-so/<uuid:pk>/phieu/", views.receipt, name="receipt"),
]
