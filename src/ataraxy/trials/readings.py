"""What is watched for safety in an arm: dissociation, pressure, heart rate, sedation, nausea, in so many people.

What a person has after the drug arrived (largest rise, threshold of sedation, CADSS) is drawn for a fresh sample of
people, on the drives of the clinic's people in turn, as in `virtual_arm`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from ataraxy.engine.random import normals
from ataraxy.pharmacology.effects import safety
from ataraxy.pharmacology.population import sample_population
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route
from ataraxy.trials.clinic import IN_SESSION_H, Drives, VirtualClinic

Floats = npt.NDArray[np.float64]
Vital = Literal["SBP", "DBP", "HR"]

MONITOR_H: Final = (2.0 / 3.0, 1.0, 1.5)
"""Readings of a session after one predose reading, as in the trials on which pressure was calibrated."""


class Watched:
    """An arm's people while they are watched.

    Attributes:
        sessions: how many there are; one for an arm without ketamine.
        people: of each draw.
    """

    def __init__(
        self,
        clinic: VirtualClinic,
        drives: Drives | None,
        planned: tuple[PlannedDose, ...],
        people: int,
        *,
        patients: bool = True,
        monitor_h: Sequence[float] = MONITOR_H,
    ) -> None:
        self._clinic, self._drives, self._planned = clinic, drives, planned
        self._monitor_h = tuple(monitor_h)
        self.people = people
        self.sessions = 1 if drives is None else len(drives.session_starts_h)
        self._patients = patients
        self._place = np.arange(people) % clinic.people
        self._columns: dict[int, Mapping[str, Floats]] = {}

    @property
    def without_drug(self) -> bool:
        """Whether no ketamine was given."""
        return self._drives is None

    def start_h(self, session: int) -> float:
        """Start of a session, hours from the first dose."""
        return 0.0 if self._drives is None else float(self._drives.session_starts_h[session])

    def times(self, session: int) -> Floats:
        """f8[times]: hours from the start of a session at which it was looked at, up to a day."""
        if self._drives is None:
            return np.array(IN_SESSION_H)
        window = self._drives.window(session)
        return np.asarray(self._drives.times_h[window] - self._drives.session_starts_h[session])

    def drive(self, output: str, session: int) -> Floats:
        """f8[draws, people, times]: an output of the effect model in a session; zero without ketamine."""
        if self._drives is None:
            return np.zeros((self._clinic.draws, self.people, len(IN_SESSION_H)))
        return self._drives.in_session(output, session)[:, self._place]

    def columns(self, session: int) -> Mapping[str, Floats]:
        """Individual parameters of the sampled people in a session, f8[draws, people] each."""
        if session not in self._columns:
            clinic = self._clinic
            model = clinic.effects
            numbers = clinic.numbers(self.people)
            draw = np.repeat(np.arange(clinic.draws), self.people)
            own = model.individual_parameters(
                sample_population(numbers, clinic.seed),
                effect_theta=clinic.doubt.effect[draw],
                effect_eta=_normals(clinic.seed, "watched", 0, numbers, len(model.between_subject)),
                effect_occasion=_normals(
                    clinic.seed, "watched-session", session, numbers, len(model.between_occasion)
                ),
            ).columns
            self._columns[session] = {k: v.reshape(clinic.draws, -1) for k, v in own.items()}
        return self._columns[session]

    def cadss(self, session: int) -> Floats:
        """f8[draws, people, times]: CADSS, points; of volunteers with their score on placebo.

        Patients have none of that here: their part was calibrated without it (see `reading_calibration`).
        """
        own = self.columns(session)
        largest = own["E_max"] * (own["patient_dissociation"] if self._patients else 1.0)
        left = safety.tolerance(session + 1.0, own["phi"], own["n_tol"])
        score = (largest * left)[:, :, None] * self.drive("dissociation", session)
        if not self._patients:
            score = score + own["cadss_background"][:, :, None]
        return np.minimum(score, safety.HIGHEST_CADSS)

    def rise(self, vital: Vital, session: int) -> Floats:
        """f8[draws, people, times]: rise by the drug, mmHg or beats per minute."""
        own = self.columns(session)
        largest = own[f"s_{vital}"] * self._setting(own)
        return np.asarray(largest[:, :, None] * self.drive("cardiovascular", session))

    def measured_rise(self, vital: Vital, session: int) -> Floats:
        """f8[draws, people, readings]: rise above one predose reading as a monitor shows it at `monitor_h`."""
        times = self.times(session)
        places = [int(np.argmin(np.abs(times - t))) for t in self._monitor_h]
        rise = self.rise(vital, session)[:, :, places]
        noise = _normals(
            self._clinic.seed, f"monitor-{vital}", session, self._clinic.numbers(self.people), 1 + len(places)
        )
        noise = noise.reshape(*rise.shape[:2], -1)
        error = self.columns(session)[f"noise_{vital}"][:, :, None] * (noise[:, :, 1:] - noise[:, :, :1])
        return np.asarray(rise + error)

    def largest_rise(self, vital: Vital) -> Floats:
        """f8[draws, people, sessions]: largest measured rise of each session."""
        return np.stack([self.measured_rise(vital, k).max(axis=2) for k in range(self.sessions)], axis=2)

    def sedated(self, session: int) -> npt.NDArray[np.bool_]:
        """bool[draws, people, times]: whether MOAA/S is below 5."""
        threshold = self.columns(session)["EC50_sedation"][:, :, None]
        return np.asarray(self.drive("sedation_site_mg_per_l", session) >= threshold)

    def unconscious(self) -> Floats:
        """f8[draws, people]: probability of loss of consciousness at least once."""
        stays = np.ones((self._clinic.draws, self.people))
        for k in range(self.sessions):
            stays *= 1.0 - self.unconscious_in(k)
        return 1.0 - stays

    def unconscious_in(self, session: int) -> Floats:
        """f8[draws, people]: probability of loss of consciousness in a session."""
        own = self.columns(session)
        site = self.drive("sedation_site_mg_per_l", session).max(axis=2)
        return safety.probability_of_loss_of_consciousness(site, own["LOC50"], own["loc_exponent"])

    def nausea(self) -> Floats:
        """f8[draws, people]: probability that nausea is reported at least once."""
        own = self.columns(0)
        routes = {dose.route for dose in self._planned}
        slope = own["nausea_slope_other"]
        if routes == {Route.NASAL_SPRAY}:
            slope = own["nausea_slope_nasal"]
        elif routes <= {Route.IV_INFUSION, Route.IV_BOLUS}:
            slope = own["nausea_slope_iv"]
        largest = np.zeros_like(slope)
        for k in range(self.sessions):
            largest = np.maximum(largest, self.drive("effect_site_ng_per_ml", k).max(axis=2))
        return safety.probability_of_nausea(largest, slope, own["nausea_background"])

    def _setting(self, own: Mapping[str, Floats]) -> Floats | float:
        # the size of rises was calibrated in the nasal trials; cohorts of clinics differ from them
        nasal = all(dose.route is Route.NASAL_SPRAY for dose in self._planned)
        return 1.0 if nasal else own["setting_pressure"]


def _normals(seed: int, purpose: str, replicate: int, numbers: npt.NDArray[np.int64], count: int) -> Floats:
    """Draws of people of whom some may be the same: equal numbers get equal rows."""
    distinct, place = np.unique(numbers, return_inverse=True)
    return np.asarray(normals(seed, purpose, replicate, distinct, count)[place])
