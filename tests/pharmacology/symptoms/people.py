"""Draws of virtual people and the courses of a drug that the tests of symptoms share."""

import numpy as np
import numpy.typing as npt

from ataraxy.engine.random import normals
from ataraxy.pharmacology.symptoms import COLUMNS, Design, Draws, Scores, instruments, simulate_scores

Floats = npt.NDArray[np.float64]

VALUES = {"w_P": 0.44, "w_A": 0.7, "P_ref": 0.3}


def draws(people: int, times: int, *, noisy: bool = True) -> Draws:
    noise = {name: normals(3, f"symptoms-{name}", 0, range(people), times) for name in instruments()}
    return Draws(normals(3, "symptoms", 0, range(people), len(COLUMNS)), noise if noisy else {})


def scores(
    times_h: npt.ArrayLike,
    who: Draws,
    scale: str = "HAM-A",
    *,
    indication: str = "GAD",
    pool: npt.ArrayLike = 0.0,
    acute: npt.ArrayLike = 0.0,
    felt: float = 0.0,
    setting: str = "civilian_trial",
    design: Design | None = None,
    world: str = "published",
    **values: npt.ArrayLike,
) -> Scores:
    """One session at time 0; drives that are given once for all people or times are repeated."""
    times = np.asarray(times_h, float)
    shape = (len(who), len(times))
    return simulate_scores(
        times_h=times,
        pool=np.broadcast_to(np.asarray(pool, float), shape),
        acute=np.broadcast_to(np.asarray(acute, float), shape),
        dissociation_by_session=np.full((len(who), 1), felt),
        session_times_h=[0.0],
        indication=indication,
        instruments=[scale],
        setting=setting,
        design=design or Design.saline_controlled(),
        values={**VALUES, **values},
        draws=who,
        world=world,
    )
