"""Addresses of filing, of a citizen's own dossiers and of tracking."""

from django.urls import path

from motcua.dossiers import (
    filing_views,
    own_dossier_views,
    paper_reuse_views,
    paper_views,
    proof_views,
    tracking_views,
    upload_views,
)

urlpatterns = [
    path("ho-so/", own_dossier_views.my_dossiers, name="my_dossiers"),
    path("ho-so/bat-dau/<str:code>/", filing_views.start_dossier, name="start_dossier"),
    path("ho-so/<uuid:pk>/", own_dossier_views.dossier, name="dossier"),
    path("ho-so/<uuid:pk>/xoa/", filing_views.delete_draft, name="delete_draft"),
    path("ho-so/<uuid:pk>/nguoi-nop/", filing_views.applicant_step, name="applicant_step"),
    path("ho-so/<uuid:pk>/nhac-toi/", filing_views.remind, name="remind"),
    path("ho-so/<uuid:pk>/giay-to/", filing_views.papers_step, name="papers_step"),
    path("ho-so/<uuid:pk>/giay-to/<uuid:paper_pk>/", paper_views.paper, name="paper"),
    path("ho-so/<uuid:pk>/giay-to/<uuid:paper_pk>/nho/", paper_views.paper_preview, name="paper_preview"),
    path("ho-so/<uuid:pk>/giay-to/<uuid:paper_pk>/xoa/", filing_views.remove_paper, name="remove_paper"),
    path("ca-nhan/giay-to/", paper_reuse_views.my_papers, name="my_papers"),
    path("ho-so/<uuid:pk>/dung-lai/", paper_reuse_views.reuse, name="reuse"),
    path("ho-so/<uuid:pk>/dung-lai/<uuid:paper_pk>/", paper_reuse_views.reuse_paper, name="reuse_paper"),
    path("ho-so/<uuid:pk>/tai-len/", upload_views.begin_upload, name="begin_upload"),
    path("ho-so/<uuid:pk>/tai-len/<uuid:paper_pk>/", upload_views.upload, name="upload"),
    path("ho-so/<uuid:pk>/tai-len/<uuid:paper_pk>/bo/", upload_views.cancel_upload, name="cancel_upload"),
    path("ho-so/<uuid:pk>/xem-lai/", filing_views.review_step, name="review_step"),
    path("ho-so/<uuid:pk>/hoan-tat/", filing_views.submitted, name="submitted"),
    path("ho-so/<uuid:pk>/bo-sung/", own_dossier_views.supplement, name="supplement"),
    path(
        "ho-so/<uuid:pk>/bo-sung/<uuid:paper_pk>/xoa/", own_dossier_views.remove_answer, name="remove_answer"
    ),
    path("ho-so/<uuid:pk>/rut/", own_dossier_views.withdraw, name="withdraw"),
    path("ho-so/<uuid:pk>/cach-nhan/", own_dossier_views.choose_collecting, name="choose_collecting"),
    path("ho-so/<uuid:pk>/nhan-ket-qua/", own_dossier_views.collect, name="collect"),
    path("ho-so/<uuid:pk>/danh-gia/", own_dossier_views.rate, name="rate"),
    path("ho-so/<uuid:pk>/xac-nhan/", proof_views.proof, name="proof"),
    path("tra-cuu/", tracking_views.track, name="track"),
    path("xac-minh/", proof_views.verify, name="verify"),
]
