"""What is entered into a drug register, each time with a witness."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms

from ataraxy.clinic.forms import request_field
from ataraxy.clinic.numbers import NumberField
from ataraxy.clinic.pages.preparation.forms import CHOOSE, ByTwo
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.drug_register import Discrepancy, Register
from ataraxy.therapy.exact import plain
from ataraxy.therapy.preparation import Vial

# How many containers that are empty, and discrepancies that are explained, a form still offers.
KEPT_IN_CHOICES: Final = 60
_OFF = {"autocomplete": "off", "spellcheck": "false"}
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"


class Witnessed(ByTwo):
    """An entry of a register."""

    request = request_field()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["person"].label = "Witness"
        self.fields["secret"].label = "PIN or password of the witness"
        self.order_fields([name for name in self.fields if name not in ("person", "secret")])


class ReceiveForm(Witnessed):
    """A container that came in, as its label reads."""

    location = forms.RegexField(
        label="Place",
        regex=NAME,
        help_text="Where it is kept, without spaces. A new name begins a new register.",
        widget=forms.TextInput(attrs={**_OFF, "list": "places"}),
    )
    container = forms.RegexField(
        label="Its own id",
        regex=NAME,
        help_text="Write it on the container: each vial or pack has its own.",
        widget=forms.TextInput(attrs=_OFF),
    )
    drug = forms.ChoiceField(label="Drug", choices=[CHOOSE, *((drug.value, drug.label) for drug in Drug)])
    strength = NumberField(label="Strength, mg in one mL or piece")
    unit = forms.ChoiceField(
        label="Counted in", choices=[CHOOSE, ("mL", "mL"), ("piece", "pieces (devices, films, tablets)")]
    )
    basis = forms.ChoiceField(
        label="The mg count",
        choices=[
            CHOOSE,
            (Basis.BASE.value, "ketamine base"),
            (Basis.HYDROCHLORIDE.value, "the hydrochloride"),
        ],
    )
    content = NumberField(label="Content, mL or pieces")
    lot = forms.CharField(label="Lot", max_length=40, widget=forms.TextInput(attrs=_OFF))
    expires_on = forms.DateField(label="Expires on", widget=forms.DateInput(attrs={"type": "date"}))

    def vial(self) -> Vial:
        """Return the container as its label reads."""
        read = self.cleaned_data
        return Vial(
            id=read["container"],
            drug=Drug(read["drug"]),
            basis=Basis(read["basis"]),
            strength=read["strength"],
            unit=read["unit"],
            content=read["content"],
            lot=read["lot"],
            expires_on=read["expires_on"],
        )


class PlaceForm(Witnessed):
    """About one container, or one draw that is not accounted for."""

    what = forms.ChoiceField(label="Container or draw")

    def __init__(self, *args: Any, register: Register, empty: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["what"].choices = [CHOOSE, *_things(register, empty=empty)]  # type: ignore[attr-defined]

    def place(self) -> dict[str, Any]:
        """Return the container or the draw, by the names that the register's commands give them."""
        kind, _, id_ = str(self.cleaned_data["what"]).partition(":")
        return {"container": id_ if kind == "container" else None, "draw_id": id_ if kind == "draw" else None}


class MoveForm(PlaceForm):
    """Drug that leaves."""

    amount = NumberField(label="Amount, mL or pieces")
    reason = forms.CharField(label="Reason", max_length=200)


class CountForm(PlaceForm):
    """A count. What the balance says is not shown: whoever counts does not know what they should find."""

    counted = NumberField(label="Counted, mL or pieces", above_zero=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, empty=True, **options)


class ExplainForm(Witnessed):
    """What is known of a discrepancy."""

    count = forms.ChoiceField(label="Discrepancy")
    explanation = forms.CharField(
        label="Explanation", max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, register: Register, **options: Any) -> None:
        super().__init__(*args, **options)
        found = [
            (d.id, f"{d.at:%d %b %Y}, {d.container or 'draw'}: {plain(d.amount)}")
            for d in to_explain(register)
        ]
        self.fields["count"].choices = [CHOOSE, *found]  # type: ignore[attr-defined]


def to_explain(register: Register) -> list[Discrepancy]:
    """Return the discrepancies that nobody has explained, and the latest others, the latest first."""
    latest = {d.id for d in register.discrepancies[-KEPT_IN_CHOICES:]}
    return [d for d in reversed(register.discrepancies) if not d.explanations or d.id in latest]


def _things(register: Register, *, empty: bool) -> Iterable[tuple[str, str]]:
    for draw in register.open_draws():
        yield f"draw:{draw.id}", f"Draw of {draw.at:%d %b, %H:%M} UTC from {draw.container}"
    # An empty one is counted on its day or the next; after some years there are thousands.
    late = register.containers[-KEPT_IN_CHOICES:] if empty else ()
    offered = {c.vial.id: c for c in (*register.held, *late) if empty or c.remaining > 0}
    for container in offered.values():
        yield f"container:{container.vial.id}", f"{container.vial.id}, lot {container.vial.lot}"
