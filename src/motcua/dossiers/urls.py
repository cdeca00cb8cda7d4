"""Addresses of filing, of a citizen's own dossiers and of tracking."""

from django.urls import path

from motcua.dossiers import proof_views, views

urlpatterns = [
    path("ho-so/", views.my_dossiers, name="my_dossiers"),
    path("ho-so/bat-dau/<str:code>/", views.start_dossier, name="start_dossier"),
    path("ho-so/<uuid:pk>/", views.dossier, name="dossier"),
    path("ho-so/<uuid:pk>/xoa/", views.delete_draft, name="delete_draft"),
    path("ho-so/<uuid:pk>/nguoi-nop/", views.applicant_step, name="applicant_step"),
    path("ho-so/<uuid:pk>/nhac-toi/", views.remind, name="remind"),
    path("ho-so/<uuid:pk>/giay-to/", views.papers_step, name="papers_step"),
    path("ho-so/<uuid:pk>/giay-to/<uuid:paper_pk>/", views.paper, name="paper"),
    path("ho-so/<uuid:pk>/giay-to/<uuid:paper_pk>/xoa/", views.remove_paper, name="remove_paper"),
    path("ho-so/<uuid:pk>/xem-lai/", views.review_step, name="review_step"),
    path("ho-so/<uuid:pk>/hoan-tat/", views.submitted, name="submitted"),
    path("ho-so/<uuid:pk>/xac-nhan/", proof_views.proof, name="proof"),
    path("tra-cuu/", views.track, name="track"),
    path("xac-minh/", proof_views.verify, name="verify"),
]
