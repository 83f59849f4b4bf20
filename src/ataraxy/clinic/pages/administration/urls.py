"""Addresses of administration."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.administration import views

NAVIGATION = (Entry("People", "people", Permission.ADMIN_PEOPLE, order=800),)

urlpatterns = [
    path("administration/people/", views.people, name="people"),
    path("administration/people/new/", views.new_person, name="people_new"),
    path("administration/people/in-step/", views.in_step, name="people_in_step"),
    path("administration/people/<str:person_id>/", views.person, name="people_person"),
    path("administration/people/<str:person_id>/roles/", views.roles, name="people_roles"),
    path("administration/people/<str:person_id>/active/", views.active, name="people_active"),
    path("administration/people/<str:person_id>/password/", views.password, name="people_password"),
    path(
        "administration/people/<str:person_id>/sessions/end/", views.end_sessions, name="people_end_sessions"
    ),
    path("administration/people/<str:person_id>/credentials/", views.credential, name="people_credential"),
    path(
        "administration/people/<str:person_id>/credentials/withdraw/",
        views.withdraw,
        name="people_credential_withdraw",
    ),
    path("administration/people/<str:person_id>/factors/reset/", views.ask_reset, name="people_factor_reset"),
    path(
        "administration/people/<str:person_id>/factors/reset/<str:reset_id>/",
        views.decide_reset,
        name="people_factor_reset_decide",
    ),
]
