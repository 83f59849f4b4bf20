"""What the two people read and find. Nothing is filled in for them: a form that knows the answer checks nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.forms import request_field
from ataraxy.clinic.numbers import NumberField
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.preparation import OwnResult, RawInputs, Vial
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session.state import Session

CHOOSE = ("", "Choose")
WITNESS_HELP = "Their own, typed by themselves."


class ByTwo(forms.Form):
    """Something that a second person confirms on this screen."""

    person = forms.ChoiceField(label="Second person")
    secret = forms.CharField(
        label="PIN or password of the second person",
        help_text=WITNESS_HELP,
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, colleagues: Iterable[Person], **options: Any) -> None:
        super().__init__(*args, **options)
        people = [(person.pk, person.display_name) for person in colleagues]
        self.fields["person"].choices = [CHOOSE, *people]  # type: ignore[attr-defined]


class ReadForm(forms.Form):
    """Prescription, scale and label, as one person reads them."""

    request = request_field()
    amount = NumberField(label="Ordered dose")
    per = forms.ChoiceField(
        label="Its unit", choices=[CHOOSE, ("mg/kg", "mg for each kg"), ("mg", "mg in all")]
    )
    weight_kg = NumberField(
        label="Weight today, kg", help_text="As the scale shows it. It is held against the check-in."
    )
    container = forms.ChoiceField(label="Container in your hand")
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
        help_text="Most vials count the base. Read the label.",
    )
    content = NumberField(label="Content, mL or pieces")
    lot = forms.CharField(
        label="Lot",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    expires_on = forms.DateField(
        label="Expires on",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day of a month where only the month is printed.",
    )
    final_volume_ml = NumberField(
        label="Volume after dilution, mL",
        required=False,
        help_text="Of the syringe or bag with the drug in it. Empty where it is not diluted.",
    )

    PRESCRIPTION = ("amount", "per", "weight_kg")
    LABEL = ("container", "drug", "strength", "unit", "basis", "content", "lot", "expires_on")
    DILUTION = ("final_volume_ml",)

    def __init__(self, *args: Any, containers: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        held = [(f"{location}|{id_}", f"{id_} ({location})") for location, id_ in containers]
        self.fields["container"].choices = [CHOOSE, *held]  # type: ignore[attr-defined]

    def _group(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def prescription_fields(self) -> list[forms.BoundField]:
        return self._group(self.PRESCRIPTION)

    @property
    def label_fields(self) -> list[forms.BoundField]:
        return self._group(self.LABEL)

    @property
    def dilution_fields(self) -> list[forms.BoundField]:
        return self._group(self.DILUTION)

    @property
    def location(self) -> str:
        """Where the container is kept, as it was chosen."""
        return str(self.cleaned_data["container"]).rpartition("|")[0]

    def inputs(self, session: Session) -> RawInputs:
        """Return what was read. Raises Refusal where today's weight is not charted."""
        read = self.cleaned_data
        assert session.plan is not None
        weighed = None if session.check_in is None else session.check_in.weighed_at
        if weighed is None:
            raise Refusal(
                "today's weight is not charted",
                code="preparing.weight",
                remedy="Weigh the person and check in again on the run sheet",
            )
        return RawInputs(
            order=session.plan.order.replace(amount=read["amount"], per=read["per"]),
            weight_kg=read["weight_kg"],
            weighed_at=weighed,
            vial=Vial(
                id=str(read["container"]).rpartition("|")[2],
                drug=Drug(read["drug"]),
                basis=Basis(read["basis"]),
                strength=read["strength"],
                unit=read["unit"],
                content=read["content"],
                lot=read["lot"],
                expires_on=read["expires_on"],
            ),
            final_volume_ml=read["final_volume_ml"],
        )


class RecalculateForm(ReadForm, ByTwo):
    """What the second person reads, and what they worked out by themselves."""

    dose_mg = NumberField(label="Dose, mg", help_text="What the person will get, in the mg of the order.")
    drawn = NumberField(label="Drawn from the container, mL or pieces")
    rate_ml_per_h = NumberField(label="First pump rate, mL/h", required=False)

    RESULT = ("dose_mg", "drawn", "rate_ml_per_h")

    def __init__(self, *args: Any, pump: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.order_fields((*self.PRESCRIPTION, *self.LABEL, *self.DILUTION, *self.RESULT, "person", "secret"))
        self.fields["rate_ml_per_h"].required = pump
        self.pump = pump
        self.fields["person"].label = "Who recalculates"
        self.fields["secret"].label = "Your PIN or password"
        self.fields["secret"].help_text = "Your own: it says that this is your calculation."

    @property
    def result_fields(self) -> list[forms.BoundField]:
        return self._group(self.RESULT if self.pump else self.RESULT[:-1])

    @property
    def person_fields(self) -> list[forms.BoundField]:
        return self._group(("person", "secret"))

    def result(self) -> OwnResult:
        """Return what they found."""
        found = self.cleaned_data
        return OwnResult(
            dose_mg=found["dose_mg"],
            drawn=found["drawn"],
            rate_ml_per_h=found["rate_ml_per_h"] if self.pump else None,
        )


class AccountForm(ByTwo):
    """What became of a draw."""

    request = request_field()
    draw = forms.RegexField(regex=r"^[0-9A-Za-z-]{1,64}$", widget=forms.HiddenInput)
    given = NumberField(label="Given", above_zero=False)
    wasted = NumberField(label="Wasted", above_zero=False)
    returned = NumberField(label="Put back", above_zero=False, required=False)
    reason = forms.CharField(
        label="Why it was wasted or put back",
        required=False,
        max_length=200,
        help_text="Such as: rest in the syringe, dose stopped early.",
    )

    def __init__(self, *args: Any, unit: str, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("given", "wasted", "returned"):
            self.fields[name].label = f"{self.fields[name].label}, {unit}"
        if unit == "mL":
            # drawn liquid is never put back
            del self.fields["returned"]
        self.fields["person"].label = "Witness"
        self.fields["secret"].label = "PIN or password of the witness"
