"""The validation table V1 to V18 and the negative controls: computed, with a verdict by a rule written down before.

What each line is, and its rule, stands in `targets.yaml`; the functions here compute. Numbers are medians over the
draws of the parameters, with their 90% interval where one matters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import yaml

from ataraxy.engine.solve import solve
from ataraxy.errors import AtaraxyError
from ataraxy.pharmacology.effects import Challenge, EffectModel, Hypotheses
from ataraxy.pharmacology.effects.reference_arms import (
    bolus_and_infusion,
    infusion,
    nasal_esketamine,
    subcutaneous,
)
from ataraxy.pharmacology.symptoms import Design, get_indication
from ataraxy.pharmacology.symptoms.outcomes import responds
from ataraxy.pharmacology.typical import OnePerson
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route
from ataraxy.trials.clinic import Drives, VirtualClinic
from ataraxy.trials.interval import Interval
from ataraxy.trials.readings import Watched
from ataraxy.trials.scores import Sample, ScoresOfArm, SymptomDoubt, read_scores
from ataraxy.trials.time_to_loss import AFTER_DAYS, times_to_loss
from ataraxy.validation.target import TargetResult, Verdict

Floats = npt.NDArray[np.float64]
Numbers = dict[str, "Interval | float | None"]
Outcome = tuple[Numbers, bool | None]

_FILE: Final = Path(__file__).with_name("targets.yaml")
PEOPLE: Final = 200
SIX: Final = (0.0, 48.0, 96.0, 168.0, 216.0, 264.0)
EIGHT: Final = (0.0, 72.0, 168.0, 240.0, 336.0, 408.0, 504.0, 576.0)
WEEKLY: Final = tuple(168.0 * week for week in range(14))
# Two-sided 5% by normal quantile: trials of 17 and more.
SIGNIFICANT: Final = 1.96
# What a model is able to yield: inside its 90% interval, on one side.
ABLE: Final = 0.05


def repeated(session: Sequence[PlannedDose], starts_h: Sequence[float]) -> tuple[PlannedDose, ...]:
    """The doses of one session given at each start."""
    return tuple(
        with_fields(dose, session=k, time_h=start + dose.time_h)
        for k, start in enumerate(starts_h)
        for dose in session
    )


def compute_targets(clinic: VirtualClinic, world: str = "published") -> tuple[TargetResult, ...]:
    """The lines V1 to V18, in their order."""
    return _lines("targets", _Bench(clinic, world))


def compute_negative_controls(clinic: VirtualClinic, world: str = "published") -> tuple[TargetResult, ...]:
    """What the model must be able to yield, each by the switch or world that its line names."""
    return _lines("negative_controls", _Bench(clinic, world))


def _lines(section: str, bench: _Bench) -> tuple[TargetResult, ...]:
    content: Mapping[str, Sequence[Mapping[str, Any]]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    results = []
    for line in content[section]:
        note = line.get("note", "")
        try:
            computed, passed = _COMPUTE[line["id"]](bench)
        except AtaraxyError as error:
            computed, passed, note = {}, False, f"could not be computed: {error}"
        verdict: Verdict = "pass" if passed else "miss"
        if line["use"] in ("input", "reported"):
            verdict = line["use"]
        results.append(
            TargetResult(
                id=line["id"],
                observation=" ".join(line["observation"].split()),
                evidence=tuple(line["evidence"]),
                use=line["use"],
                rule=line["rule"],
                simulated=line["simulated"],
                computed=computed,
                verdict=verdict,
                note=note,
            )
        )
    return tuple(results)


@dataclass(eq=False)
class _Bench:
    """A clinic with the arms that several lines need."""

    clinic: VirtualClinic
    world: str

    def treat(self, planned: Sequence[PlannedDose], times_h: Sequence[float] = (), *more: str) -> Drives:
        return self.clinic.treat(tuple(planned), [24.0, *times_h], more_outputs=more)

    def watched(self, planned: Sequence[PlannedDose], *, patients: bool = True) -> Watched:
        return Watched(self.clinic, self.treat(planned), tuple(planned), PEOPLE, patients=patients)

    def scores(
        self,
        planned: Sequence[PlannedDose],
        indication: str,
        times_h: Sequence[float],
        design: Design,
        *,
        scale: str = "",
        people: int = PEOPLE,
        number: int = 0,
        setting: str = "civilian_trial",
        cohort: str = "",
        world: str = "",
        sessions_h: tuple[float, ...] = (0.0,),
    ) -> ScoresOfArm:
        sample = Sample(
            people, indication, setting, design, cohort, number, world or self.world, None, sessions_h
        )
        drives = self.treat(planned, times_h) if planned else None
        name = scale or get_indication(indication).main.instrument.name
        return read_scores(self.clinic, sample, name, sorted(times_h), drives=drives)

    @cached_property
    def effects(self) -> Mapping[str, Floats]:
        return self.clinic.effects.values_at(self.clinic.doubt.effect)

    @cached_property
    def spectroscopy(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Times, and means over people of glutamate, GABA and interneuron block, f8[draws, times]."""
        times = tuple(round(minute / 60.0, 6) for minute in (*range(2, 61, 2), 193))
        names = ("glutamate_percent", "gaba_percent", "interneuron_block")
        drives = self.treat(infusion(0.5), times, *names)
        glutamate, gaba, block = (drives.at(name, times).mean(axis=1) for name in names)
        return np.array(times), glutamate, gaba, block

    @cached_property
    def anxiety(self) -> tuple[Interval, ...]:
        return self.standardised("GAD", infusion(0.5), (2.0, 24.0, 240.0))

    def standardised(
        self,
        indication: str,
        planned: Sequence[PlannedDose],
        times_h: Sequence[float],
        midazolam: bool = False,
    ) -> tuple[Interval, ...]:
        """Standardised differences from a control in the average trial, negative where ketamine is better."""
        design = Design.midazolam_controlled if midazolam else Design.saline_controlled
        # the same people in both arms: the mean of many trials, not one of them
        drug = self.scores(planned, indication, times_h, design())
        control = self.scores((), indication, times_h, design(control=True))
        found = []
        for t in times_h:
            spread = np.sqrt((drug.sd(t) ** 2 + control.sd(t) ** 2) / 2.0)
            found.append(Interval.sure((drug.change([t]) - control.change([t])) / spread))
        return tuple(found)

    def null_share(
        self, indication: str, planned: Sequence[PlannedDose], time_h: float, sizes: tuple[int, int],
        designs: tuple[Design, Design], world: str, setting: str = "civilian_trial",
    ) -> float:  # fmt: skip
        """Share of draws in which a trial of these sizes would find no difference between its arms."""
        starts = tuple(dict.fromkeys(dose.time_h for dose in planned))
        arms = [
            self.scores(
                given,
                indication,
                [time_h],
                design,
                people=size,
                number=number,
                cohort="negative control",
                world=world,
                setting=setting,
                sessions_h=starts,
            )
            for number, given, size, design in (
                (1, tuple(planned), sizes[0], designs[0]),
                (2, (), sizes[1], designs[1]),
            )
        ]
        falls = [arm.baseline - arm.at(time_h) for arm in arms]
        difference = falls[0].mean(axis=1) - falls[1].mean(axis=1)
        error = np.sqrt(sum(fall.var(axis=1, ddof=1) / fall.shape[1] for fall in falls))
        return float(np.mean(np.abs(difference) <= SIGNIFICANT * error))


def _v1(bench: _Bench) -> Outcome:
    planned = bolus_and_infusion(0.4, 1.0 / 6.0, 0.4, 1.5)
    late = 1.0 / 6.0 + 1.5 + 0.5
    drives = bench.treat(planned, [1.0 / 3.0, late])
    watched = Watched(bench.clinic, drives, tuple(planned), PEOPLE, patients=False)
    course, times = watched.cadss(0).mean(axis=1), watched.times(0)
    first, second = (Interval.sure(course[:, int(np.argmin(np.abs(times - t)))]) for t in (1.0 / 3.0, late))
    return {"during": first, "30 min after": second}, abs(second.median - 12.67) <= 3.0


def _v2(bench: _Bench) -> Outcome:
    steps = np.array([50.0, 100.0, 150.0, 200.0])
    half, exponent = bench.effects["C50"], bench.effects["dissociation_exponent"]
    x = (steps / 2.0 / half[:, None]) ** exponent[:, None]
    drive = x / (1.0 + x)
    r = Interval.sure([np.corrcoef(steps, one)[0, 1] for one in drive])
    return {
        "correlation": r,
        "% of maximum at 200 ng/mL": Interval.sure(100.0 * drive[:, -1]),
    }, r.median > 0.9


def _v3(bench: _Bench) -> Outcome:
    half_life_min = 60.0 * np.log(2.0) / bench.effects["ke0"]
    return {
        "C50, ng/mL": Interval.sure(bench.effects["C50"]),
        "half-life, min": Interval.sure(half_life_min),
    }, None


def _v4(bench: _Bench) -> Outcome:
    nasal = bench.watched(repeated(nasal_esketamine(3), EIGHT))
    vein, skin = bench.watched(infusion(0.5)), bench.watched(subcutaneous(1.0))
    numbers: Numbers = {}
    held_out = []
    for vital, largest, in_741, yale, under_skin in (
        ("SBP", 13.3, 7.4, 16.0, 10.0),
        ("DBP", 8.7, 6.0, 11.0, 10.0),
    ):
        rise = nasal.largest_rise(vital).mean(axis=1).max(axis=1)  # type: ignore[arg-type]
        numbers[f"nasal {vital} (of {largest:g})"] = Interval.sure(rise)
        times = vein.times(0)
        at = {t: int(np.argmin(np.abs(times - t))) for t in (0.5, 2.0 / 3.0)}
        by_vein = Interval.sure(vein.rise(vital, 0).mean(axis=1)[:, at[2.0 / 3.0]])  # type: ignore[arg-type]
        by_skin = Interval.sure(skin.rise(vital, 0).mean(axis=1)[:, at[0.5]])  # type: ignore[arg-type]
        numbers[f"intravenous {vital} (of {in_741:g} and {yale:g})"] = by_vein
        numbers[f"subcutaneous {vital} (of {under_skin:g})"] = by_skin
        held_out += [by_vein.median - in_741, by_vein.median - yale, by_skin.median - under_skin]
    share = Interval.sure(100.0 * (nasal.largest_rise("SBP").max(axis=2) >= 40.0).mean(axis=1))
    mean = nasal.drive("cardiovascular", 0).mean(axis=1)
    numbers["% with 40 mmHg (of 8)"] = share
    numbers["peak, min (of 40)"] = Interval.sure(60.0 * nasal.times(0)[mean.argmax(axis=1)])
    return numbers, all(abs(miss) <= 5.0 for miss in held_out) and 4.0 <= share.median <= 14.0


def _v5(bench: _Bench) -> Outcome:
    nasal = Interval.sure(100.0 * bench.watched(nasal_esketamine(3)).unconscious().mean(axis=1))
    bolus = [with_fields(d, duration_h=1.0 / 60.0) for d in infusion(1.5)]
    anaesthetic = Interval.sure(100.0 * bench.watched(bolus).unconscious().mean(axis=1))
    numbers: Numbers = {"% on 84 mg": nasal, "% after 1.5 mg/kg in a minute": anaesthetic}
    return numbers, 0.03 <= nasal.median <= 3.0


def _v6(bench: _Bench) -> Outcome:
    rising = PlannedDose(
        session=0, time_h=0.0, route=Route.IV_INFUSION, amount=120.0, amount_per="mg", basis=Basis.BASE,
        drug=Drug.ESKETAMINE, duration_h=2.0,
    )  # fmt: skip
    drives = bench.treat([rising], [], "S-ketamine", "cardiac_output_percent")
    climbing = drives.times_h <= 2.0
    concentration = drives.values["S-ketamine"][:, :, climbing]
    percent = drives.values["cardiac_output_percent"][:, :, climbing]
    at = [
        np.mean([np.interp(320.0, c, p) for c, p in zip(cs, ps, strict=True)])
        for cs, ps in zip(concentration, percent, strict=True)
    ]
    found = Interval.sure(at)
    return {"% at 320 ng/mL": found}, 35.0 <= found.median <= 55.0


def _v7(bench: _Bench) -> Outcome:
    times, glutamate, gaba, _ = bench.spectroscopy
    peak, minutes = (
        Interval.sure(glutamate.max(axis=1)),
        Interval.sure(60.0 * times[glutamate.argmax(axis=1)]),
    )
    numbers: Numbers = {"glutamate, %": peak, "at, min": minutes, "GABA, %": Interval.sure(gaba.max(axis=1))}
    return numbers, 30.3 <= peak.median <= 45.3 and 18.0 <= minutes.median <= 34.0


def _v8(bench: _Bench) -> Outcome:
    _, glutamate, _, _ = bench.spectroscopy
    late = Interval.sure(glutamate[:, -1])
    return {"% at 193 min": late}, abs(late.median) < 4.0


def _v9(bench: _Bench) -> Outcome:
    means = []
    for dose in (0.5, 2.5, 10.0):
        drives = bench.treat(infusion(dose), [], "glutamate_percent")
        early = drives.times_h <= 2.0
        times = drives.times_h[early]
        course = drives.values["glutamate_percent"][:, :, early].mean(axis=1)
        means.append(np.trapezoid(course, times, axis=1) / times[-1])
    low, middle, high = (Interval.sure(mean) for mean in means)
    numbers: Numbers = {"0.5 mg/kg, %": low, "2.5 mg/kg, %": middle, "10 mg/kg, %": high}
    right = (means[0] > 0.0) & (means[2] < 0.0)
    numbers["draws with up, then down, %"] = float(100.0 * right.mean())
    return numbers, low.median > 0.0 > high.median and abs(middle.median) < abs(low.median)


def _v10(bench: _Bench) -> Outcome:
    times, glutamate, _, block = bench.spectroscopy

    def half(course: Floats) -> Floats:
        return np.array([times[np.argmax(one >= one.max() / 2.0)] for one in course]) * 60.0

    first, second = Interval.sure(half(block)), Interval.sure(half(glutamate))
    numbers: Numbers = {"interneuron block, min": first, "glutamate, min": second}
    return numbers, first.median < second.median


def _v11(bench: _Bench) -> Outcome:
    acute, day, later = bench.anxiety
    return {"2 h": acute, "24 h": day, "10 d": later}, -0.63 <= later.median <= -0.17


def _v12(bench: _Bench) -> Outcome:
    day, week = bench.standardised("TRD", infusion(0.5), (24.0, 168.0))
    ratio = week.median / day.median if day.median else None
    numbers: Numbers = {"24 h": day, "7 d": week, "ratio": ratio}
    return numbers, ratio is not None and 0.5 <= ratio <= 0.8


def _v13(bench: _Bench) -> Outcome:
    numbers: Numbers = {}
    for dose in (0.1, 0.25, 0.5, 1.0):
        numbers[f"{dose:g} mg/kg"] = bench.standardised("TRD", infusion(dose), (24.0,), midazolam=True)[0]
    reference = bench.treat(infusion(0.5)).at("plastic_pool", [24.0]).mean(axis=(1, 2))
    for dose in (0.1, 0.25):
        pool = bench.treat(infusion(dose)).at("plastic_pool", [24.0]).mean(axis=(1, 2))
        numbers[f"pool on {dose:g}, % of 0.5"] = Interval.sure(100.0 * pool / reference)
    return numbers, None


def _v14(bench: _Bench) -> Outcome:
    least = get_indication("GAD").main.instrument.important
    numbers: Numbers = {}
    falls = []
    for dose in (0.5, 1.0):
        scores = bench.scores(
            subcutaneous(dose), "GAD", [1.0, 24.0], Design.open_label(), setting="open_label"
        )
        fall = scores.baseline - scores.at(1.0)
        falls.append(Interval.sure(fall.mean(axis=1)))
        numbers[f"{dose:g} mg/kg, points"] = falls[-1]
        numbers[f"{dose:g} mg/kg, % relieved"] = Interval.sure(100.0 * (fall >= least).mean(axis=1))
    pool = bench.treat(subcutaneous(0.5), [1.0]).values["plastic_pool"].mean(axis=1)
    at = int(np.argmin(np.abs(bench.treat(subcutaneous(0.5), [1.0]).times_h - 1.0)))
    numbers["pool at 1 h, % of its peak"] = Interval.sure(100.0 * pool[:, at] / pool.max(axis=1))
    return numbers, min(fall.median for fall in falls) >= least


def _v15(bench: _Bench) -> Outcome:
    times = [start + 24.0 for start in SIX]
    scores = bench.scores(
        repeated(infusion(0.5), SIX), "TRD", times, Design.open_label(), people=41, setting="open_label",
        cohort="six infusions",
    )  # fmt: skip
    responded = np.stack(
        [
            responds(scores.readings[m], scores.baseline[m], scores.instrument)
            for m in range(bench.clinic.draws)
        ]
    )
    after_six = Interval.sure(100.0 * responded[:, :, -1].mean(axis=1))
    first = responded.argmax(axis=2) + 1.0
    counts = [np.median(f[r.any(axis=1)]) for f, r in zip(first, responded, strict=True) if r.any()]
    numbers: Numbers = {
        "% after one (of 13)": Interval.sure(100.0 * responded[:, :, 0].mean(axis=1)),
        "% after six (of 59, 67.5, 70.8)": after_six,
        "infusions to response (of 3)": Interval.of(counts),
    }
    return numbers, all(after_six.holds(seen) for seen in (59.0, 67.5, 70.8))


def _v16(bench: _Bench) -> Outcome:
    numbers: Numbers = {}
    right = []
    for indication, seen in (("TRD", 18.0), ("PTSD", 27.5)):
        scores = bench.scores(
            repeated(infusion(0.5), SIX), indication, [SIX[-1] + 24.0 * day for day in AFTER_DAYS],
            Design.open_label(), setting="open_label",
        )  # fmt: skip
        lost = [days for days in times_to_loss(scores, bench.clinic, SIX[-1]) if len(days)]
        median = Interval.sure([np.median(np.minimum(days, 365.0)) for days in lost])
        numbers[f"{indication}, d (of {seen:g})"] = median
        right.append(abs(median.median - seen) <= 0.3 * seen)
        if indication == "TRD":
            for day, share in ((28.0, 80.0), (56.0, 60.0)):
                kept = Interval.sure([100.0 * np.mean(days > day) for days in lost])
                numbers[f"% that keep it {day:g} d (of {share:g})"] = kept
                right.append(abs(kept.median - share) <= 0.3 * share)
    numbers["remitters, d (of 273)"] = None
    return numbers, all(right)


def _v17(bench: _Bench) -> Outcome:
    doubt = SymptomDoubt(bench.clinic)
    rates = np.array([float(np.asarray(doubt.values(m)["ks"])) for m in range(bench.clinic.draws)])
    return {"weeks to 90%": Interval.sure(np.log(10.0) / rates / 168.0)}, None


def _v18(bench: _Bench) -> Outcome:
    watched = bench.watched(repeated(subcutaneous(1.0), WEEKLY))
    first, last = (Interval.sure(watched.cadss(k).max(axis=2).mean(axis=1)) for k in (0, len(WEEKLY) - 1))
    numbers: Numbers = {"week 1 (of 20)": first, "week 14 (of 8.8)": last}
    return numbers, abs(first.median - 20.0) <= 3.0 and abs(last.median - 8.8) <= 3.0


def _typical(
    hypotheses: Hypotheses, times_h: Sequence[float], *outputs: str, challenge: Challenge | None = None
) -> Floats:
    """f8[times, outputs] of a typical person on 0.5 mg/kg over 40 min, parameters as they stand."""
    model = EffectModel.of(hypotheses=hypotheses)
    engine = model.build(routes=(Route.IV_INFUSION,))
    person = model.individual_parameters(OnePerson.of(), challenge=challenge or Challenge())
    solution = solve(
        engine, person.matrix(engine), model.kinetics.doses(infusion(0.5), person), list(times_h)
    )
    return np.stack([solution[name][0] for name in outputs], axis=1)


def _n1(bench: _Bench) -> Outcome:
    slowed = Hypotheses(rapamycin_slows_loss=True)
    alone, inhibited = (
        _typical(slowed, (24.0, 336.0), "plastic_pool", challenge=Challenge(mtor_inhibition=share))[:, 0]
        for share in (0.0, 1.0)
    )
    day, fortnight = (float(x) for x in inhibited / alone)
    return {"pool at 24 h, ratio": day, "at 14 d, ratio": fortnight}, abs(
        day - 1.0
    ) <= 0.1 and fortnight > 1.0


def _n2(bench: _Bench) -> Outcome:
    density = _typical(Hypotheses(two_plastic_pools=True), (24.0, 96.0), "synaptic_density_percent")[:, 0]
    return {"% at 24 h": float(density[0]), "% at 4 d": float(density[1])}, abs(float(density[0])) < 5.0


def _n3(bench: _Bench) -> Outcome:
    names = ("AUC S-hydroxynorketamine", "AUC R-hydroxynorketamine")
    drives = bench.treat(infusion(0.5), [], *names)
    exposure = sum(drives.at(name, [24.0])[:, :, 0] for name in names)
    r = Interval.sure(_correlations(np.asarray(exposure), drives.at("plastic_pool", [24.0])[:, :, 0]))
    return {"correlation": r}, r.holds(0.0) or r.median <= 0.0


def _n4(bench: _Bench) -> Outcome:
    found = [name for name in bench.clinic.effects.outputs if "bdnf" in name.lower()]
    return {"observables of BDNF": float(len(found))}, not found


def _n5(bench: _Bench) -> Outcome:
    designs = Design.saline_controlled(), Design.saline_controlled(control=True)
    shares = {
        world: bench.null_share(
            "PTSD",
            repeated(infusion(0.5), EIGHT),
            EIGHT[-1] + 24.0,
            (51, 54),
            designs,
            world,
            "veteran_trial",
        )
        for world in ("null", "published")
    }
    return _null_numbers(shares), shares["null"] >= ABLE


def _n6(bench: _Bench) -> Outcome:
    designs = Design.midazolam_controlled(), Design.midazolam_controlled(control=True)
    shares = {
        world: bench.null_share(
            "TRD", repeated(infusion(0.5), EIGHT), EIGHT[-1] + 24.0, (31, 31), designs, world
        )
        for world in ("null", "published")
    }
    return _null_numbers(shares), shares["null"] >= ABLE


def _n7(bench: _Bench) -> Outcome:
    designs = Design.under_anaesthesia(), Design.under_anaesthesia(control=True)
    shares = {
        world: bench.null_share("TRD", infusion(0.5), 48.0, (20, 20), designs, world)
        for world in ("null", "published")
    }
    return _null_numbers(shares), shares["null"] >= ABLE


def _null_numbers(shares: Mapping[str, float]) -> Numbers:
    return {
        f"{world} world, % of trials without a difference": 100.0 * share for world, share in shares.items()
    }


def _n8(bench: _Bench) -> Outcome:
    people = bench.clinic.people
    scores = bench.scores(infusion(0.5), "TRD", [24.0], Design.saline_controlled(), people=people)
    watched = Watched(bench.clinic, bench.treat(infusion(0.5)), tuple(infusion(0.5)), people)
    r = Interval.sure(_correlations(watched.cadss(0).max(axis=2), scores.baseline - scores.at(24.0)))
    return {"correlation": r}, abs(r.median) < 0.3


def _n9(bench: _Bench) -> Outcome:
    times = [24.0, 48.0, 72.0, 120.0, 168.0, 240.0, 336.0]
    scores = bench.scores(
        (),
        "SAD",
        times,
        Design.saline_controlled(control=True),
        scale="VAS-anxiety",
        people=17,
        cohort="placebo",
    )
    half = scores.readings <= 0.5 * scores.baseline[:, :, None]
    share = Interval.sure(100.0 * half.any(axis=2).mean(axis=1))
    return {"% that respond (of 53)": share}, share.holds(52.94)


def _correlations(x: Floats, y: Floats) -> list[float]:
    """Between people, one for each draw; 0 where nobody differs."""
    found = []
    for one, other in zip(x, y, strict=True):
        still = np.ptp(one) == 0.0 or np.ptp(other) == 0.0
        found.append(0.0 if still else float(np.corrcoef(one, other)[0, 1]))
    return found


_COMPUTE: Final[Mapping[str, Callable[[_Bench], Outcome]]] = {
    "V1": _v1, "V2": _v2, "V3": _v3, "V4": _v4, "V5": _v5, "V6": _v6, "V7": _v7, "V8": _v8, "V9": _v9, "V10": _v10,
    "V11": _v11, "V12": _v12, "V13": _v13, "V14": _v14, "V15": _v15, "V16": _v16, "V17": _v17, "V18": _v18,
    "N1": _n1, "N2": _n2, "N3": _n3, "N4": _n4, "N5": _n5, "N6": _n6, "N7": _n7, "N8": _n8, "N9": _n9,
}  # fmt: skip
