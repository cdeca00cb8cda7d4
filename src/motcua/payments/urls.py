"""Addresses of the till and of paying online."""

from django.urls import path

from motcua.payments import online_views, till_views

urlpatterns = [
    path("ho-so/<uuid:pk>/thanh-toan/", online_views.pay, name="pay"),
    path("ho-so/<uuid:pk>/thanh-toan/ve/", online_views.paid_back, name="paid_back"),
    path("thanh-toan/bao/", online_views.bank_tells, name="bank_tells"),
    path("mot-cua/thu-phi/", till_views.till, name="till"),
    path("mot-cua/thu-phi/ho-so/<uuid:pk>/", till_views.fees_of, name="fees_of"),
    path("mot-cua/thu-phi/bien-lai/<uuid:pk>/", till_views.taken, name="taken"),
    path("mot-cua/thu-phi/hoan-tra/<uuid:pk>/", till_views.refunded, name="refunded"),
    path("mot-cua/thu-phi/khoa-so/", till_views.close_till, name="close_till"),
    path("mot-cua/thu-phi/khoa-so/<uuid:pk>/", till_views.till_closed, name="till_closed"),
    path("mot-cua/so-thu/", till_views.closings, name="closings"),
    path("mot-cua/so-thu/<uuid:pk>/", till_views.closing_seen, name="closing_seen"),
]
