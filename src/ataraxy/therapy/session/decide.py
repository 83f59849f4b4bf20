"""The commands of a session, gathered. Each returns the events that follow, or refuses; none changes anything."""

from ataraxy.therapy.session.decide_after import (
    abort,
    begin_observation,
    begin_recovery,
    discharge,
    follow_up,
)
from ataraxy.therapy.session.decide_before import (
    check_in,
    override_hold,
    plan,
    prepare,
    refused_preparation,
)
from ataraxy.therapy.session.decide_chart import (
    correct_reading,
    follow_adverse_event,
    record_adverse_event,
    record_reading,
    record_suicide_risk,
)
from ataraxy.therapy.session.decide_dose import (
    change_rate,
    correct_delivery,
    give,
    pause,
    resume,
    start_dosing,
    stop,
)

__all__ = [
    "abort",
    "begin_observation",
    "begin_recovery",
    "change_rate",
    "check_in",
    "correct_delivery",
    "correct_reading",
    "discharge",
    "follow_up",
    "give",
    "override_hold",
    "pause",
    "plan",
    "prepare",
    "follow_adverse_event",
    "record_adverse_event",
    "record_reading",
    "record_suicide_risk",
    "refused_preparation",
    "resume",
    "start_dosing",
    "stop",
]
