"""Addresses of what is done with a course."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.course import views

urlpatterns = [
    path("patient/<str:patient_id>/course/", views.course, name="course"),
    path("patient/<str:patient_id>/course/open/", views.open_course, name="course_open"),
    path("patient/<str:patient_id>/course/professional/", views.professional, name="course_professional"),
    path("patient/<str:patient_id>/course/protocol/", views.protocol, name="course_protocol"),
    path("patient/<str:patient_id>/course/begin/", views.begin, name="course_begin"),
    path("patient/<str:patient_id>/course/plan/", views.plan, name="course_plan"),
    path("patient/<str:patient_id>/course/cancel/", views.cancel, name="course_cancel"),
    path("patient/<str:patient_id>/course/dose/", views.dose, name="course_dose"),
    path("patient/<str:patient_id>/course/complete/", views.complete, name="course_complete"),
    path("patient/<str:patient_id>/course/withdraw/", views.withdraw, name="course_withdraw"),
    path("patient/<str:patient_id>/course/stop/", views.stop, name="course_stop"),
]
