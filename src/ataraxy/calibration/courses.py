"""Courses of the plastic pool and of the effect site, solved once for many sets of parameters.

All later steps read these: `COURSE_PARAMETERS` are fitted by choosing among the solved sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from ataraxy.calibration.fitted import COURSE_PARAMETERS
from ataraxy.evidence.arm import Arm
from ataraxy.evidence.comparison import Group
from ataraxy.trials.clinic import VirtualClinic
from ataraxy.trials.dosing import planned_doses
from ataraxy.trials.uncertainty import NO_ENSEMBLE

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

SETS: Final = 160
PEOPLE: Final = 16


@dataclass(frozen=True, eq=False)
class Regimen:
    """What one arm was given, in all solved sets.

    Attributes:
        pool: f8[sets, people, times].
        site: f8[sets, people, times], ng/mL at the effect site.
        highest: f8[sets, people, sessions], the largest of each session.
        unlike: f8[sets, people], C50 of each person over that of the typical person.
        starts_h: f8[sessions].
    """

    pool: Floats
    site: Floats
    highest: Floats
    unlike: Floats
    starts_h: Floats

    def acute(self, places: Places, people: Places, half: Floats) -> Floats:
        """f8[places, people, times]: relief while the drug is there, as `effects.drug_on` has it.

        Args:
            places: of solved sets.
            people: places of people.
            half: f8[places], C50_acute.
        """
        site = self.site[places][:, people]
        return np.asarray(site / (site + half[:, None, None]))

    def felt(self, places: Places, people: Places, half: Floats, exponent: Floats) -> Floats:
        """f8[places, people, sessions]: largest dissociation of each session, for C50 and exponent f8[places]."""
        own = half[:, None, None] * self.unlike[places][:, people, None]
        drive = (self.highest[places][:, people] / own) ** exponent[:, None, None]
        return np.asarray(drive / (1.0 + drive))


class Courses:
    """Solved courses. The same people have every set, so that sets differ by their parameters alone."""

    def __init__(self, *, seed: int, sets: int = SETS, people: int = PEOPLE, workers: int = 1) -> None:
        self.clinic = VirtualClinic.open(
            draws=sets, people=people, seed=seed, same_people=True, workers=workers, ensemble=NO_ENSEMBLE
        )
        names = self.clinic.effects.theta_names
        columns = [names.index(name) for name in COURSE_PARAMETERS]
        self._order = np.argsort(self.clinic.doubt.effect[:, names.index("tau_P")], kind="stable")
        self.parameters: Floats = self.clinic.doubt.effect[self._order][:, columns]
        """f8[sets, COURSE_PARAMETERS], standard-normal draws, in order of how long the pool lasts."""
        self._wanted: dict[object, set[float]] = {}
        self._solved: dict[object, tuple[Floats, Regimen]] = {}

    def __len__(self) -> int:
        return len(self._order)

    @cached_property
    def reference_pool(self) -> Floats:
        """f8[sets], see `EffectModel.reference_pool`."""
        return self.clinic.reference_pool[self._order]

    @cached_property
    def _typical_c50(self) -> Floats:
        return self.clinic.effects.values_at(self.clinic.doubt.effect)["C50"][self._order]

    def chosen(self, coordinate: Floats) -> Places:
        """Which solved set a standard-normal coordinate stands for; each is as probable as any other."""
        return np.minimum((ndtr(coordinate) * len(self)).astype(np.intp), len(self) - 1)

    def want(self, arm: Arm, group: Group, times_h: Sequence[float]) -> None:
        """Notes times at which a regimen will be read, so that it is solved once for all of them."""
        key = _regimen(arm, group)
        known = self._wanted.setdefault(key, set())
        if not set(times_h) <= known:
            known.update(times_h)
            self._solved.pop(key, None)

    def times_of(self, arm: Arm, group: Group) -> frozenset[float]:
        """The times that were noted for a regimen."""
        return frozenset(self._wanted[_regimen(arm, group)])

    def regimen(self, arm: Arm, group: Group, times_h: Sequence[float]) -> Regimen:
        """The courses on what an arm was given, at times."""
        key = _regimen(arm, group)
        self.want(arm, group, times_h)
        times = np.array(sorted(self._wanted[key]))
        if key not in self._solved:
            drives = self.clinic.treat(planned_doses(arm), times, group=group)
            whole = Regimen(
                drives.at("plastic_pool", times)[self._order],
                drives.at("effect_site_ng_per_ml", times)[self._order],
                drives.peaks("effect_site_ng_per_ml")[self._order],
                drives.columns["C50"][self._order] / self._typical_c50[:, None],
                drives.session_starts_h,
            )
            self._solved[key] = times, whole
        solved, whole = self._solved[key]
        at = np.searchsorted(solved, np.asarray(times_h) - 1e-9)
        return replace(whole, pool=whole.pool[:, :, at], site=whole.site[:, :, at])

    def columns(self, places: Places) -> Mapping[str, Floats]:
        """Draws of the course parameters of chosen sets."""
        return {name: self.parameters[places, k] for k, name in enumerate(COURSE_PARAMETERS)}


def _regimen(arm: Arm, group: Group) -> object:
    dose = None if arm.dose is None else (arm.dose.mg, arm.dose.per_kg)
    return (arm.kind, arm.route, dose, arm.duration_h, arm.sessions_h, group.age_from, group.age_below)
