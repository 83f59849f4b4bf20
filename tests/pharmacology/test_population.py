"""Virtual adults look like the published ones, and each depends on seed and number alone."""

import pickle
from dataclasses import FrozenInstanceError, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ataraxy.errors import InputError
from ataraxy.pharmacology.population import (
    PLAUSIBLE,
    POPULATION_FILE,
    SEXES,
    People,
    PopulationSpec,
    default_population,
    load_population,
    sample_population,
)

COLUMNS = ("id", "age_y", "sex", "weight_kg", "height_cm", "ancestry")


def columns(people):
    return [getattr(people, name).tolist() for name in COLUMNS]


def two_adults(**changes):
    given_columns = {
        "age_y": [20.0, 70.0],
        "sex": ["female", "male"],
        "weight_kg": [60.0, 80.0],
        "height_cm": [165.0, np.nan],
        "id": ["a", "b"],
    }
    return People.of(**(given_columns | changes))


@given(
    seed=st.integers(0, 2**63),
    numbers=st.lists(st.integers(0, 10**12), min_size=1, max_size=25),
    data=st.data(),
)
def test_a_person_does_not_depend_on_who_else_is_drawn(seed, numbers, data):
    everybody = sample_population(numbers, seed)
    row = data.draw(st.integers(0, len(numbers) - 1))
    assert columns(sample_population([numbers[row]], seed)) == columns(everybody.rows([row]))


@given(cuts=st.lists(st.integers(0, 2000), max_size=5))
@settings(max_examples=20)
def test_chunks_of_people_join_to_the_same_bytes(cuts):
    edges = [0, *sorted(cuts), 2000]
    parts = [sample_population(range(a, b), 5) for a, b in pairwise(edges)]
    assert People.concatenate(parts).fingerprint() == sample_population(2000, 5).fingerprint()


def test_another_seed_gives_other_people():
    assert sample_population(50, 1).fingerprint() != sample_population(50, 2).fingerprint()


@pytest.fixture(scope="module")
def drawn():
    """People of one sex and exact age for each group of the tables, and the groups."""
    table = load_population()
    found = []
    for sex in SEXES:
        groups = zip(
            table.content["weight_kg"]["groups"][sex], table.content["height_cm"]["groups"][sex], strict=True
        )
        for weight, height in groups:
            age = (weight["from_y"] + min(weight["to_y"], 100)) / 2.0
            spec = replace(
                default_population(),
                youngest_y=age,
                oldest_y=age,
                female_share=1.0 if sex == "female" else 0.0,
            )
            found.append((sample_population(40_000, 11, spec), weight, height))
    return found


LEVELS = np.array([5, 10, 15, 25, 50, 75, 85, 90, 95]) / 100.0


@pytest.mark.parametrize(("column", "which"), [("weight_kg", 1), ("height_cm", 2)])
def test_drawn_people_have_the_published_percentiles(drawn, column, which):
    for row in drawn:
        values, group = getattr(row[0], column), row[which]
        for level, published in zip(LEVELS, group["percentiles"], strict=True):
            if published is not None:
                # the share of people below, within four standard errors of 40,000 draws
                share = np.mean(values < published)
                assert abs(share - level) < 4.0 * np.sqrt(level * (1.0 - level) / 40_000), (column, group)


@pytest.mark.parametrize(("column", "which"), [("weight_kg", 1), ("height_cm", 2)])
def test_drawn_people_have_the_published_means_though_nothing_is_drawn_from_them(drawn, column, which):
    for row in drawn:
        values, group = getattr(row[0], column), row[which]
        # one standard error of the survey, plus rounding of the printed mean
        assert abs(values.mean() - group["mean"]) < group["se"] + 0.06, (column, group)


# Vital Health Stat 3(50), Table 10: mean body mass index and its 5th, 50th and 95th percentile. Ages 20 and over.
BMI = {
    "female": [
        (28.0, 18.6, 25.5, 45.6),
        (30.5, 19.7, 28.6, 47.4),
        (30.7, 19.7, 28.5, 45.6),
        (31.4, 20.8, 30.0, 45.9),
        (30.1, 20.0, 28.8, 42.5),
        (29.5, 20.7, 28.0, 42.2),
        (27.7, 19.2, 26.9, 36.3),
    ],
    "male": [
        (27.8, 18.9, 27.0, 39.6),
        (29.5, 21.2, 27.8, 42.5),
        (30.5, 22.2, 28.9, 45.0),
        (30.2, 21.6, 29.0, 44.6),
        (29.2, 21.2, 28.3, 39.9),
        (29.4, 21.6, 28.8, 39.2),
        (27.8, 21.1, 27.2, 34.8),
    ],
}


def test_weight_and_height_go_together_so_that_the_body_mass_index_is_the_published_one(drawn):
    for sex in SEXES:
        groups = [row for row in drawn if row[0].sex[0] == sex and row[1]["from_y"] >= 20]
        for (people, _, _), (mean, *percentiles) in zip(groups, BMI[sex], strict=True):
            assert people.bmi.mean() == pytest.approx(mean, abs=0.3)
            assert np.quantile(people.bmi, [0.05, 0.5, 0.95]) == pytest.approx(percentiles, rel=0.06)


def test_independent_height_and_weight_would_miss_the_published_body_mass_index(drawn):
    """The check above can fail: it does without the correlation."""
    people = next(row[0] for row in drawn if row[0].sex[0] == "male" and row[1]["from_y"] == 70)
    shuffled = people.weight_kg[::-1] / (people.height_cm / 100.0) ** 2
    assert np.quantile(shuffled, 0.05) < 21.6 * (1.0 - 0.06)


def test_default_people_are_adults_of_both_sexes_within_the_bounds():
    people = sample_population(20_000, 1)
    spec = default_population()
    assert people.age_y.min() >= spec.youngest_y
    assert people.age_y.max() <= spec.oldest_y
    assert abs(np.mean(people.sex == "female") - spec.female_share) < 4.0 * np.sqrt(0.25 / 20_000)
    assert set(people.ancestry) == {"other"}
    for name, limits in PLAUSIBLE.items():
        assert limits.low <= getattr(people, name).min()
        assert getattr(people, name).max() <= limits.high


def test_ages_are_normal_between_the_bounds():
    spec = default_population()
    low, high = ((b - spec.typical_age_y) / spec.spread_age_y for b in (spec.youngest_y, spec.oldest_y))
    expected = stats.truncnorm(low, high, spec.typical_age_y, spec.spread_age_y)
    assert stats.kstest(sample_population(20_000, 1).age_y, expected.cdf).pvalue > 0.001


def test_ancestries_come_in_the_shares_asked_for_and_change_nothing_else():
    spec = replace(default_population(), asian_share=0.3, japanese_share=0.2)
    people, others = sample_population(20_000, 1, spec), sample_population(20_000, 1)
    for word, share in (("asian", 0.3), ("japanese", 0.2), ("other", 0.5)):
        assert abs(np.mean(people.ancestry == word) - share) < 0.015
    assert columns(people)[:-1] == columns(others)[:-1]


def test_older_bounds_give_older_and_shorter_people():
    old = sample_population(4000, 1, replace(default_population(), youngest_y=70, oldest_y=85))
    young = sample_population(4000, 1, replace(default_population(), oldest_y=40))
    assert old.age_y.min() >= 70.0
    assert old.height_cm[old.sex == "male"].mean() < young.height_cm[young.sex == "male"].mean() - 2.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("youngest_y", 10),
        ("oldest_y", 17),
        ("oldest_y", 101),
        ("typical_age_y", 5),
        ("spread_age_y", 0),
        ("female_share", 1.2),
        ("female_share", float("nan")),
        ("asian_share", -0.1),
        ("japanese_share", 1.1),
    ],
)
def test_a_population_that_makes_no_sense_is_refused(field, value):
    with pytest.raises(InputError) as caught:
        replace(default_population(), **{field: value})
    assert caught.value.code == "population.spec"
    assert field in str(caught.value)


def test_shares_of_ancestries_sum_to_one_at_most():
    with pytest.raises(InputError, match="japanese_share"):
        replace(default_population(), asian_share=0.7, japanese_share=0.4)


@pytest.mark.parametrize("bounds", [{"youngest_y": 60, "oldest_y": 50}])
def test_bounds_in_the_wrong_order_are_refused(bounds):
    with pytest.raises(InputError, match="oldest_y is 50"):
        replace(default_population(), **bounds)


def test_people_cannot_be_changed():
    people = two_adults()
    for name in COLUMNS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(people, name)[0] = getattr(people, name)[1]
    with pytest.raises(FrozenInstanceError):
        people.age_y = np.zeros(2)


def test_people_keep_a_copy_of_what_they_were_given():
    weights = np.array([60.0, 80.0])
    people = two_adults(weight_kg=weights)
    weights[0] = 200.0
    assert people.weight_kg.tolist() == [60.0, 80.0]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("weight_kg", 10.0),
        ("weight_kg", 301.0),
        ("weight_kg", np.nan),
        ("age_y", 17.9),
        ("age_y", np.inf),
        ("height_cm", 1.7),
        ("height_cm", 250.0),
        ("sex", "woman"),
        ("ancestry", "martian"),
    ],
)
def test_what_no_adult_can_have_is_refused_by_person_and_column(column, value):
    fine = two_adults()
    wrong = [getattr(fine, column)[0], value]
    with pytest.raises(InputError, match=rf"person 1 \(id b\): {column} is") as caught:
        two_adults(**{column: wrong})
    assert "\n" not in str(caught.value)


def test_limits_themselves_are_plausible():
    people = two_adults(age_y=[18.0, 100.0], weight_kg=[30.0, 300.0], height_cm=[120.0, 230.0])
    assert len(people) == 2


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(InputError) as caught:
        two_adults(weight_kg=[60.0, 70.0, 80.0])
    assert caught.value.code == "people.shape"


def test_single_values_are_for_everybody_and_ids_count_from_zero():
    people = People.of(age_y=30, sex="male", weight_kg=[70.0, 71.0, 72.0])
    assert people.id.tolist() == ["0", "1", "2"]
    assert people.sex.tolist() == ["male"] * 3
    assert np.isnan(people.height_cm).all()
    assert np.isnan(people.bmi).all()


def test_body_mass_index_is_weight_by_height_squared():
    assert two_adults(height_cm=[200.0, 100.0 * 2**0.5]).bmi == pytest.approx([15.0, 40.0])


def test_rows_choose_and_repeat_people():
    people = two_adults()
    assert people.rows([1, 0, 1]).id.tolist() == ["b", "a", "b"]
    assert people.rows(np.array([True, False])).id.tolist() == ["a"]
    assert len(people.rows(slice(2, 2))) == 0


def test_nobody_is_a_population_too():
    nobody = sample_population(0, 1)
    assert len(nobody) == 0
    assert len(People.concatenate([])) == 0
    assert columns(People.concatenate([nobody, two_adults()]))[0] == ["a", "b"]


def test_fingerprints_tell_people_apart_and_survive_a_journey():
    people = two_adults()
    assert pickle.loads(pickle.dumps(people)).fingerprint() == people.fingerprint()
    others = [
        two_adults(id=["ab", ""]),
        two_adults(weight_kg=[60.0, 80.00000000000001]),
        two_adults(sex=["male", "female"]),
        two_adults(ancestry=["other", "asian"]),
        people.rows([1, 0]),
        people.rows([0]),
    ]
    assert len({p.fingerprint() for p in [people, *others]}) == 7


def test_width_of_the_ids_does_not_show_in_the_fingerprint():
    people = sample_population(range(1), 1)
    assert sample_population([0, 10**9], 1).rows([0]).fingerprint() == people.fingerprint()


def changed_file(tmp_path, change):
    content = yaml.safe_load(POPULATION_FILE.read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "population.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def delete(*keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return change


def assign(value, *keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        delete("defaults", "female_share"),
        delete("defaults", "female_share", "status"),
        delete("defaults", "female_share", "unit"),
        delete("defaults", "female_share", "range"),
        delete("defaults", "oldest_y", "note"),
        delete("weight_kg", "source"),
        delete("correlation_of_height_and_weight", "male"),
        delete("tail_probability"),
        assign("nobody", "weight_kg", "source"),
        assign("guessed", "height_cm", "status"),
        assign(3.0, "defaults", "female_share", "value"),
        assign(31, "weight_kg", "groups", "male", 2, "from_y"),
        assign(19, "weight_kg", "groups", "male", 0, "from_y"),
        assign(1.0, "weight_kg", "groups", "male", 0, "percentiles", 5),
        assign(1000.0, "height_cm", "groups", "male", 0, "percentiles", 8),
    ],
)
def test_a_population_file_with_a_number_without_source_or_sense_does_not_load(tmp_path, change):
    with pytest.raises(InputError) as caught:
        load_population(changed_file(tmp_path, change))
    assert caught.value.code in ("population.malformed", "population.spec")


def test_every_default_has_a_status_and_a_source_or_a_note():
    defaults = load_population().content["defaults"]
    assert set(defaults) == set(PopulationSpec.__slots__)
    for entry in defaults.values():
        assert entry["status"] == "assumed"
        assert entry["note"]


def test_the_page_shows_the_numbers_that_people_are_drawn_from():
    page = (Path(__file__).parents[2] / "docs" / "population.md").read_text(encoding="utf-8")
    content = load_population().content
    for sex in SEXES:
        groups = (content[name]["groups"][sex] for name in ("weight_kg", "height_cm"))
        for weight, height in zip(*groups, strict=True):
            shown = [
                " / ".join(
                    "-" if g["percentiles"][i] is None else f"{g['percentiles'][i]:.1f}" for i in (0, 4, 8)
                )
                for g in (weight, height)
            ]
            assert f"| {shown[0]} | {weight['mean']:.1f} | {shown[1]} | {height['mean']:.1f} |" in page


def test_an_age_group_begins_on_the_birthday():
    def aged(age):
        spec = replace(default_population(), youngest_y=age, oldest_y=age)
        return sample_population(200, 1, spec)

    for birthday in (18.0, 20.0, 30.0, 80.0):
        assert columns(aged(birthday))[3:] == columns(aged(birthday + 1.9))[3:]
    assert columns(aged(30.0))[3:] != columns(aged(29.999))[3:]
    assert columns(aged(100.0))[3:] == columns(aged(80.0))[3:]
