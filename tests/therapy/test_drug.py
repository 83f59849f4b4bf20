from __future__ import annotations

import pytest

from ataraxy.therapy.drug import MOLAR_MASS_BASE, MOLAR_MASS_HYDROCHLORIDE, Basis, Drug


@pytest.mark.parametrize("drug", Drug)
def test_the_enantiomers_make_up_the_whole_dose(drug: Drug) -> None:
    assert sum(drug.enantiomer_fractions.values()) == 1.0


def test_the_racemate_is_half_and_half_and_an_enantiomer_is_alone() -> None:
    assert dict(Drug.RACEMIC_KETAMINE.enantiomer_fractions) == {"S": 0.5, "R": 0.5}
    assert dict(Drug.ESKETAMINE.enantiomer_fractions) == {"S": 1.0}
    assert dict(Drug.ARKETAMINE.enantiomer_fractions) == {"R": 1.0}


def test_the_label_of_the_nasal_spray_confirms_the_conversion_of_salt_to_base() -> None:
    # 32.3 mg of esketamine hydrochloride are equivalent to 28 mg of esketamine; printed to 0.1 mg.
    assert 32.3 * Basis.HYDROCHLORIDE.base_fraction == pytest.approx(28.0, abs=0.05)


def test_salt_and_base_differ_by_hydrogen_chloride() -> None:
    assert pytest.approx(1.008 + 35.45, abs=0.01) == MOLAR_MASS_HYDROCHLORIDE - MOLAR_MASS_BASE


def test_base_is_base() -> None:
    assert Basis.BASE.base_fraction == 1.0
