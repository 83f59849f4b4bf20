"""Addresses of the drug register."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.drug_register import views

NAVIGATION = (Entry("Drug register", "register", Permission.REGISTER_VIEW, order=420, home=False),)

urlpatterns = [
    path("register/", views.places, name="register"),
    path("register/receive/", views.receive, name="register_receive"),
    path("register/place/<str:location>/", views.place, name="register_place"),
    path("register/place/<str:location>/waste/", views.waste, name="register_waste"),
    path("register/place/<str:location>/return/", views.give_back, name="register_return"),
    path("register/place/<str:location>/count/", views.count, name="register_count"),
    path("register/place/<str:location>/explain/", views.explain, name="register_explain"),
]
