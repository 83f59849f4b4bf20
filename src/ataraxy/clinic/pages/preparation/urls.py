"""Addresses of the preparation of a dose."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.preparation import views

urlpatterns = [
    path("session/<str:session_id>/preparation/", views.preparation, name="preparation"),
    path("session/<str:session_id>/preparation/first/", views.first, name="preparation_first"),
    path("session/<str:session_id>/preparation/hand-over/", views.hand_over, name="preparation_hand_over"),
    path("session/<str:session_id>/preparation/withdraw/", views.withdraw, name="preparation_withdraw"),
    path("session/<str:session_id>/preparation/second/", views.second, name="preparation_second"),
    path("session/<str:session_id>/preparation/weight/", views.weight, name="preparation_weight"),
    path("session/<str:session_id>/preparation/account/", views.account, name="preparation_account"),
]
