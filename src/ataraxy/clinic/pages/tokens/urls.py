"""Addresses of tokens."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.tokens import views

NAVIGATION = (Entry("Tokens", "tokens", Permission.ADMIN_PEOPLE, order=830, home=False),)

urlpatterns = [
    path("administration/tokens/", views.tokens, name="tokens"),
    path("administration/tokens/<str:token_id>/revoke/", views.revoke, name="tokens_revoke"),
    path("account/tokens/", views.own_tokens, name="own_tokens"),
    path("account/tokens/<str:token_id>/", views.decide_own, name="own_tokens_decide"),
]
