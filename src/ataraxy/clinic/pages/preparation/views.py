"""Views of the preparation of a dose. What one person found is on no page before another has found it too."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ataraxy.clinic.access.admission import ClinicRequest
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.access.stated import action, page
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.accounts.second_person import second_person, who_may
from ataraxy.clinic.pages.preparation.forms import AccountForm, ReadForm, RecalculateForm
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.errors import InputError
from ataraxy.practice import draws, preparing, sessions
from ataraxy.practice.aggregate import PERSON, REGISTER, SESSION
from ataraxy.practice.lists import patient_of
from ataraxy.practice.practice import Practice
from ataraxy.practice.preparing import PREPARING, Preparing, Waiting
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.preparation import NearMiss, Problem
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.decide_before import WEIGHT_CHANGE
from ataraxy.therapy.session.state import Session, SessionState

_WRITE: Final = Permission.PREPARATION_WRITE
_PLAINER: Final = {
    "the second person and the first person's": "the two people",
    "the second person and what their own inputs give": "the second person's result and their own reading",
}


def patient_of_session(request: HttpRequest, session_id: str) -> str | None:
    """Return whose session it is; None where there is none."""
    return patient_of(the_practice(), session_id) if session_id.isalnum() else None


@dataclass(frozen=True)
class Scene:
    """Everything that the page of one session stands on.

    Attributes:
        session: as it stands.
        preparing: what was calculated for it.
        viewer: staff id of whoever looks.
    """

    id: str
    session: Session
    preparing: Preparing
    viewer: Person

    @property
    def waiting(self) -> Waiting | None:
        """The calculation that waits, while a dose may still be prepared."""
        return self.preparing.waiting if self.session.state is SessionState.CHECKED_IN else None

    @property
    def shows_result(self) -> bool:
        """Whether the viewer may see the waiting result: whoever calculated it, until they hand over."""
        waiting = self.waiting
        return (
            waiting is not None and not waiting.handed_over and waiting.calculation.by == self.viewer.staff_id
        )

    @property
    def pump(self) -> bool:
        """Whether a pump gives the dose."""
        return self.session.plan is not None and bool(self.session.plan.order.stretches)


@page(_WRITE, patient=patient_of_session)
def preparation(request: ClinicRequest, session_id: str) -> HttpResponse:
    """The preparation as it stands: to calculate, to recalculate, prepared, or to account for."""
    return _shown(request, session_id)


@action(_WRITE, patient=patient_of_session)
def first(request: ClinicRequest, session_id: str) -> HttpResponse:
    """Takes what the first person read."""
    practice = the_practice()
    scene = _scene(request, session_id)
    form = ReadForm(request.POST, containers=_containers(practice))
    if not form.is_valid():
        return _shown(request, session_id, read_form=form, status=422)
    try:
        preparing.begin(
            practice,
            session_id,
            form.cleaned_data["request"],
            form.inputs(scene.session),
            location=form.location,
            by=actor_of(request.access.who),
            key=form.cleaned_data["request"],
        )
    except InputError as refusal:
        return _shown(request, session_id, read_form=form, refusal=refusal)
    return redirect("preparation", session_id=session_id)


@action(_WRITE, patient=patient_of_session)
def hand_over(request: ClinicRequest, session_id: str) -> HttpResponse:
    """Hides the result until a second person has found theirs."""
    try:
        preparing.hand_over(the_practice(), session_id, by=actor_of(request.access.who))
    except InputError as refusal:
        return _shown(request, session_id, refusal=refusal)
    response = redirect("preparation", session_id=session_id)
    # The page before, with the result on it, is not to come back from the browser's memory.
    response["Clear-Site-Data"] = '"cache"'
    return response


@action(_WRITE, patient=patient_of_session)
def withdraw(request: ClinicRequest, session_id: str) -> HttpResponse:
    """Drops a calculation that nobody has agreed with."""
    try:
        preparing.withdraw(
            the_practice(), session_id, _text(request, "reason", 200), by=actor_of(request.access.who)
        )
    except InputError as refusal:
        return _shown(request, session_id, refusal=refusal)
    messages.success(request, "Withdrawn. Nothing is prepared.")
    return redirect("preparation", session_id=session_id)


@action(_WRITE, patient=patient_of_session)
def second(request: ClinicRequest, session_id: str) -> HttpResponse:
    """Takes what the second person read and found. The first calculation comes from the record, never from here."""
    practice = the_practice()
    scene = _scene(request, session_id)
    waiting = scene.waiting
    if waiting is None:
        return _shown(request, session_id, refusal=_gone(session_id))
    if scene.shows_result:
        # This screen shows the result: whoever enters theirs here has seen it.
        return _shown(
            request,
            session_id,
            refusal=Refusal(
                "this screen still shows the first result",
                code="preparing.not-hidden",
                remedy="Hide it and hand over; the second person enters theirs without having seen it",
            ),
        )
    form = _recalculate_form(practice, scene, waiting, request)
    if not form.is_valid():
        return _shown(request, session_id, second_form=form, status=422)
    try:
        other = second_person(
            request,
            form.cleaned_data["person"],
            form.cleaned_data["secret"],
            Permission.PREPARATION_WITNESS,
            patient=request.access.patient,
        )
    except ValidationError as wrong:
        form.add_error("secret" if wrong.code in ("secret", "rate") else "person", wrong)
        return _shown(request, session_id, second_form=form, status=422)
    try:
        preparing.agree(
            practice,
            session_id,
            waiting.preparation,
            form.inputs(scene.session),
            form.result(),
            draw_id=uuid.uuid5(uuid.NAMESPACE_OID, waiting.preparation).hex,
            by=actor_of(other),
            first=_actor_behind(waiting.calculation.by),
            key=form.cleaned_data["request"],
        )
    except Refusal as refusal:
        used_up = refusal.code.startswith("preparation.")
        return _shown(request, session_id, second_form=None if used_up else form, refusal=refusal, blind=True)
    messages.success(
        request, "Two people agree. The dose is prepared, and the register knows that it was drawn."
    )
    return redirect("preparation", session_id=session_id)


@action(Permission.SESSION_PRESCRIBE, patient=patient_of_session)
def weight(request: ClinicRequest, session_id: str) -> HttpResponse:
    """A prescriber confirms that a large change of weight is real."""
    try:
        sessions.act(
            the_practice(),
            session_id,
            decide.override_hold,
            WEIGHT_CHANGE,
            _text(request, "reason", 400),
            by=actor_of(request.access.who),
        )
    except InputError as refusal:
        return _shown(request, session_id, refusal=refusal)
    messages.success(request, "Confirmed. The dose can be calculated for this weight.")
    return redirect("preparation", session_id=session_id)


@action(_WRITE, patient=patient_of_session)
def account(request: ClinicRequest, session_id: str) -> HttpResponse:
    """Takes what became of the drawn drug, with a witness."""
    practice = the_practice()
    scene = _scene(request, session_id)
    wanted = request.POST.get("draw", "")
    opened = next((o for o in draws.open_draws(practice, session_id) if o.draw.id == wanted), None)
    if opened is None:
        return _shown(
            request,
            session_id,
            refusal=Refusal(
                "this draw is accounted for, or belongs to another session",
                code="register.unknown",
                remedy="Look at the register",
            ),
        )
    if not _is_over(scene, opened):
        return _shown(
            request,
            session_id,
            refusal=Refusal(
                "this draw is of the dose that is prepared or runs",
                code="preparing.not-over",
                remedy="Account for it when the dose has ended, or the session",
            ),
        )
    form = _account_form(practice, scene, opened, request)
    if not form.is_valid():
        return _shown(request, session_id, account_form=form, status=422)
    try:
        witness = second_person(
            request,
            form.cleaned_data["person"],
            form.cleaned_data["secret"],
            Permission.PREPARATION_WITNESS,
            patient=request.access.patient,
        )
    except ValidationError as wrong:
        form.add_error("secret" if wrong.code in ("secret", "rate") else "person", wrong)
        return _shown(request, session_id, account_form=form, status=422)
    try:
        draws.account_for(
            practice,
            opened.location,
            wanted,
            given=form.cleaned_data["given"],
            wasted=form.cleaned_data["wasted"],
            returned=form.cleaned_data.get("returned") or Decimal(0),
            reason=form.cleaned_data["reason"],
            by=actor_of(request.access.who),
            witness=actor_of(witness),
            key=form.cleaned_data["request"],
        )
    except InputError as refusal:
        return _shown(request, session_id, account_form=form, refusal=refusal)
    messages.success(request, "Accounted for, with a witness.")
    return redirect("preparation", session_id=session_id)


# --- what the page shows ----------------------------------------------------------------------------------------


def _shown(
    request: ClinicRequest,
    session_id: str,
    *,
    read_form: ReadForm | None = None,
    second_form: RecalculateForm | None = None,
    account_form: AccountForm | None = None,
    refusal: InputError | None = None,
    blind: bool = False,
    status: int = 200,
) -> HttpResponse:
    practice = the_practice()
    scene = _scene(request, session_id)
    session, waiting = scene.session, scene.waiting
    assert session.plan is not None
    can_prepare = session.state is SessionState.CHECKED_IN
    if can_prepare and waiting is None and read_form is None:
        read_form = ReadForm(containers=_containers(practice))
    if waiting is not None and not scene.shows_result and second_form is None:
        second_form = _recalculate_form(practice, scene, waiting, None)
    opened = draws.open_draws(practice, session_id)
    accounts = [
        {
            "draw": one.draw,
            "location": one.location,
            "unit": _unit(practice, one),
            "form": account_form
            if account_form is not None and account_form.data.get("draw") == one.draw.id
            else _account_form(practice, scene, one, None),
        }
        for one in opened
        if _is_over(scene, one)
    ]
    people = {
        *(p.first.by for p in scene.preparing.prepared),
        *(p.second.by for p in scene.preparing.prepared),
        *(one for miss in session.near_misses for one in miss.by),
    }
    if waiting is not None:
        people.add(waiting.calculation.by)
    if session.preparation is not None:
        people |= {session.preparation.first_by, session.preparation.second_by}
    names = names_of(people)
    chart = practice.load(PERSON, session.plan.patient).state
    context: dict[str, Any] = {
        "session": session,
        "session_id": session_id,
        "order": session.plan.order,
        "patient_name": "" if chart is None else chart.chart.person.name,
        "born": None if chart is None else chart.chart.person.born,
        "waiting": waiting,
        "shows_result": scene.shows_result,
        "quantities": waiting.calculation.quantities if waiting is not None and scene.shows_result else None,
        "vial": waiting.calculation.inputs.vial if waiting is not None and scene.shows_result else None,
        "first_name": names.get(waiting.calculation.by, "") if waiting is not None else "",
        "read_form": read_form if can_prepare and waiting is None else None,
        "second_form": second_form if waiting is not None and not scene.shows_result else None,
        "any_container": bool(_containers(practice)) if can_prepare else True,
        "prepared": session.preparation,
        "prepared_names": None
        if session.preparation is None
        else (names[session.preparation.first_by], names[session.preparation.second_by]),
        "accounts": accounts,
        "refused": None if refusal is None else _refused(refusal, blind),
        "near_misses": [_near_miss(miss, names) for miss in session.near_misses],
        "weight_to_confirm": can_prepare and _weight_to_confirm(session),
        "may_prescribe": request.access.may(Permission.SESSION_PRESCRIBE),
        "can_prepare": can_prepare,
    }
    if refusal is not None and status == 200:
        status = (
            409
            if refusal.code
            in (
                "preparing.nothing",
                "preparing.waiting",
                "preparing.not-hidden",
                "preparing.not-over",
                "session.state",
            )
            else 422
        )
    return render(request, "preparation/preparation.html", context, status=status)


def _scene(request: ClinicRequest, session_id: str) -> Scene:
    practice = the_practice()
    session = practice.load(SESSION, session_id).state
    if session is None or session.plan is None:
        raise Http404
    state = practice.load(PREPARING, session_id).state or Preparing()
    return Scene(session_id, session, state, request.access.who)


def _containers(practice: Practice) -> list[tuple[str, str]]:
    found = []
    for location in draws.locations(practice):
        register = practice.load(REGISTER, location).state
        if register is not None:
            found += [(location, c.vial.id) for c in register.held if c.remaining > 0]
    return found


def _recalculate_form(
    practice: Practice, scene: Scene, waiting: Waiting, request: ClinicRequest | None
) -> RecalculateForm:
    own = waiting.calculation.by
    colleagues = [p for p in who_may(Permission.PREPARATION_WITNESS) if p.staff_id != own]
    viewer = scene.viewer
    initial = {"person": viewer.pk} if viewer.staff_id != own else {}
    return RecalculateForm(
        request.POST if request is not None else None,
        containers=_containers(practice),
        colleagues=colleagues,
        pump=scene.pump,
        initial=initial,
    )


def _account_form(
    practice: Practice, scene: Scene, opened: draws.OpenDraw, request: ClinicRequest | None
) -> AccountForm:
    colleagues = who_may(Permission.PREPARATION_WITNESS, but=[scene.viewer.pk])
    return AccountForm(
        request.POST if request is not None else None,
        unit=_unit(practice, opened),
        colleagues=colleagues,
        initial={"draw": opened.draw.id, "given": _charted(scene, opened)},
        auto_id=f"id_{opened.draw.id[:8]}_%s",
    )


def _charted(scene: Scene, opened: draws.OpenDraw) -> str:
    """What the run sheet says was given of this draw, in its own unit; empty where it says nothing."""
    session = scene.session
    prepared = session.preparation
    if prepared is None or session.dosing_started_at is None or not _is_current(scene, opened):
        return "0"
    if session.dosing_ended_at is None:
        return ""
    given = session.delivered(session.dosing_ended_at)
    found = prepared.quantities
    if found.total_ml:
        given = given * found.drawn / found.total_ml
    return f"{min(given, opened.draw.remaining).quantize(Decimal('0.01')):f}"


def _is_current(scene: Scene, opened: draws.OpenDraw) -> bool:
    """Whether a draw is that of the dose as it is prepared now; one of an earlier preparation is to be wasted."""
    made = next((p for p in scene.preparing.prepared if p.draw == opened.draw.id), None)
    prepared = scene.session.preparation
    return made is None or (prepared is not None and made.preparation == prepared.id)


def _is_over(scene: Scene, opened: draws.OpenDraw) -> bool:
    """Whether it can be said what became of a draw."""
    session = scene.session
    return session.dosing_ended_at is not None or session.state.ended or not _is_current(scene, opened)


def _unit(practice: Practice, opened: draws.OpenDraw) -> str:
    register = practice.load(REGISTER, opened.location).state
    container = None if register is None else register.container(opened.draw.container)
    return "mL" if container is None or container.vial.unit == "mL" else "pieces"


def _actor_behind(staff_id: str) -> Actor:
    """The first person as they are now: somebody whose account was closed since draws nothing."""
    person = Person.objects.filter(staff_id=staff_id).first()
    return Actor(id=staff_id, roles=frozenset()) if person is None else actor_of(person)


def _weight_to_confirm(session: Session) -> bool:
    if not session.near_misses:
        return False
    codes = {problem.code for problem in session.near_misses[-1].problems}
    confirmed = any(
        o.rule == WEIGHT_CHANGE and o.evidence == (f"check-in-{session.check_ins}",)
        for o in session.overrides
    )
    return "preparation.weight-change" in codes and not confirmed


def _refused(refusal: InputError, blind: bool) -> dict[str, Any]:
    problems = [found for found in getattr(refusal, "findings", ()) if isinstance(found, Problem)] or [
        Problem(code=refusal.code, message=refusal.message, remedy=refusal.remedy)
    ]
    said = [_said(problem, blind) for problem in problems]
    return {
        "near_miss": refusal.code.startswith("preparation."),
        "texts": list(dict.fromkeys(one["text"] for one in said)),
        "remedies": list(dict.fromkeys(one["remedy"] for one in said if one["remedy"])),
    }


def _near_miss(miss: NearMiss, names: dict[str, str]) -> dict[str, Any]:
    # Two people's numbers stay apart here too: whoever reads them would know before they calculate again.
    said = {_said(problem, True)["text"]: None for problem in miss.problems}
    return {"at": miss.at, "who": [names[one] for one in miss.by], "texts": list(said)}


def _said(problem: Problem, blind: bool) -> dict[str, str]:
    text = problem.message
    if blind and problem.code == "preparation.mismatch":
        # What disagrees, and the known slip; never the two numbers.
        text = text.partition(":")[0]
        for long, short in _PLAINER.items():
            text = text.replace(long, short)
        if problem.slip:
            text += f"; this looks like {problem.slip}"
    return {"text": text, "remedy": problem.remedy}


def _text(request: HttpRequest, name: str, longest: int) -> str:
    """A short text of a form that has no other field."""
    return request.POST.get(name, "").replace("\x00", "").strip()[:longest]


def _gone(session_id: str) -> Refusal:
    return Refusal(
        "this calculation does not wait any more",
        code="preparing.nothing",
        remedy="Look at the preparation as it is now",
        where=session_id,
    )
