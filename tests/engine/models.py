"""Models, people and regimens that several engine tests share. Few models: each costs a compilation."""

from __future__ import annotations

import functools

import numpy as np
from hypothesis import strategies as st

from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.expression import symbol
from ataraxy.engine.model import Model, ModelBuilder

LINEAR_PARAMETERS = ("KA", "CL", "V1", "Q", "V2", "KM", "KE0", "IN")
TARGETS = ("depot", "central")
RESPONSE_TARGETS = ("depot", "central", "saturable")


def _kinetics(b: ModelBuilder) -> None:
    ka, cl, v1, q, v2 = b.parameters("KA", "CL", "V1", "Q", "V2")
    depot, central, peripheral = b.state("depot"), b.state("central"), b.state("peripheral")
    b.flow(depot, central, ka * depot)
    b.flow(central, None, cl / v1 * central)
    b.flow(central, peripheral, q / v1 * central)
    b.flow(peripheral, central, q / v2 * peripheral)


@functools.cache
def linear_model() -> Model:
    """Depot, two compartments, a metabolite that is also produced by the body, effect site, area under the curve."""
    b = ModelBuilder("test-linear")
    _kinetics(b)
    km, ke0, production = b.parameters("KM", "KE0", "IN")
    central, v1, cl = symbol("central"), symbol("V1"), symbol("CL")
    metabolite, out = b.state("metabolite"), b.state("out")
    effect, area = b.state("effect", unit="mg/L"), b.state("area", unit="mg h/L")
    b.flow(None, metabolite, 0.5 * cl / v1 * central)
    b.flow(metabolite, out, km * metabolite)
    b.rate(metabolite, production)
    b.rate(effect, ke0 * (central / v1 - effect))
    b.rate(area, central / v1)
    for name in ("depot", "central", "peripheral", "metabolite", "out", "effect", "area"):
        b.output(name, symbol(name))
    return b.build()


def linear_matrix(parameters: Floats) -> tuple[Floats, Floats]:
    """The same model written by hand: dx/dt = matrix x + production, states in the model's order."""
    ka, cl, v1, q, v2, km, ke0, production = parameters
    matrix = np.zeros((7, 7))
    matrix[0, 0] = -ka
    matrix[1, :3] = ka, -(cl + q) / v1, q / v2
    matrix[2, 1:3] = q / v1, -q / v2
    matrix[3, [1, 3]] = 0.5 * cl / v1, -km
    matrix[4, 3] = km
    matrix[5, [1, 5]] = ke0 / v1, -ke0
    matrix[6, 1] = 1.0 / v1
    return matrix, np.array([0.0, 0.0, 0.0, production, 0.0, 0.0, 0.0])


@functools.cache
def response_model() -> Model:
    """Linear kinetics; a saturable metabolite; a stimulated response with a power law and a tolerance to it."""
    b = ModelBuilder("test-response")
    _kinetics(b)
    ke0, vmax, half, kin, e0, emax, c50, gamma, kt = b.parameters(
        "KE0", "VMAX", "HALF", "KIN", "E0", "EMAX", "C50", "GAMMA", "KT"
    )
    effect = b.state("effect", unit="mg/L", scale=0.01)
    b.rate(effect, ke0 * (symbol("central") / symbol("V1") - effect))
    saturable = b.state("saturable", scale=0.1)
    b.rate(saturable, 0.3 * symbol("CL") / symbol("V1") * symbol("central"))
    b.flow(saturable, None, vmax * saturable / (half + saturable))
    response, tolerance = b.state("response", unit="points", initial=e0), b.state("tolerance", scale=0.1)
    power = effect**gamma
    b.rate(response, kin * (e0 * (1.0 + emax * power / (c50**gamma + power)) / (1.0 + tolerance) - response))
    b.rate(tolerance, kt * (response / e0 - 1.0 - tolerance))
    b.output("concentration", symbol("central") / symbol("V1"))
    b.output("saturable", saturable)
    b.output("response", response)
    b.output("tolerance", 1.0 + tolerance)
    return b.build()


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(np.log10(low), np.log10(high)).map(lambda x: float(10.0**x))


# wider than people are
LINEAR_RANGES = {
    "KA": (0.05, 50.0),
    "CL": (0.1, 500.0),
    "V1": (1.0, 500.0),
    "Q": (0.1, 500.0),
    "V2": (1.0, 1000.0),
    "KM": (0.01, 20.0),
    "KE0": (0.05, 30.0),
    "IN": (0.001, 1.0),
}
RESPONSE_RANGES = {name: LINEAR_RANGES[name] for name in ("KA", "CL", "V1", "Q", "V2", "KE0")} | {
    "VMAX": (0.5, 200.0),
    "HALF": (50.0, 500.0),
    "KIN": (0.01, 10.0),
    "E0": (1.0, 200.0),
    "EMAX": (0.1, 5.0),
    "C50": (0.01, 2.0),
    "GAMMA": (0.5, 4.0),
    "KT": (0.01, 3.0),
}


def people(ranges: dict[str, tuple[float, float]], n: int) -> st.SearchStrategy[Floats]:
    """f8[n, parameters]"""
    row = st.tuples(*(log_uniform(*edge) for edge in ranges.values()))
    return st.lists(row, min_size=n, max_size=n).map(np.array)


def typical_people(ranges: dict[str, tuple[float, float]], n: int, seed: int) -> Floats:
    """f8[n, parameters] from the middle of the ranges."""
    low, high = np.log(np.array(list(ranges.values()))).T
    spread = np.random.default_rng(seed).uniform(0.35, 0.65, (n, len(ranges)))
    return np.exp(low + spread * (high - low))


_MINUTES = st.integers(0, 72 * 60).map(lambda m: m / 60.0)
_MOMENTS = st.one_of(_MINUTES, st.floats(0.0, 72.0))
_DURATIONS = st.one_of(
    st.just(0.0), st.sampled_from([2.0 / 60.0, 0.5, 40.0 / 60.0, 24.0]), st.floats(1e-4, 24.0)
)


@st.composite
def regimens(draw: st.DrawFn, n: int, targets: tuple[str, ...] = TARGETS, most: int = 5) -> DoseTable:
    """Doses of `n` people, each with an own calendar, all over by 96 h."""
    tables = [DoseTable.of([], [], state, []) for state in targets]
    for person in range(n):
        for _ in range(draw(st.integers(0, most))):
            state = draw(st.sampled_from(targets))
            amount = draw(st.floats(0.5, 50.0))
            tables.append(DoseTable.of(person, draw(_MOMENTS), state, amount, draw(_DURATIONS)))
    return DoseTable.concatenate(tables)


@st.composite
def output_times(draw: st.DrawFn, doses: DoseTable, end_h: float = 100.0) -> Floats:
    """Some moments of the doses themselves, some others, and the end."""
    edges = np.concatenate([doses.time_h, doses.time_h + doses.duration_h])
    chosen = draw(st.lists(st.sampled_from(list(edges)), max_size=6)) if edges.size else []
    others = draw(st.lists(st.one_of(st.floats(0.0, end_h), _MINUTES), min_size=1, max_size=8))
    return separated(np.concatenate([chosen, others, [end_h]]))


def separated(times: Floats) -> Floats:
    """In order, without times that are meant to be the same."""
    ordered = np.unique(times)
    return ordered[np.append(True, np.diff(ordered) > 1e-9)]


def largest_error(values: Floats, reference: Floats) -> float:
    """Largest of |y - ref| / max(|ref|, 0.001 of that person's peak) over people, times and outputs."""
    peak = np.abs(reference).max(axis=1, keepdims=True)
    # what is nothing but rounding has no relative error
    size = np.maximum(np.maximum(np.abs(reference), 1e-3 * peak), 1e-9)
    return float((np.abs(values - reference) / size).max())


def largest_error_of_peak(values: Floats, reference: Floats) -> float:
    """Largest of |y - ref| over that person's peak."""
    peak = np.maximum(np.abs(reference).max(axis=1, keepdims=True), 1e-9)
    return float((np.abs(values - reference) / peak).max())


def doses_of(table: DoseTable, people: range) -> DoseTable:
    """The doses of a consecutive range of people, numbered from 0."""
    own = table.select((table.person >= people.start) & (table.person < people.stop))
    return DoseTable(
        own.person - people.start, own.time_h, own.targets, own.target, own.amount, own.duration_h
    )
