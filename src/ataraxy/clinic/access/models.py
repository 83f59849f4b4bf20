"""Who opened and did what; who cares for whom; break-glass; the state of each signed-in browser; access tokens.

Patients appear by opaque id only. The access log is append-only: triggers of the database refuse to change it.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone


def opaque_id() -> str:
    """32 random hexadecimal digits."""
    return uuid.uuid4().hex


class AccessEntry(models.Model):
    """One line of the access log. `person` is an opaque id, not a key: a line outlives the account."""

    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    kind = models.CharField(max_length=32)
    person = models.CharField(max_length=32, blank=True, default="", db_index=True)
    subject = models.CharField(max_length=32, blank=True, default="")
    patient = models.CharField(max_length=64, blank=True, default="", db_index=True)
    view = models.CharField(max_length=80, blank=True, default="")
    method = models.CharField(max_length=8, blank=True, default="")
    permission = models.CharField(max_length=32, blank=True, default="")
    outcome = models.CharField(max_length=24, blank=True, default="")
    status = models.PositiveSmallIntegerField(null=True)
    detail = models.CharField(max_length=80, blank=True, default="")
    break_glass = models.CharField(max_length=32, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.kind} {self.view}"


class Presence(models.Model):
    """One signed-in browser: when it signed in, when somebody last touched it, whether it is locked.

    A row of its own and not part of the session's data, which concurrent requests overwrite as a whole: a lock or a
    count of wrong PINs must not be lost to a poll.
    """

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presences")
    signed_in_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    locked_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    address = models.CharField(max_length=45, blank=True, default="")
    browser = models.CharField(max_length=60, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.person_id} since {self.signed_in_at:%F %T}"


class CareRelation(models.Model):
    """That a person cares for a patient, from when until when."""

    patient = models.CharField(max_length=64, db_index=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="care_relations"
    )
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    set_by = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("patient", "person"), condition=models.Q(until=None), name="one_open_relation"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} cares for {self.patient}"


class BreakGlass(models.Model):
    """That a person opened a patient outside their care, why, and until when. An auditor reviews it."""

    REASONS = (
        ("emergency", "Emergency: the patient is in danger"),
        ("cover", "I stand in for the colleague who cares for this patient"),
        ("contact", "The patient, or somebody for them, is contacting the clinic"),
        ("safety", "Follow-up of a safety event"),
        ("other", "Another reason, written below"),
    )

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="break_glasses"
    )
    patient = models.CharField(max_length=64, db_index=True)
    reason = models.CharField(max_length=16, choices=REASONS)
    note = models.TextField()
    opened_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    reviewed_by = models.CharField(max_length=32, blank=True, default="")
    reviewed_at = models.DateTimeField(null=True)
    finding = models.CharField(
        max_length=12,
        blank=True,
        default="",
        choices=(("justified", "Justified"), ("follow_up", "Needs follow-up")),
    )

    class Meta:
        ordering = ("-opened_at",)

    def __str__(self) -> str:
        return f"{self.person_id} opened {self.patient}"

    @property
    def note_text(self) -> str:
        from ataraxy.clinic.accounts.sealing import opened

        return opened(self.note, "break-glass")

    def is_open(self, at: datetime) -> bool:
        return at < self.expires_at


class AccessToken(models.Model):
    """A token for a device: some permissions of one person, for a time. Only its hash is kept.

    It opens nothing before the person whose permissions they are has agreed: an administrator who makes tokens does
    not get at patients through them.
    """

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    issued_by = models.CharField(max_length=32, blank=True, default="")
    agreed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.label

    def state(self, now: datetime) -> str:
        """``revoked``, ``expired``, ``waiting`` for its person's agreement, or ``live``."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at <= now:
            return "expired"
        return "live" if self.agreed_at is not None else "waiting"

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @staticmethod
    def new_secret() -> str:
        return "atx_" + secrets.token_urlsafe(32)
