"""A link that was given to a patient. Only the hash of its token is kept: who reads this database cannot open it."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone

# 192 random bits: nobody finds one by trying.
TOKEN_BYTES = 24


def opaque_id() -> str:
    """32 random hexadecimal digits."""
    return uuid.uuid4().hex


class QuestionnaireLink(models.Model):
    """One questionnaire for one patient, until when, and whether it was answered. Patients by opaque id only."""

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    patient = models.CharField(max_length=64, db_index=True)
    instrument = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField()
    created_by = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.instrument} until {self.expires_at:%F %T}"

    def state(self, at: datetime) -> str:
        """``answered``, ``withdrawn``, ``expired`` or ``open``."""
        if self.answered_at is not None:
            return "answered"
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "open" if at < self.expires_at else "expired"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(TOKEN_BYTES)
