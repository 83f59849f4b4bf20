"""The well-stirred liver: E = CLint / (Q + CLint), systemic clearance = Q x E.

Equations as derived in Perez-Ruixo 2021 (doi:10.1007/s40262-020-00953-4), section 2.3, from that model's structure.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ataraxy.pharmacology.kinetics.ports import Columns, Floats, PeopleTable, Values

AGE_FROM_WHICH_FLOW_FALLS = 60.0
# Keeps the linear fall from reaching zero where a drawn slope meets a great age; typical people reach 12% at 120.
LEAST_SHARE_OF_FLOW = 0.1


def extraction(flow: Floats, intrinsic_clearance: Floats) -> Floats:
    """Share of what enters the liver that does not leave it unchanged; both arguments in L/h."""
    return intrinsic_clearance / (flow + intrinsic_clearance)


def intrinsic_scale(extraction_ratio: Floats, systemic_factor: Floats) -> Floats:
    """The factor on intrinsic clearance that multiplies systemic clearance by `systemic_factor`, at the same flow.

    From f E = s CLint / (Q + s CLint) follows s = f (1 - E) / (1 - f E).
    """
    return systemic_factor * (1.0 - extraction_ratio) / (1.0 - systemic_factor * extraction_ratio)


def individual_liver(values: Values, people: PeopleTable, r_factor: Floats, clint_factor: float) -> Columns:
    """Qh (L/h), Vh (L), and of each enantiomer kel, kmet (1/h) and extraction; covariates of Perez-Ruixo 2021.

    Age above 60 takes 2.19 L/h per year off the typical flow before the person's own deviation; Asian ancestry,
    Japanese included, multiplies kel. R differs from S by one scale on kel and kmet together, chosen so that its
    systemic clearance is `r_factor` times that of S. An inhibitor's `clint_factor` then acts on both alike.
    """
    years_above = np.maximum(np.asarray(people.age_y, float) - AGE_FROM_WHICH_FLOW_FALLS, 0.0)
    typical = values["Qh_typical"]
    left = np.maximum(1.0 - values["age_on_Qh"] * years_above / typical, LEAST_SHARE_OF_FLOW)
    flow = values["Qh"] * left
    kel = values["kel"] * np.where(is_asian(people), values["asian_on_kel"], 1.0)
    kmet = values["kmet"]
    scale_r = intrinsic_scale(extraction(flow, values["Vh"] * (kel + kmet)), r_factor)
    columns: Columns = {"Qh": flow, "Vh": values["Vh"]}
    for enantiomer, scale in (("S", clint_factor), ("R", scale_r * clint_factor)):
        columns[f"kel_{enantiomer}"] = kel * scale
        columns[f"kmet_{enantiomer}"] = kmet * scale
        columns[f"extraction_{enantiomer}"] = extraction(flow, values["Vh"] * (kel + kmet) * scale)
    return columns


def is_asian(people: PeopleTable) -> npt.NDArray[np.bool_]:
    """Asian ancestry, Japanese included."""
    return np.asarray(np.isin(np.asarray(people.ancestry).astype(str), ("asian", "japanese")), np.bool_)


def is_japanese(people: PeopleTable) -> npt.NDArray[np.bool_]:
    """Japanese ancestry."""
    return np.asarray(np.asarray(people.ancestry).astype(str) == "japanese", np.bool_)
