"""Writes a protocol as YAML text that reads back as an equal value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import yaml

from ataraxy.errors import InputError
from ataraxy.exchange.protocol_reader import FORMAT
from ataraxy.therapy.administration import Administration
from ataraxy.therapy.amount import Rate
from ataraxy.therapy.calendar import Calendar
from ataraxy.therapy.infusion import ShareOfPlan
from ataraxy.therapy.protocol import Protocol


def protocol_to_yaml(protocol: Protocol) -> str:
    """Return the protocol as YAML text that `parse_protocol` reads back as an equal value."""
    document: dict[str, Any] = {"format": FORMAT, "name": protocol.name}
    if protocol.title:
        document["title"] = protocol.title
    document |= {"drug": protocol.drug.value, "basis": protocol.basis.value}
    if protocol.basis_status != "stated":
        document["basis_status"] = protocol.basis_status
    administrations = [_administration_out(administration) for administration in protocol.administrations]
    if len(administrations) == 1:
        document |= administrations[0]
    else:
        document["administrations"] = administrations
    document["calendar"] = _calendar_out(protocol.calendar)
    if protocol.observation_h is not None:
        document["observation"] = _hours_out(protocol.observation_h)
    source = {"citation": protocol.source.citation}
    if protocol.source.url:
        source |= {"url": protocol.source.url, "url_status": protocol.source.url_status}
    document["source"] = source
    if protocol.note:
        document["note"] = protocol.note
    # PyYAML writes these line breaks of Unicode as they are, and then reads them back as other ones.
    texts = (protocol.title, protocol.note, protocol.source.citation, protocol.source.url)
    plain = not any(mark in text for text in texts for mark in "\x85\u2028\u2029")
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=plain, width=100)


def _administration_out(administration: Administration) -> dict[str, Any]:
    out: dict[str, Any] = {"route": administration.route.value}
    if administration.start_h:
        out["at"] = _hours_out(administration.start_h)
    if administration.doses:
        caps = {dose.cap_mg for dose in administration.doses}
        if len(caps) > 1:
            raise InputError(
                "the doses of one administration have different caps",
                code="protocol.caps-differ",
                remedy="The file format holds one cap for all of them",
            )
        out["dose"] = _one_or_list(
            administration.doses, lambda dose: f"{_number_out(dose.amount)} {dose.per}"
        )
        if (cap := caps.pop()) is not None:
            out["cap"] = f"{_number_out(cap)} mg"
    if administration.rate is not None:
        out["rate"] = _rate_out(administration.rate)
    if administration.devices:
        out["devices"] = _one_or_list(administration.devices, int)
    if administration.device_interval_h is not None:
        out["device_interval"] = _hours_out(administration.device_interval_h)
    if administration.duration_h:
        out["duration"] = _hours_out(administration.duration_h)
    if administration.rate_changes:
        out["rate_changes"] = [
            {"at": _hours_out(change.at_h), "rate": _rate_out(change.to)}
            | ({} if change.for_h is None else {"for": _hours_out(change.for_h)})
            for change in administration.rate_changes
        ]
    return out


def _calendar_out(calendar: Calendar) -> dict[str, Any]:
    if calendar.days:
        return {"days": [int(day) if day == int(day) else day for day in calendar.days]}
    return {
        "phases": [
            {"sessions": phase.sessions, "over": f"{phase.weeks} weeks"}
            if phase.weeks is not None
            else {"sessions": phase.sessions, "every": f"{_number_out(cast(float, phase.every_days))} days"}
            for phase in calendar.phases
        ]
    }


def _rate_out(rate: Rate | ShareOfPlan | str) -> str:
    if isinstance(rate, str):
        return rate
    if isinstance(rate, ShareOfPlan):
        return f"{_number_out(rate.percent)} %"
    return f"{_number_out(rate.amount)} {rate.per}"


def _hours_out(hours: float) -> str:
    """Write minutes where a whole number of them gives the same hours, bit for bit."""
    minutes = round(60 * hours)
    if minutes / 60 == hours and hours != int(hours):
        return f"{minutes} min"
    return f"{_number_out(hours)} h"


def _number_out(number: float) -> str:
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def _one_or_list(values: Sequence[Any], write: Callable[[Any], Any]) -> Any:
    written = [write(value) for value in values]
    return written[0] if len(written) == 1 else written
