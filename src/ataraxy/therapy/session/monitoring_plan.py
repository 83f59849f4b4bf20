"""When what is to be measured: the monitoring plan of the routes that a clinic gives."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from pydantic import model_validator

from ataraxy.therapy.route import Route
from ataraxy.therapy.session.measure import Measure
from ataraxy.therapy.session.rule import Phase
from ataraxy.therapy.setting import Minutes
from ataraxy.therapy.value import Value, refuse

Measures = tuple[Measure, ...]


class Schedule(Value):
    """Some measures at a fixed interval within a phase; the first at one interval from its beginning."""

    phase: Phase
    every: Minutes
    measures: Measures

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.every.value < 1:
            raise refuse(
                f"readings are due every {self.every}",
                code="policy.value",
                remedy="Give an interval of 1 min or more",
                field="every",
            )
        if self.phase is Phase.BEFORE:
            raise refuse(
                "readings before the dose have no interval",
                code="policy.phases",
                remedy="List their measures under before",
                field="phase",
            )
        return self


class OnceAt(Value):
    """Some measures once, at a time from the start of the dose."""

    minute: Minutes
    measures: Measures


class MonitoringPlan(Value):
    """The monitoring of one or more routes.

    Attributes:
        routes: for which routes.
        before: what must be measured before the dose.
        schedules: what is measured at intervals after it has begun.
        once: what is measured at one time from the start of the dose.
        grace: how late a reading may be before it is overdue.
        close_observation: shortest close observation, from the end of the last dose.
        minimum_stay: shortest stay, from the end of the last dose.
        between_doses: shortest time between two single doses, such as nasal devices; None where there is one.
    """

    routes: tuple[Route, ...]
    before: Measures
    schedules: tuple[Schedule, ...]
    once: tuple[OnceAt, ...] = ()
    grace: Minutes
    close_observation: Minutes
    minimum_stay: Minutes
    between_doses: Minutes | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        rises = [m for m in (*self.before, *self.scheduled()) if m.is_rise]
        if rises:
            raise refuse(
                f"{rises[0].value} cannot be measured; it is calculated",
                code="policy.measure",
                remedy=f"Give {rises[0].charted.value}",
                field="schedules",
            )
        if self.minimum_stay.value < self.close_observation.value:
            raise refuse(
                f"the stay of {self.minimum_stay} ends before the close observation of {self.close_observation}",
                code="policy.stay",
                remedy="Give a minimum stay at least as long as the close observation",
                field="minimum_stay",
            )
        return self

    def scheduled(self) -> set[Measure]:
        """Return every measure that is taken after the dose has begun."""
        groups = [*(s.measures for s in self.schedules), *(o.measures for o in self.once)]
        return {measure for group in groups for measure in group}

    def measures(self, phase: Phase) -> set[Measure]:
        """Return what is measured in a phase at intervals, or before the dose."""
        if phase is Phase.BEFORE:
            return set(self.before)
        return {m for schedule in self.schedules if schedule.phase is phase for m in schedule.measures}

    def every(self, phase: Phase, measure: Measure) -> Decimal | None:
        """Return the shortest interval in minutes at which a measure is taken in a phase; None where it is not."""
        found = [
            schedule.every.value
            for schedule in self.schedules
            if schedule.phase is phase and measure in schedule.measures
        ]
        return min(found) if found else None
