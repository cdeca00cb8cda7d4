"""Addresses of the officer's desk, under ``/mot-cua/``."""

from django.urls import path

from motcua.reception import dossier_views, queue_views, result_views, views

urlpatterns = [
    path("", queue_views.queue, name="queue"),
    path("viec/", queue_views.batch, name="batch"),
    path("bo-loc/", queue_views.save, name="save_filter"),
    path("bo-loc/<int:pk>/xoa/", queue_views.forget, name="forget_filter"),
    path("tiep-nhan/", views.reception, name="reception"),
    path("tiep-nhan/kiem-tra/", views.check, name="check"),
    path("tiep-nhan/kiem-tra-chu-ho-so/", views.check_owner, name="check_owner"),
    path("ho-so/<uuid:pk>/", dossier_views.desk_dossier, name="desk_dossier"),
    path("ho-so/<uuid:pk>/tiep-nhan/", dossier_views.take_up, name="take_up"),
    path("ho-so/<uuid:pk>/kiem-tra-lai/", dossier_views.recheck, name="recheck"),
    path("ho-so/<uuid:pk>/da-xem-giay-to/", dossier_views.confirm_originals, name="confirm_originals"),
    path("ho-so/<uuid:pk>/viec/<str:code>/", dossier_views.act, name="act"),
    path("ho-so/<uuid:pk>/tep-ket-qua/", result_views.result_papers, name="result_papers"),
    path(
        "ho-so/<uuid:pk>/tep-ket-qua/tai-len/",
        result_views.begin_result_upload,
        name="begin_result_upload",
    ),
    path(
        "ho-so/<uuid:pk>/tep-ket-qua/tai-len/<uuid:paper_pk>/",
        result_views.result_upload,
        name="result_upload",
    ),
    path(
        "ho-so/<uuid:pk>/tep-ket-qua/tai-len/<uuid:paper_pk>/bo/",
        result_views.cancel_result_upload,
        name="cancel_result_upload",
    ),
    path(
        "ho-so/<uuid:pk>/tep-ket-qua/<uuid:paper_pk>/xoa/",
        result_views.remove_result_paper,
        name="remove_result_paper",
    ),
    path("thong-bao/", views.notices_read, name="desk_notices_read"),
    path("ho-so/<uuid:pk>/phieu/", views.receipt, name="receipt"),
]
