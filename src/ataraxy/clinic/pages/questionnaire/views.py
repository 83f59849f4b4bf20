"""What a patient sees. No name, no other page, no script; who opens a wrong or used link learns nothing from it."""

from __future__ import annotations

import re
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ataraxy.clinic.access.log import address_of
from ataraxy.clinic.access.rates import RateLimit
from ataraxy.clinic.access.stated import public
from ataraxy.clinic.pages.questionnaire import links
from ataraxy.clinic.the_practice import the_practice
from ataraxy.errors import AtaraxyError, InputError
from ataraxy.therapy.instruments.instrument import Instrument

# A person opens a link, answers, perhaps twice; a family behind one address too. Whoever tries tokens asks more often.
_BY_ADDRESS: Final = RateLimit(burst=30, per_second=0.2)
_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ()/.-]*[0-9]|[0-9]{2,}", re.ASCII)


@public(
    "a patient answers one questionnaire through a link that expires, works once and shows nothing about anybody; "
    "at most 30 requests at once from one address, then one in 5 s",
    post=True,
)
def questionnaire(request: HttpRequest, token: str) -> HttpResponse:
    """The questionnaire of a link, or the same page for every link that opens none."""
    if not _BY_ADDRESS.admits(address_of(request)):
        return _page(request, "wait.html", status=429)
    practice = the_practice()
    opened = links.opened_by(token)
    if opened is None:
        return _page(request, "closed.html", status=404)
    link, instrument = opened
    given = _given(request, instrument)
    wrong = ""
    if request.method == "POST" and (hard := _hard_left_out(instrument, given)):
        wrong = f"Please answer question {hard} too: it must not be guessed. If you would rather not, call your clinic."
    elif request.method == "POST":
        try:
            done = links.answer(practice, link, instrument, given, request=request)
        except InputError as refusal:
            wrong = _in_words(refusal)
        except AtaraxyError:
            wrong = "Your answers could not be stored just now. Please try again in a few minutes."
        else:
            if done is None:
                return _page(request, "closed.html", status=404)
            return HttpResponseRedirect(reverse("questionnaire_answered"))
    context = {
        "instrument": instrument,
        "items": _items(instrument, given, bool(wrong)),
        "wrong": wrong,
        "left_out": sum(1 for one in given if one is None) if wrong else 0,
    }
    return _page(request, "questionnaire.html", context, status=422 if wrong else 200)


@public("says that answers have arrived, and whom to call; the same for everybody")
def answered(request: HttpRequest) -> HttpResponse:
    """Thanks, and the crisis numbers once more."""
    return _page(request, "answered.html")


def _page(
    request: HttpRequest, name: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    try:
        numbers = links.crisis_numbers(the_practice())
    except AtaraxyError:
        numbers = ()
    shown = {"crisis": [_dialled(number) for number in numbers], **(context or {})}
    return render(request, f"questionnaire/{name}", shown, status=status)


def _given(request: HttpRequest, instrument: Instrument) -> list[int | None]:
    found: list[int | None] = []
    for item in instrument.items:
        text = request.POST.get(f"item-{item.number}", "")
        allowed = text.isascii() and text.isdigit() and len(text) <= 2
        value = int(text) if allowed else None
        within = value is not None and instrument.item_low <= value <= instrument.item_high
        found.append(value if within else None)
    return found


def _hard_left_out(instrument: Instrument, given: list[int | None]) -> int | None:
    """The number of a question that somebody must see the answer of, and that has none."""
    flagged = {flag.item for flag in instrument.flags}
    return next(
        (
            item.number
            for item, value in zip(instrument.items, given, strict=True)
            if item.number in flagged and value is None
        ),
        None,
    )


def _items(instrument: Instrument, given: list[int | None], marked: bool) -> list[dict[str, Any]]:
    flagged = {flag.item for flag in instrument.flags}
    return [
        {
            "number": item.number,
            "text": item.text,
            "left_out": marked and value is None,
            "hard": item.number in flagged,
            "choices": [
                (instrument.item_low + i, word, value == instrument.item_low + i)
                for i, word in enumerate(instrument.answers)
            ],
        }
        for item, value in zip(instrument.items, given, strict=True)
    ]


def _dialled(said: str) -> dict[str, str]:
    """A crisis number with what a phone dials: the last number in the text, empty where there is none."""
    numbers = _NUMBER.findall(said)
    dialled = re.sub(r"[^0-9+]", "", numbers[-1]) if numbers else ""
    return {"text": said, "dial": dialled}


def _in_words(refusal: InputError) -> str:
    if refusal.code == "score.missing":
        return "Too many questions are left out to count the answers. Please answer those that are marked."
    return "These answers could not be counted. Please look through them again."
