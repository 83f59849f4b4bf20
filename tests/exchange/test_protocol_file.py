from __future__ import annotations

from contextlib import suppress
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.exchange.protocol_file import (
    load_protocol,
    parse_protocol,
    protocol_to_yaml,
    shipped_protocols,
)
from ataraxy.therapy.administration import Administration
from ataraxy.therapy.amount import Dose, Rate
from ataraxy.therapy.calendar import Calendar, Phase
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.infusion import RateChange, ShareOfPlan
from ataraxy.therapy.planned_dose import total_mg_base
from ataraxy.therapy.protocol import Protocol, Source
from ataraxy.therapy.route import Route

# What each regimen is by its source: sessions, days of the first and last session, mg of base for a person of 80 kg.
REGIMENS = {
    "chong-2006-oral-25": (1, 0, 0, 25),
    "chong-2006-sublingual-25": (1, 0, 0, 25),
    "chong-2009-lozenge-25": (1, 0, 0, 25),
    "esketamine-nasal-56": (12, 0, 49, 12 * 56),
    "esketamine-nasal-84": (8, 0, 24, 8 * 84),
    "ketamine-im-05": (1, 0, 0, 40),
    "ketamine-iv-05-once": (1, 0, 0, 40),
    "ketamine-iv-05-six": (6, 0, 11, 240),
    "ketamine-sc-ascending": (3, 0, 14, 20 + 40 + 80),
    "ketamine-sc-maintenance": (13, 0, 84, 13 * 80),
    "otto-2021": (1, 0, 0, 10),
    "persson-2002-arketamine": (1, 0, 0, 6.07),
    "persson-2002-esketamine": (1, 0, 0, 6.07),
    "simons-2022-film-100": (1, 0, 0, 120),
    "simons-2022-film-50": (1, 0, 0, 70),
}


def test_every_shipped_protocol_is_held_against_its_source() -> None:
    assert set(shipped_protocols()) == set(REGIMENS)


@pytest.mark.parametrize("name", REGIMENS)
def test_shipped_protocols_load_and_plan_what_their_source_prints(name: str) -> None:
    protocol = load_protocol(name)
    sessions, first, last, mg = REGIMENS[name]
    assert protocol.name == name
    assert len(protocol.sessions) == sessions
    assert (protocol.sessions[0].time_h, protocol.sessions[-1].time_h) == (24 * first, 24 * last)
    assert total_mg_base(protocol.planned_doses(), 80.0) == pytest.approx(mg, rel=5e-4)
    assert protocol.source.url.startswith("https://")
    assert protocol.title


@pytest.mark.parametrize("name", shipped_protocols())
def test_shipped_protocols_are_written_and_read_back_equal(name: str) -> None:
    protocol = load_protocol(name)
    assert parse_protocol(protocol_to_yaml(protocol)) == protocol


def test_six_infusions_fall_on_three_days_of_each_of_two_weeks() -> None:
    protocol = load_protocol("ketamine-iv-05-six")
    assert protocol.calendar.session_days == (0, 2, 4, 7, 9, 11)


def test_simons_gives_a_film_and_an_infusion_six_hours_later_in_one_session() -> None:
    film, infusion = load_protocol("simons-2022-film-50").planned_doses()
    assert (film.route, film.time_h, film.session) == (Route.FILM, 0.0, 0)
    assert (infusion.route, infusion.time_h, infusion.session) == (Route.IV_INFUSION, 6.0, 0)


def test_nasal_devices_are_planned_one_by_one_five_minutes_apart() -> None:
    doses = load_protocol("esketamine-nasal-84").planned_doses()[:3]
    assert [dose.time_h for dose in doses] == pytest.approx([0.0, 5 / 60, 10 / 60])
    assert [(dose.amount, dose.devices, dose.device_index) for dose in doses] == [
        (28.0, 3, 0),
        (28.0, 3, 1),
        (28.0, 3, 2),
    ]


def test_a_protocol_loads_from_a_path_as_text_and_as_path(tmp_path: Path) -> None:
    text = (files("ataraxy") / "protocols" / "otto-2021.yaml").read_text("utf-8")
    path = tmp_path / "otto.yaml"
    path.write_text(text, "utf-8-sig")
    assert load_protocol(path) == load_protocol(str(path)) == load_protocol("otto-2021")


def test_a_shipped_name_wins_over_a_file_and_a_path_over_a_shipped_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    other = protocol_to_yaml(load_protocol("otto-2021").replace(name="other"))
    Path("otto-2021").write_text(other)
    assert load_protocol("otto-2021").name == "otto-2021"
    assert load_protocol(Path("otto-2021")).name == "other"
    assert load_protocol("./otto-2021").name == "other"


def test_the_sentence_and_the_phases_that_it_means_are_the_same_protocol() -> None:
    head = "name: a\ndrug: esketamine\nbasis: base\nroute: im\ndose: 5 mg\nsource: me\n"
    sentence = head + "calendar: Six sessions over two weeks, then weekly for 4\n"
    phases = (
        head
        + "calendar:\n  phases:\n    - {sessions: 6, over: 2 weeks}\n    - {sessions: 4, over: 28 days}\n"
    )
    assert parse_protocol(sentence) == parse_protocol(phases)


@pytest.mark.parametrize(
    ("written", "route"),
    [
        ("IV infusion", Route.IV_INFUSION),
        ("iv-infusion", Route.IV_INFUSION),
        ("SC injection", Route.SC),
        ("sc", Route.SC),
        ("oral-mucosal film", Route.FILM),
        ("Oral solution", Route.ORAL_SOLUTION),
        ("buccal", Route.BUCCAL),
    ],
)
def test_a_route_may_be_written_in_words(written: str, route: Route) -> None:
    duration = "duration: 1 h\n" if route.is_infusion else ""
    head = f"name: a\ndrug: esketamine\nbasis: salt\nroute: {written}\ndose: 5 mg\n"
    text = head + duration + "calendar: once\nsource: me\n"
    protocol = parse_protocol(text)
    assert protocol.route is route
    assert protocol.basis is Basis.HYDROCHLORIDE


# Any protocol that the values allow.

AMOUNTS = st.floats(1e-3, 9.0)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
FILLED = WORDS.filter(lambda text: text.strip() != "")


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    if draw(st.booleans()):
        days = draw(st.lists(st.integers(0, 200) | st.floats(0, 200), min_size=1, max_size=6, unique=True))
        kept: list[float] = []
        for day in sorted(map(float, days)):
            if not kept or day - kept[-1] >= 2:
                kept.append(day)
        return Calendar(days=tuple(kept))
    weekly = st.builds(
        lambda per_week, weeks: Phase(sessions=per_week * weeks, weeks=weeks),
        st.integers(1, 3),
        st.integers(1, 4),
    )
    spaced = st.builds(
        lambda sessions, days: Phase(sessions=sessions, every_days=days), st.integers(1, 5), st.floats(2, 30)
    )
    return Calendar(phases=tuple(draw(st.lists(weekly | spaced, min_size=1, max_size=3))))


@st.composite
def rate_changes(draw: st.DrawFn, duration_h: float, fixed_rates: bool) -> tuple[RateChange, ...]:
    at = sorted(draw(st.lists(st.floats(0.01, 0.99), max_size=4, unique=True)))
    changes: list[RateChange] = []
    paused = False
    for start, stop in pairwise([*at, 1.0]):
        if stop - start < 0.01:
            continue
        for_h = draw(st.none() | st.just((stop - start) * duration_h / 2))
        choices = ["share", "resume" if paused else "pause"] + (["rate"] if fixed_rates else [])
        match draw(st.sampled_from(choices)):
            case "share":
                to: object = ShareOfPlan(percent=draw(st.floats(1, 150)))
            case "rate":
                to = Rate(amount=draw(st.floats(0.01, 0.5)), per=draw(st.sampled_from(["mg/h", "mg/kg/h"])))
            case other:
                to = other
        if to == "resume":
            for_h = None
        if for_h is None:
            paused = to == "pause"
        changes.append(RateChange(at_h=start * duration_h, to=to, for_h=for_h))
    return tuple(changes)


@st.composite
def administrations(draw: st.DrawFn, sessions: int, esketamine_base: bool) -> Administration:
    routes = [route for route in Route if esketamine_base or route is not Route.NASAL_SPRAY]
    route = draw(st.sampled_from(routes))
    count = draw(st.sampled_from([1, sessions]))
    start_h = draw(st.sampled_from([0.0, 0.25, 6.0]) | st.floats(0, 10))
    if route is Route.NASAL_SPRAY:
        devices = draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
        interval = draw(st.floats(0.01, 0.5))
        return Administration(
            route=route, start_h=start_h, devices=tuple(devices), device_interval_h=interval
        )
    if not route.is_infusion:
        return Administration(route=route, start_h=start_h, doses=draw(doses(count)))
    duration_h = draw(st.sampled_from([40 / 60, 0.5, 2.0]) | st.floats(0.1, 20))
    if draw(st.booleans()):
        rate = Rate(amount=draw(st.floats(0.01, 0.4)), per=draw(st.sampled_from(["mg/h", "mg/kg/h"])))
        changes = draw(rate_changes(duration_h, True))
        return Administration(
            route=route, start_h=start_h, rate=rate, duration_h=duration_h, rate_changes=changes
        )
    given_doses = draw(doses(count))
    changes = draw(rate_changes(duration_h, all(dose.cap_mg is None for dose in given_doses)))
    return Administration(
        route=route, start_h=start_h, doses=given_doses, duration_h=duration_h, rate_changes=changes
    )


@st.composite
def doses(draw: st.DrawFn, count: int) -> tuple[Dose, ...]:
    per = draw(st.sampled_from(["mg", "mg/kg"]))
    cap = draw(st.none() | st.floats(1, 500)) if per == "mg/kg" else None
    # The sum of an infusion at 150% stays below the limit of 10 mg/kg.
    return tuple(Dose(amount=draw(st.floats(1e-3, 6.0)), per=per, cap_mg=cap) for _ in range(count))


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    drug, basis = draw(st.sampled_from(list(Drug))), draw(st.sampled_from(list(Basis)))
    calendar = draw(calendars())
    sessions = len(calendar.session_days)
    labelled = drug is Drug.ESKETAMINE and basis is Basis.BASE
    url = draw(st.sampled_from(["", "https://doi.org/10.1000/182"]))
    return Protocol(
        name=draw(st.from_regex(r"[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,3}", fullmatch=True)),
        title=draw(WORDS.filter(lambda text: not text or text.strip() != "")),
        drug=drug,
        basis=basis,
        basis_status=draw(st.sampled_from(["stated", "assumed"])),
        administrations=tuple(draw(st.lists(administrations(sessions, labelled), min_size=1, max_size=2))),
        calendar=calendar,
        observation_h=draw(st.none() | st.floats(0, 10)),
        source=Source(citation=draw(FILLED), url=url, url_status="id" if url else "none"),
        note=draw(WORDS.filter(lambda text: not text or text.strip() != "")),
    )


@given(protocols())
def test_any_protocol_is_written_and_read_back_equal(protocol: Protocol) -> None:
    again = parse_protocol(protocol_to_yaml(protocol))
    assert again == protocol
    assert again.protocol_hash == protocol.protocol_hash
    assert again.planned_doses() == protocol.planned_doses()


@given(st.text(max_size=300))
def test_any_text_is_a_protocol_or_an_input_error(text: str) -> None:
    with pytest.raises(InputError):
        parse_protocol(text)


@given(st.data())
def test_a_damaged_line_is_refused_or_still_a_protocol(data: st.DataObject) -> None:
    lines = (files("ataraxy") / "protocols" / "simons-2022-film-50.yaml").read_text("utf-8").splitlines()
    line = data.draw(st.integers(0, len(lines) - 1))
    lines[line] = data.draw(st.text(max_size=20) | st.just(lines[line][1:]) | st.just(lines[line] + " 5"))
    with suppress(InputError):
        assert isinstance(parse_protocol("\n".join(lines)), Protocol)


DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text("utf-8")


def test_the_example_of_the_document_is_a_protocol() -> None:
    protocol = parse_protocol(DOCUMENT.split("```yaml\n")[1].split("```")[0])
    first = [dose for dose in protocol.planned_doses() if dose.session == 0]
    # Ten minutes at half the rate and five minutes of pause leave 30 of 40 minutes.
    assert sum(dose.amount for dose in first) == pytest.approx(0.5 * 30 / 40)
    assert len(protocol.sessions) == 10


def test_the_document_lists_every_shipped_protocol() -> None:
    for name in shipped_protocols():
        stem, _, ending = name.rpartition("-")
        assert f"`{name}`" in DOCUMENT or (stem in DOCUMENT and f"`-{ending}`" in DOCUMENT), name
