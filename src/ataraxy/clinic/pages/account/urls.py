"""Addresses of one's own account."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.account import views

urlpatterns = [
    path("", views.home, name="home"),
    path("lock/", views.lock, name="lock"),
    path("lock/now/", views.lock_now, name="lock_now"),
    path("awake/", views.awake, name="awake"),
    path("account/", views.my_account, name="my_account"),
    path("account/enrol/", views.enrol, name="enrol"),
    path("account/pin/", views.pin, name="account_pin"),
    path("account/appearance/", views.appearance, name="account_appearance"),
    path("account/sessions/<str:presence_id>/end/", views.end_presence, name="account_end_presence"),
    path("account/sessions/end-all/", views.end_all, name="account_end_all"),
]
