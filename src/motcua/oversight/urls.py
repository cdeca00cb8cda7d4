"""Addresses of oversight: the citizen's own view, the desk's print of it, the supervisor's pages."""

from django.urls import path

from motcua.oversight import case_views, citizen_views, print_views, supervisor_views

urlpatterns = [
    path("mot-cua/tra-cuu-ngoai-ho-so/", supervisor_views.look_up, name="look_up"),
    path("mot-cua/giam-sat/", supervisor_views.oversight, name="oversight"),
    path("mot-cua/giam-sat/luot/", supervisor_views.checks, name="oversight_checks"),
    path("mot-cua/giam-sat/mo-lai/<int:pk>/", supervisor_views.release, name="release_officer"),
    path("mot-cua/giam-sat/can-xem/", supervisor_views.to_review, name="to_review"),
    path("mot-cua/giam-sat/can-xem/mau-ngau-nhien/", supervisor_views.review_sample, name="review_sample"),
    path("mot-cua/giam-sat/can-xem/<uuid:pk>/", supervisor_views.review, name="review_check"),
    path("mot-cua/giam-sat/doi-soat/", supervisor_views.balances, name="balances"),
    path("mot-cua/giam-sat/doi-soat/<int:pk>/", supervisor_views.balance_night, name="balance_night"),
    path("mot-cua/giam-sat/trich-xuat/", supervisor_views.export_checks, name="export_checks"),
    path("ca-nhan/tra-cuu-ve-toi/", citizen_views.my_checks, name="my_checks"),
    path("ca-nhan/tra-cuu-ve-toi/<uuid:pk>/", citizen_views.object_to_check, name="object_to_check"),
    path("mot-cua/nhat-ky-tra-cuu/", print_views.history_print, name="history_print"),
    path("mot-cua/phan-anh/", case_views.objections, name="objections"),
    path("mot-cua/phan-anh/<int:pk>/", case_views.objection, name="objection"),
]
