"""Addresses of rules and policy."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.rules import views

NAVIGATION = (Entry("Rules", "rules", Permission.PROTOCOL_VIEW, order=650, home=False),)

urlpatterns = [
    path("rules/", views.rules, name="rules"),
    path("rules/gate/", views.gate_rules, name="rules_gate"),
    path("rules/policy/", views.policy, name="rules_policy"),
    path("rules/policy/new/", views.new_policy, name="rules_new_policy"),
    path("rules/policy/limits/", views.limits, name="rules_limits"),
    path("rules/policy/threshold/<str:place>/", views.threshold, name="rules_threshold"),
    path("rules/site/", views.site, name="rules_site"),
    path("rules/document/<str:kind>/<str:name>/<int:version>/", views.document, name="rules_document"),
    path("rules/document/<str:kind>/<str:name>/<int:version>/retire/", views.retire, name="rules_retire"),
    path("rules/upload/<str:kind>/", views.upload, name="rules_upload"),
    path("rules/adopt/<str:kind>/", views.adopt, name="rules_adopt"),
]
