"""The application of questionnaires."""

from __future__ import annotations

from django.apps import AppConfig


class QuestionnaireConfig(AppConfig):
    """Links that were sent to patients."""

    name = "ataraxy.clinic.pages.questionnaire"
    label = "questionnaire"
    verbose_name = "Questionnaires"
