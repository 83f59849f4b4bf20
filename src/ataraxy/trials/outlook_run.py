"""From a protocol to its outlook: people solved under draws of the parameters, watched, and read on scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.evidence.standing import standing_of_evidence
from ataraxy.pharmacology.effects.adverse_events import rates_for
from ataraxy.pharmacology.effects.effect_model import DEFAULT_KINETICS
from ataraxy.pharmacology.effects.hypotheses import NONE, Hypotheses
from ataraxy.pharmacology.effects.safety import hours_back_to_baseline
from ataraxy.pharmacology.exposure import Endpoint, Interval
from ataraxy.pharmacology.kinetics import Scenario, enantiomers_of
from ataraxy.pharmacology.population import People, sample_population
from ataraxy.pharmacology.symptoms import (
    SETTINGS,
    WORLDS,
    Design,
    get_indication,
    hours_to,
    relieved,
    remits,
    responds,
)
from ataraxy.provenance import content_hash, record_provenance
from ataraxy.therapy.protocol import Protocol
from ataraxy.trials.clinic import IN_SESSION_H, RTOL, Drives, VirtualClinic
from ataraxy.trials.onset import CURVE_H, onset_curves
from ataraxy.trials.outlook import (
    NAUSEA,
    Curve,
    OutcomeAt,
    Outlook,
    ScaleOutlook,
    SessionOutlook,
    Share,
)
from ataraxy.trials.readings import MONITOR_H, Vital, Watched
from ataraxy.trials.scores import Sample, ScoresOfArm, read_scores
from ataraxy.trials.time_to_loss import AFTER_DAYS, times_to_loss

Floats = npt.NDArray[np.float64]

MOST_DRAWS: Final = 60
SOLVED_PEOPLE: Final = 100
"""In whom kinetics and effects are solved under each draw; readings and scores of more people are drawn on them."""
READ_PEOPLE: Final = 400
ONE_DRAW_PEOPLE: Final = 1000
FOLLOW_UP_D: Final = 28.0
"""Days after the last session until which scores are shown."""
OUTCOME_H: Final = (
    (1.0, "1 h"),
    (2.0, "2 h"),
    (4.0, "4 h"),
    (24.0, "24 h"),
    (168.0, "7 days"),
)
CADSS_DISSOCIATED: Final = 4.0
"""Points; above it the label of esketamine counts people as dissociated."""
LARGE_RISE: Final[Mapping[Vital, float]] = MappingProxyType({"SBP": 40.0, "DBP": 25.0})
"""mmHg, as in the label's table of large rises."""
USUAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "GAD": ("HAM-A", "GAD-7"),
        "SAD": ("LSAS", "HAM-A"),
        "PTSD": ("CAPS-5", "PCL-5"),
        "TRD": ("MADRS", "GAD-7"),
    }
)
DESIGNS: Final[Mapping[str, tuple[Design, str]]] = MappingProxyType(
    {
        "open_label": (Design.open_label(), "the same people without drug, who know that they get none"),
        "saline_controlled": (Design.saline_controlled(), "the same people on saline, masked"),
        "midazolam_controlled": (Design.midazolam_controlled(), "the same people on midazolam, masked"),
        "under_anaesthesia": (
            Design.under_anaesthesia(),
            "the same people on saline, both under anaesthesia",
        ),
    }
)
"""What people can know of their treatment, and what stands in the place of the control."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """In whom, where and how a protocol is given, as far as symptoms ask for it. Checked when it is made.

    Attributes:
        indication: ``GAD``, ``SAD``, ``PTSD`` or ``TRD``.
        instruments: scales; none for the usual ones of the indication.
        setting: one of `symptoms.SETTINGS`.
        design: one of `DESIGNS`; hyphens will do.
        world: ``published``, or ``null`` where the drug does nothing to symptoms.
        hypotheses: names of the hypotheses that are on.

    Raises:
        InputError: names what is not known.
    """

    indication: str = "GAD"
    instruments: tuple[str, ...] = ()
    setting: str = "open_label"
    design: str = "open_label"
    world: str = "published"
    hypotheses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        people = get_indication(self.indication)
        for name in self.instruments:
            people.scale(name)
        for what, value, allowed in (
            ("setting", self.setting.replace("-", "_"), SETTINGS),
            ("design", self.design.replace("-", "_"), tuple(DESIGNS)),
            ("world", self.world, WORLDS),
        ):
            if value not in allowed:
                raise _unknown(what, value, allowed)
        known = tuple(Hypotheses.__dataclass_fields__)
        for name in self.hypotheses:
            if name.replace("-", "_") not in known:
                raise _unknown("hypothesis", name, known)

    @property
    def scales(self) -> tuple[str, ...]:
        """The scales that are read, each once."""
        return tuple(dict.fromkeys(self.instruments)) or USUAL[self.indication]

    @property
    def switched_on(self) -> Hypotheses:
        """The hypotheses."""
        return replace(NONE, **{name.replace("-", "_"): True for name in self.hypotheses})


def foresee(
    protocol: Protocol,
    circumstances: Circumstances | None = None,
    *,
    people: int | People = 1000,
    seed: int = 1,
    uncertainty_draws: int = 100,
    kinetics: str = DEFAULT_KINETICS,
    scenario: Scenario | None = None,
    workers: int = 1,
    command: str = "",
    time: datetime | None = None,
) -> Outlook:
    """Says what a protocol does to receptors, symptoms and safety in virtual people.

    Kinetics and effects are solved in up to `SOLVED_PEOPLE` people under each of up to `MOST_DRAWS` draws of the
    parameters; readings and scores of up to `READ_PEOPLE` people are drawn on them. Without draws, more people are
    solved once, with the parameters as they stand.

    Args:
        protocol: what is given.
        circumstances: see there; None for GAD in an open-label clinic.
        people: how many, or themselves; a larger number than is solved is thinned out evenly.
        seed: of all random numbers.
        uncertainty_draws: of the parameters; 0 for none.
        kinetics: name of the arterial model that drives the effects.
        scenario: departures from its publication.
        workers: threads; never change a result.
        command, time: of the provenance.

    Raises:
        InputError: ``outlook.people``; a name is not known.
        ModelError: the model is not arterial, or has no absorption for a route.
        SolverError: names person, time and state.
    """
    where = circumstances or Circumstances()
    number = people if isinstance(people, int) else len(people)
    if number < 1:
        raise InputError(f"{number} people", code="outlook.people", remedy="Use one or more", where="people")
    draws = max(1, min(uncertainty_draws, MOST_DRAWS))
    solved = min(number, SOLVED_PEOPLE if draws > 1 else ONE_DRAW_PEOPLE)
    read = min(number, READ_PEOPLE if draws > 1 else ONE_DRAW_PEOPLE)
    clinic = VirtualClinic.open(
        draws=draws,
        people=solved if isinstance(people, int) else _thinned(people, solved),
        seed=seed,
        kinetics=kinetics,
        hypotheses=where.switched_on,
        scenario=scenario,
        same_people=True,
        workers=workers,
    )
    kinetic = clinic.effects.kinetics
    kinetic.require_routes(protocol.routes)
    planned = protocol.planned_doses()
    ketamine = tuple(f"{e}-ketamine" for e in enantiomers_of([protocol.drug]))
    clock = _Clock.of(protocol)
    drives = clinic.treat(
        planned,
        clock.all_h,
        more_outputs=(
            *ketamine, "receptor_block", "glutamate_percent", "gaba_percent", "cardiac_output_percent",
        ),
    )  # fmt: skip
    watched = Watched(clinic, drives, planned, read, monitor_h=clock.monitor_h)
    sessions = tuple(_session(watched, drives, ketamine, k, draws > 1) for k in range(watched.sessions))
    everybody = clinic.roster or sample_population(range(solved), seed)
    return Outlook(
        kinetics=kinetic.name,
        kinetics_site=kinetic.site,
        indication=where.indication,
        setting=where.setting.replace("-", "_"),
        design=where.design.replace("-", "_"),
        control=DESIGNS[where.design.replace("-", "_")][1],
        world=where.world,
        hypotheses=clinic.effects.hypotheses.on,
        draws=clinic.draws,
        people_solved=solved,
        people=read,
        doubt=clinic.doubt.source,
        ensemble_sha256=clinic.doubt.sha256,
        session_curves=_session_curves(watched, drives, ketamine, clock.session_h),
        session_h=clock.session_h,
        pool=_curve(clock.course_h, drives.at("plastic_pool", clock.course_h)),
        sessions=sessions,
        events=_over_course(watched, draws > 1),
        scales=tuple(_scale(clinic, drives, where, name, read, clock) for name in where.scales),
        onset=onset_curves(clinic, where.indication, drives, world=where.world),
        published_events=tuple(rate for route in protocol.routes for rate in rates_for(route)),
        standing=standing_of_evidence(),
        outside_studied_range=tuple(str(flag) for flag in kinetic.outside_studied_range(planned, everybody)),
        assumptions=tuple(
            f"{route.label}: {support.status.value}, {support.note}"
            for route, support in kinetic.routes.items()
            if route in protocol.routes and support.status.value != "published"
        ),
        provenance=record_provenance(
            time=time or datetime.now(UTC),
            command=command or f"foresee({protocol.name!r}, ...)",
            model_name=clinic.effects.name,
            model_hash=clinic.effects.sha256(),
            data_hash=content_hash(
                {
                    "protocol": protocol.protocol_hash.encode(),
                    "people": everybody.fingerprint(),
                    "ensemble": clinic.doubt.sha256.encode(),
                }
            ),
            seed=seed,
            solver="auto",
            rtol=RTOL,
        ),
    )


@dataclass(frozen=True, eq=False)
class _Clock:
    """When people are looked at, hours from the first dose.

    Attributes:
        all_h: every time, increasing.
        course_h: closely over the first session and a day, then once a day to the end of the follow-up.
        session_h: hours of the first session that are shown.
        last_h: start of the last session.
        monitor_h: readings of pressure in a session, from its start.
    """

    all_h: Floats
    course_h: Floats
    session_h: float
    last_h: float
    monitor_h: tuple[float, ...]

    @staticmethod
    def of(protocol: Protocol) -> _Clock:
        starts = [session.time_h for session in protocol.sessions]
        doses = protocol.planned_doses()
        first_end = max(d.end_h for d in doses if d.session == 0)
        shown = float(np.ceil(first_end + 3.5))
        if len(starts) > 1:
            shown = min(shown, starts[1])
        looks = [
            np.arange(0.0, min(first_end + 0.5, shown), 1 / 24),
            np.arange(0.0, min(first_end + 2.0, shown), 1 / 12),
            np.arange(0.0, shown + 0.1, 0.25),
        ]
        close = np.array([h for h in IN_SESSION_H if h <= 4.0])
        for dose in doses:
            # what begins or ends apart from the session's start has a peak of its own
            looks += [dose.time_h + close, np.array([dose.end_h])]
        end = starts[-1] + 24.0 * FOLLOW_UP_D
        days = np.arange(0.0, end + 1e-6, 24.0)
        first_day = np.concatenate([*looks[1:3], np.arange(0.0, 24.1, 1.0)])
        within = (first_day < starts[1]) if len(starts) > 1 else (first_day <= 24.0)
        outcomes = [h for h, _ in OUTCOME_H]
        course = np.unique(
            np.round(np.concatenate([first_day[within], days, [starts[-1] + 24.0, *outcomes]]), 6)
        )
        after = starts[-1] + 24.0 * np.array(AFTER_DAYS)
        everything = np.concatenate([course, *looks, after, CURVE_H])
        own = {h for dose in doses if (h := dose.time_h - starts[dose.session]) > 0.5}
        monitor = sorted({h + late for late in (0.0, *own) for h in MONITOR_H})
        return _Clock(np.unique(np.round(everything, 6)), course, shown, starts[-1], tuple(monitor))


def _session(
    watched: Watched, drives: Drives, ketamine: Sequence[str], k: int, doubt: bool
) -> SessionOutlook:
    total = np.sum([drives.in_session(name, k) for name in ketamine], axis=0)
    cadss = watched.cadss(k)
    rises = {vital: watched.rise(vital, k) for vital in _VITALS}
    peaks = {
        "ketamine_ng_per_ml": total.max(axis=2),
        "receptor_block_percent": 100.0 * drives.in_session("receptor_block", k).max(axis=2),
        "glutamate_percent": drives.in_session("glutamate_percent", k).max(axis=2),
        "gaba_percent": drives.in_session("gaba_percent", k).max(axis=2),
        "cadss_points": cadss.max(axis=2),
        **{name: rises[vital].max(axis=2) for vital, name in _VITALS.items()},
        "cardiac_output_percent": drives.in_session("cardiac_output_percent", k).max(axis=2),
    }
    times = watched.times(k)
    own = watched.columns(k)
    awake = np.where(watched.sedated(k), 1.0, -1.0)
    ways_back = {
        "cadss_back_h": _hours_back(times, cadss, np.full(cadss.shape[:2], CADSS_DISSOCIATED)),
        "pressure_back_h": _hours_back(times, rises["SBP"], own["noise_SBP"]),
        "sedation_back_h": _hours_back(times, awake, np.zeros(cadss.shape[:2])),
    }
    events = {
        **{name: watched.measured_rise(v, k).max(axis=2) >= LARGE_RISE[v] for v, name in _LARGE.items()},
        "cadss_above_4": cadss.max(axis=2) > CADSS_DISSOCIATED,
        "any_sedation": watched.sedated(k).any(axis=2),
        "loss_of_consciousness": watched.unconscious_in(k),
    }
    return SessionOutlook(
        k + 1,
        watched.start_h(k),
        {name: _endpoint(values, doubt) for name, values in peaks.items()},
        {name: _endpoint(values, doubt) for name, values in ways_back.items()},
        {name: _share(values, doubt) for name, values in events.items()},
    )


_VITALS: Final[Mapping[Vital, str]] = MappingProxyType(
    {"SBP": "sbp_rise_mmhg", "DBP": "dbp_rise_mmhg", "HR": "hr_rise_bpm"}
)
_LARGE: Final[Mapping[Vital, str]] = MappingProxyType({"SBP": "sbp_rise_40_mmhg", "DBP": "dbp_rise_25_mmhg"})


def _hours_back(times: Floats, reading: Floats, margin: Floats) -> Floats:
    """f8[draws, people]; infinite where the way back is longer than the session was looked at."""
    flat = hours_back_to_baseline(times, reading.reshape(-1, reading.shape[2]), margin.ravel())
    return np.where(np.isnan(flat), np.inf, flat).reshape(reading.shape[:2])


def _over_course(watched: Watched, doubt: bool) -> dict[str, Share]:
    sessions = range(watched.sessions)
    events: dict[str, npt.NDArray[np.generic]] = {
        name: np.asarray((watched.largest_rise(vital) >= LARGE_RISE[vital]).any(axis=2))
        for vital, name in _LARGE.items()
    }
    cadss = np.stack([watched.cadss(k).max(axis=2) for k in sessions], axis=2)
    events["cadss_above_4"] = np.asarray((cadss > CADSS_DISSOCIATED).any(axis=2))
    sedated = np.stack([watched.sedated(k).any(axis=2) for k in sessions], axis=2)
    events["any_sedation"] = np.asarray(sedated.any(axis=2))
    events["loss_of_consciousness"] = watched.unconscious()
    events[NAUSEA.name] = watched.nausea()
    return {name: _share(values, doubt) for name, values in events.items()}


def _session_curves(
    watched: Watched, drives: Drives, ketamine: Sequence[str], shown_h: float
) -> dict[str, Curve]:
    times = watched.times(0)
    inside = times <= shown_h + 1e-9
    total = np.sum([drives.in_session(name, 0) for name in ketamine], axis=0)
    values = {
        "ketamine_ng_per_ml": total,
        "receptor_block_percent": 100.0 * drives.in_session("receptor_block", 0),
        "glutamate_percent": drives.in_session("glutamate_percent", 0),
        "gaba_percent": drives.in_session("gaba_percent", 0),
        "cadss_points": watched.cadss(0),
        **{name: watched.rise(vital, 0) for vital, name in _VITALS.items()},
        "cardiac_output_percent": drives.in_session("cardiac_output_percent", 0),
    }
    return {name: _curve(times[inside], course[:, :, inside]) for name, course in values.items()}


def _scale(
    clinic: VirtualClinic, drives: Drives, where: Circumstances, name: str, people: int, clock: _Clock
) -> ScaleOutlook:
    design = DESIGNS[where.design.replace("-", "_")][0]
    setting = where.setting.replace("-", "_")
    arm = Sample(people, where.indication, setting, design, world=where.world)
    control = replace(
        arm, design=replace(design, control=True), sessions_h=tuple(drives.session_starts_h.tolist())
    )
    doubt = clinic.draws > 1
    moments = _moments(clock.last_h)
    later = clock.last_h + 24.0 * np.array(AFTER_DAYS)
    seen = np.unique(np.concatenate([[h for h, _ in moments], later]))
    course = clock.course_h[clock.course_h > 0.0]
    true = read_scores(clinic, arm, name, course, drives=drives, true=True)
    observed = read_scores(clinic, arm, name, seen, drives=drives)
    true_control = read_scores(clinic, control, name, course, true=True)
    observed_control = read_scores(clinic, control, name, seen)
    scale = true.instrument
    # draws under which nobody responded say nothing of how long a response lasts
    days = [] if scale.response is None else times_to_loss(observed, clinic, clock.last_h)
    responders = [group for group in days if len(group)]
    first = np.stack(
        [hours_to(course, relieved(true.readings[m], true.baseline[m], scale)) for m in range(clinic.draws)]
    )
    return ScaleOutlook(
        scale,
        _endpoint(true.baseline, doubt),
        _with_start(true),
        _with_start(true_control),
        tuple(
            _outcome(h, words, (true, observed), (true_control, observed_control), doubt)
            for h, words in moments
        ),
        _endpoint(first, doubt),
        _endpoint_of_groups(responders, doubt) if responders else None,
        len(responders),
    )


def _moments(last_h: float) -> tuple[tuple[float, str], ...]:
    """When outcomes are counted: `OUTCOME_H`, a day after the last session, and at the end of the follow-up."""
    named = [
        *OUTCOME_H,
        (last_h + 24.0, "a day after the last session"),
        (last_h + 24.0 * FOLLOW_UP_D, f"{FOLLOW_UP_D:g} days after the last session"),
    ]
    # of one session the day after it is 24 h: said once
    times: dict[float, str] = {}
    for hours, words in named:
        times.setdefault(hours, words)
    return tuple(sorted(times.items()))


Pair = tuple[ScoresOfArm, ScoresOfArm]


def _outcome(hours: float, words: str, arm: Pair, control: Pair, doubt: bool) -> OutcomeAt:
    scale = arm[0].instrument

    def shares(pair: Pair) -> tuple[Share, Share | None, Share | None]:
        true, observed = pair
        fell = _share(true.baseline - true.at(hours) >= scale.important, doubt)
        flat, before = observed.at(hours).reshape(-1, 1), observed.baseline.ravel()
        shape = observed.baseline.shape
        response = remission = None
        if scale.response is not None:
            response = _share(responds(flat, before, scale).reshape(shape), doubt)
        if scale.remission is not None:
            remission = _share(remits(flat, scale).reshape(shape), doubt)
        return fell, response, remission

    fall, other = (pair[0].baseline - pair[0].at(hours) for pair in (arm, control))
    gain = (fall - other).mean(axis=1)
    low, high = np.quantile(gain, (0.05, 0.95))
    own, against = shares(arm), shares(control)
    return OutcomeAt(
        hours, words, _endpoint(fall, doubt), float(np.median(gain)),
        Interval(float(low), float(high)) if doubt else None, *own, *against,
    )  # fmt: skip


def _with_start(scores: ScoresOfArm) -> Curve:
    """True severity over time, from before the first dose."""
    values = np.concatenate([scores.baseline[:, :, None], scores.readings], axis=2)
    return _curve(np.concatenate([[0.0], scores.times_h]), values)


def _curve(times: Floats, values: Floats) -> Curve:
    """Of f8[draws, people, times]."""
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95), axis=1)
    doubt = np.quantile(middle, (0.05, 0.95), axis=0) if len(values) > 1 else None
    people = np.stack([np.median(low, axis=0), np.median(high, axis=0)])
    return Curve(np.asarray(times, float), np.median(middle, axis=0), people, doubt)


def _endpoint(values: Floats, doubt: bool) -> Endpoint:
    """Of f8[draws, people], infinite ones among them: no interpolation between people or draws."""
    return _endpoint_of_groups(list(values), doubt)


def _endpoint_of_groups(groups: Sequence[Floats], doubt: bool) -> Endpoint:
    """Of one array of people for each draw, which need not be equally many."""
    each = np.array([np.quantile(g, (0.05, 0.5, 0.95), method="closest_observation") for g in groups])
    low, middle, high = np.quantile(each, 0.5, axis=0, method="closest_observation")
    uncertain = None
    if doubt:
        ends = np.quantile(each[:, 1], (0.05, 0.95), method="closest_observation")
        uncertain = Interval(float(ends[0]), float(ends[1]))
    return Endpoint(float(middle), Interval(float(low), float(high)), uncertain)


def _share(values: npt.NDArray[np.generic], doubt: bool) -> Share:
    """Of bool or probability [draws, people]."""
    each = 100.0 * np.asarray(values, float).mean(axis=1)
    low, high = np.quantile(each, (0.05, 0.95))
    return Share(float(each.mean()), Interval(float(low), float(high)) if doubt else None)


def _thinned(people: People, most: int) -> People:
    return people.rows(np.linspace(0, len(people) - 1, most).round().astype(int))


def _unknown(what: str, value: str, allowed: Sequence[str]) -> InputError:
    return InputError(
        f"there is no {what} {value!r}",
        code=f"outlook.{what}",
        remedy=f"Use one of {', '.join(allowed)}",
        where="effects",
    )
