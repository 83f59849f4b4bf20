"""A clinic to look at: everybody in it is simulated, and anybody on this machine may sign in with what is printed."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ataraxy.clinic.home import FILE, ClinicHome, ClinicSettings, CrisisNumber
from ataraxy.clinic.serve import configure, create_clinic
from ataraxy.errors import InputError

NAME: Final = "Demo clinic"
_WORDS: Final = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "kestrel",
    "meadow",
)


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """Somebody who can sign in to the demo clinic."""

    role: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class DemoClinic:
    """A demo clinic that is filled.

    Attributes:
        home: its directory.
        sign_ins: one for each role.
        people, entries: how many patients and entries its record holds.
        session: opaque id of the session that is going on.
    """

    home: ClinicHome
    sign_ins: tuple[DemoSignIn, ...]
    people: int
    entries: int
    session: str


def clear_demo(directory: Path) -> None:
    """Remove a demo clinic that is there already, and nothing else.

    Raises:
        InputError: something else is there (``clinic.demo-directory``).
    """
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return
    if not (directory / FILE).is_file() or not ClinicHome.open(directory).settings.demo:
        raise InputError(
            "there is something else than a demo clinic",
            code="clinic.demo-directory",
            remedy="Choose another directory; nothing was touched",
            where=str(directory),
        )
    shutil.rmtree(directory)


def create_demo(
    directory: Path, *, patients: int, weeks: int, seed: int, tell: Callable[[str], None]
) -> DemoClinic:
    """Make a demo clinic with its accounts, and let the virtual clinic fill its record up to this moment.

    Args:
        directory: of the clinic; a demo clinic that is there is replaced.
        patients, weeks, seed: of the virtual clinic.
        tell: is told how far it is.
    """
    clear_demo(directory)
    home = create_clinic(
        directory,
        ClinicSettings(
            name=f"{NAME}: all people are simulated",
            demo=True,
            second_factor="off",
            care_scope="clinic",
            idle_lock_seconds=1800,
            crisis_numbers=(
                CrisisNumber(label="Example of a crisis line (not a real one)", number="000 000"),
            ),
        ),
    )
    configure(home)
    from ataraxy.clinic.access.roles import ROLES, Role
    from ataraxy.clinic.accounts.models import Person
    from ataraxy.clinic.the_practice import the_practice
    from ataraxy.practice import lists
    from ataraxy.practice.virtual.clinic import simulate_clinic
    from ataraxy.therapy.actor import Role as StaffRole

    password = "-".join(secrets.choice(_WORDS) for _ in range(3)) + f"-{secrets.randbelow(90) + 10}"
    sign_ins, staff = [], {}
    for role in Role:
        person = Person.objects.create_person(
            role.value,
            f"Demo {ROLES[role].title.lower()}",
            password=password,
            roles=[role],
            must_change_password=False,
        )
        sign_ins.append(DemoSignIn(ROLES[role].title, person.sign_in_name, password))
        staff[StaffRole(role.value)] = person.staff_id
    practice = the_practice()
    done = simulate_clinic(
        practice.record,
        weeks=weeks,
        patients=patients,
        seed=seed,
        ends_now=datetime.now(UTC),
        staff=staff,
        tell=tell,
    )
    return DemoClinic(
        home, tuple(sign_ins), len(lists.people(practice)), practice.record.head().seq, done.in_progress or ""
    )
