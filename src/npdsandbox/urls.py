"""Addresses of the sandbox."""

from django.urls import path, re_path

from npdsandbox import bank, control, portal, views

urlpatterns = [
    path("", views.front, name="front"),
    path("healthz", views.healthz, name="healthz"),
    path("site.css", views.stylesheet, name="stylesheet"),
    path("c06", views.c06),
    path("c06/<str:operation>", views.c06, name="c06"),
    re_path(r"^r1/(?P<service>[^/]+/[^/]+/[^/]+/[^/]+)/(?P<operation>[^/]+)$", views.xroad),
    path("lgsp/token", views.lgsp_token),
    path("lgsp/<str:operation>", views.lgsp),
    path("lgsp-json/api/v1/Authentication/Token", views.json_token),
    path("lgsp-json/<str:style>", views.adapter),
    path("adapter/csdldancu", views.open_adapter),
    path("cong-quoc-gia/tiep-nhan", portal.door),
    path("bank/pay", bank.pay, name="bank-pay"),
    path("bank/act", bank.act, name="bank-act"),
    path("bank/status", bank.status),
    path("_admin/", control.page, name="control"),
    path("_admin/cong-quoc-gia/", portal.page, name="portal"),
    path("_admin/cong-quoc-gia/forget", portal.forget, name="portal-forget"),
    path("_admin/api/portal", portal.api),
    path("_admin/trouble", control.page_trouble, name="control-trouble"),
    path("_admin/clear", control.page_clear, name="control-clear"),
    path("_admin/switch", control.page_switch, name="control-switch"),
    path("_admin/api/trouble", control.api_trouble),
    path("_admin/api/trouble/<int:rule_id>", control.api_trouble),
    path("_admin/api/switch", control.api_switch),
    path("_admin/api/people", control.api_people),
    path("_admin/api/journal", control.api_journal),
    path("_admin/withdraw", control.page_withdraw, name="control-withdraw"),
    path("_admin/api/token", control.api_token),
    path("_admin/api/reset", control.api_reset),
]
handler404 = views.not_found
