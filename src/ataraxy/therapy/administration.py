"""One administration within a session: an injection, a dose by mouth, nasal devices, an infusion."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from ataraxy.errors import InputError
from ataraxy.therapy.amount import Dose, Rate, check_amount
from ataraxy.therapy.infusion import RateChange, Stretch, flowing_total, lay_changes
from ataraxy.therapy.route import Route
from ataraxy.therapy.value import Count, Number, Value, refuse

# One device of the esketamine nasal spray holds 28 mg of esketamine base (product label).
MG_PER_DEVICE = 28.0
MOST_DEVICES = 3  # the largest labelled dose is 84 mg
LONGEST_INFUSION_H = 744.0  # 31 days; a longer one is an error of unit


class Administration(Value):
    """What is given once in each session; a session may hold several.

    Exactly one of `doses`, `rate` and `devices` is given.

    Attributes:
        route: how it is given.
        doses: one dose for all sessions, or one for each session.
        rate: rate of an infusion that is prescribed by rate, from its start.
        devices: number of 28 mg nasal devices, one number for all sessions or one for each.
        device_interval_h: hours from one device to the next.
        start_h: hours from the start of the session.
        duration_h: length of an infusion in hours, pauses included; 0 for other routes.
        rate_changes: changes of rate within the infusion, the same in every session.
    """

    route: Route
    doses: tuple[Dose, ...] = ()
    rate: Rate | None = None
    devices: tuple[Count, ...] = ()
    device_interval_h: Number | None = None
    start_h: Number = 0.0
    duration_h: Number = 0.0
    rate_changes: tuple[RateChange, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.start_h < 0:
            raise refuse(
                f"an administration starts {-self.start_h:g} h before its session",
                code="protocol.start-negative",
                remedy="Give a start of 0 h or later",
                field="start_h",
            )
        if sum((bool(self.doses), self.rate is not None, bool(self.devices))) != 1:
            raise refuse(
                "an administration needs exactly one of a dose, a rate and a number of devices",
                code="protocol.dose-missing" if not (self.doses or self.devices) else "protocol.dose-twice",
                remedy="Give one of them: dose, rate (of an infusion) or devices (of the nasal spray)",
                field="" if not (self.doses or self.devices) else "devices" if self.devices else "rate",
            )
        self._check_devices()
        if self.route.is_infusion:
            self._check_infusion()
        else:
            self._check_no_infusion()
        return self

    def _check_devices(self) -> None:
        if bool(self.devices) != (self.route is Route.NASAL_SPRAY):
            raise refuse(
                f"the route is {self.route.label} and "
                + ("devices are given" if self.devices else "no number of devices is given"),
                code="protocol.devices",
                remedy="Give devices with the route nasal_spray, and only with it",
                field="devices" if self.devices else "route",
            )
        for i, number in enumerate(self.devices):
            if not 1 <= number <= MOST_DEVICES:
                raise refuse(
                    f"{number} devices are given in a session",
                    code="protocol.devices",
                    remedy=f"Give 1 to {MOST_DEVICES} devices of {MG_PER_DEVICE:g} mg",
                    field=f"devices.{i}",
                )
        if self.device_interval_h is not None and (not self.devices or self.device_interval_h < 0):
            raise refuse(
                "the interval between devices is negative"
                if self.devices
                else "there are no devices to space",
                code="protocol.device-interval",
                remedy="Give the time from one device to the next, such as 5 min, with devices only",
                field="device_interval_h",
            )
        if self.devices and max(self.devices) > 1 and self.device_interval_h is None:
            raise refuse(
                f"{max(self.devices)} devices are given without the time between them",
                code="protocol.device-interval",
                remedy='Add the interval; the label says "5 min"',
                field="devices",
            )

    def _check_no_infusion(self) -> None:
        for name, given in (
            ("rate", self.rate is not None),
            ("duration_h", bool(self.duration_h)),
            ("rate_changes", bool(self.rate_changes)),
        ):
            if given:
                what = name.removesuffix("_h").replace("_", " ")
                raise refuse(
                    f"{self.route.label} is given at one moment and has no {what}",
                    code="protocol.not-an-infusion",
                    remedy="Remove it, or choose the route iv_infusion or sc_infusion",
                    field=name,
                )

    def _check_infusion(self) -> None:
        if not 0 < self.duration_h <= LONGEST_INFUSION_H:
            raise refuse(
                "an infusion has no duration"
                if not self.duration_h
                else f"the infusion lasts {self.duration_h:g} h",
                code="protocol.duration-not-positive" if self.duration_h <= 0 else "protocol.duration-absurd",
                remedy="Give how long it runs, such as 40 min"
                + (
                    ""
                    if self.duration_h <= 0
                    else f"; more than {LONGEST_INFUSION_H:g} h looks like an error of unit"
                ),
                field="duration_h",
            )
        capped = any(dose.cap_mg is not None for dose in self.doses)
        for i, change in enumerate(self.rate_changes):
            if capped and isinstance(change.to, Rate):
                raise refuse(
                    "a dose with a cap is changed to a fixed rate, so that the cap has no meaning",
                    code="protocol.cap-with-rate",
                    remedy='Give the change as a share of the planned rate, such as "50%", or remove the cap',
                    field=f"rate_changes.{i}.to",
                )
        for session in range(max(len(self.doses), 1)):
            try:
                flowing = self.course(session)
            except InputError as error:
                raise refuse(
                    error.message, code=error.code, remedy=error.remedy, field=f"rate_changes.{error.where}"
                ) from None
            for per in ("mg", "mg/kg"):
                total = flowing_total(flowing, per)
                if total > 0 or not flowing:
                    check_amount(total, per, "rate" if self.rate is not None else "rate_changes")

    def course(self, session: int) -> tuple[Stretch, ...]:
        """Return the stretches of an infusion in one session, hours from the start of the infusion."""
        if self.rate is not None:
            whole = Stretch(0.0, self.duration_h, self.rate.amount * self.duration_h, self.rate.amount_per)
        else:
            dose = self.dose(session)
            whole = Stretch(0.0, self.duration_h, dose.amount, dose.per, dose.cap_mg)
        return lay_changes((whole,), self.rate_changes)

    def dose(self, session: int) -> Dose:
        """Return the dose of one session."""
        return self.doses[0] if len(self.doses) == 1 else self.doses[session]

    def device_count(self, session: int) -> int:
        """Return the number of nasal devices of one session."""
        return self.devices[0] if len(self.devices) == 1 else self.devices[session]

    def end_h(self, session: int) -> float:
        """Return when the last of it has been given, hours from the start of the session."""
        if self.devices:
            return self.start_h + (self.device_count(session) - 1) * (self.device_interval_h or 0.0)
        return self.start_h + self.duration_h

    @property
    def text(self) -> str:
        """Return dose, route and time in words, such as ``0.5 mg/kg IV infusion over 40 min``."""
        if self.devices:
            counts = list(dict.fromkeys(self.devices))
            amount = ", ".join(f"{count * MG_PER_DEVICE:g}" for count in counts) + " mg"
        else:
            amount = ", ".join(dict.fromkeys(map(str, self.doses or (self.rate,))))
        start = f" at {_time(self.start_h)}" if self.start_h else ""
        over = f" over {_time(self.duration_h)}" if self.duration_h else ""
        changed = " with changes of rate" if self.rate_changes else ""
        return f"{amount} {self.route.label}{start}{over}{changed}"


def _time(hours: float) -> str:
    return f"{60 * hours:g} min" if hours < 2 else f"{hours:g} h"
