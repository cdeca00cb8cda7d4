"""Addresses of the figures."""

from django.urls import path

from motcua.figures import views

urlpatterns = [
    path("", views.figures, name="figures"),
    path("danh-gia/", views.ratings, name="figures_ratings"),
    path("xuat/", views.export_figures, name="figures_export"),
]
