"""A person who signs in, the roles that they hold, and second factors waiting to be reset."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password, make_password
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.roles import ROLES, Role, permissions_of

if TYPE_CHECKING:
    from collections.abc import Iterable

SIGN_IN_NAME = RegexValidator(
    r"^[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]$", "Use 3 to 64 small letters, digits, dots or hyphens."
)
PIN_LENGTH = 6
APPEARANCES = (("system", "As this device"), ("light", "Light"), ("dark", "Dark"))


def opaque_id() -> str:
    """32 random hexadecimal digits that say nothing about whom they stand for."""
    return uuid.uuid4().hex


class PeopleManager(BaseUserManager["Person"]):
    """Finds and creates people."""

    def create_person(
        self,
        sign_in_name: str,
        display_name: str,
        *,
        password: str,
        roles: Iterable[Role] = (),
        granted_by: str = "",
        must_change_password: bool = True,
        staff_id: str = "",
    ) -> Person:
        """A new person with their roles. `granted_by` is the opaque id of who did it, empty for the console."""
        person = self.model(
            sign_in_name=sign_in_name.strip().lower(),
            display_name=display_name.strip(),
            must_change_password=must_change_password,
        )
        if staff_id:
            person.staff_id = staff_id
        person.set_password(password)
        person.full_clean(exclude=["password", "pin", "last_login"])
        person.save(using=self._db)
        for role in roles:
            RoleGrant.objects.create(person=person, role=role.value, granted_by=granted_by)
        return person

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(sign_in_name=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """Somebody who signs in. `id` and `staff_id` are opaque; `staff_id` names their stream in the record."""

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id, editable=False)
    staff_id = models.CharField(max_length=32, unique=True, default=opaque_id, editable=False)
    sign_in_name = models.CharField(max_length=64, unique=True, validators=[SIGN_IN_NAME])
    display_name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=True)
    one_time_until = models.DateTimeField(null=True, blank=True, editable=False)
    pin = models.CharField(max_length=128, blank=True, default="")
    session_epoch = models.PositiveIntegerField(default=0)
    appearance = models.CharField(max_length=8, default="system", choices=APPEARANCES)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PeopleManager()

    USERNAME_FIELD = "sign_in_name"

    class Meta:
        ordering = ("display_name",)

    def __str__(self) -> str:
        return self.display_name

    @property
    def appearance_choices(self) -> tuple[tuple[str, str], ...]:
        return APPEARANCES

    def get_full_name(self) -> str:
        return self.display_name

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held now. Empty for somebody who was deactivated."""
        if not self.is_active:
            return frozenset()
        held = self.__dict__.get("_roles")
        if held is None:
            held = frozenset(Role(grant.role) for grant in self.grants.all())
            self.__dict__["_roles"] = held
        return held

    @property
    def ordered_roles(self) -> tuple[Role, ...]:
        return tuple(role for role in Role if role in self.roles)

    @property
    def role_titles(self) -> list[str]:
        return [ROLES[role].title for role in self.ordered_roles]

    @property
    def permissions(self) -> frozenset[Permission]:
        """Everything that any held role permits."""
        return permissions_of(self.roles)

    @property
    def sees_all_patients(self) -> bool:
        return any(ROLES[role].sees_all_patients for role in self.roles)

    def refresh_roles(self) -> None:
        """Forgets roles that were read before."""
        self.__dict__.pop("_roles", None)
        self.__dict__.pop("_prefetched_objects_cache", None)

    def get_session_auth_hash(self) -> str:
        """Changes with the password and with every `end_sessions`: a session with another value is signed out."""
        return self._epoch_hash()

    def get_session_auth_fallback_hash(self) -> Any:
        return iter(())

    def _epoch_hash(self) -> str:
        value = f"{self.password}:{self.session_epoch}:{self.is_active}"
        return salted_hmac("ataraxy.clinic.session", value, algorithm="sha256").hexdigest()

    def end_sessions(self) -> None:
        """Signs this person out of every browser."""
        Person.objects.filter(pk=self.pk).update(session_epoch=models.F("session_epoch") + 1)
        self.refresh_from_db(fields=["session_epoch"])

    def set_pin(self, pin: str) -> None:
        """Keeps a hash of the PIN for quick re-entry, or none for an empty one."""
        self.pin = make_password(pin) if pin else ""

    def check_pin(self, pin: str) -> bool:
        return bool(self.pin) and check_password(pin, self.pin)


class RoleGrant(models.Model):
    """That a person holds a role. Granting and taking away are in the access log."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=[(role.value, ROLES[role].title) for role in Role])
    granted_at = models.DateTimeField(default=timezone.now, editable=False)
    granted_by = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("person", "role"), name="one_grant_per_role"),)

    def __str__(self) -> str:
        return f"{self.person}: {self.role}"


class FactorReset(models.Model):
    """One administrator asked for a person's second factors to be removed; another must agree."""

    id = models.CharField(primary_key=True, max_length=32, default=opaque_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="factor_resets")
    requested_by = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(default=False)

    class Meta:
        ordering = ("-requested_at",)

    def __str__(self) -> str:
        return f"reset of {self.person}"
