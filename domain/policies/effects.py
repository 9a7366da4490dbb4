"""What a changed compensation policy would do to offers that are still to be made."""

from pydantic import BaseModel, Field

from domain.offers import OfferForm, OfferRefused, offer_range
from domain.policies.compensation import CompensationPolicy
from domain.policies.platforms import Grade


class Span(BaseModel):
    """A range in fen; `frozen` asks for a supervisor first."""

    min_fen: int
    base_fen: int
    max_fen: int
    frozen: bool


class RangeChange(BaseModel):
    """One form whose range changes; null where the form is not given."""

    form: OfferForm
    before: Span | None
    after: Span | None


class Complaint(BaseModel):
    """What a range rests on."""

    grade: Grade
    cause: str
    severity: int = Field(ge=1, le=4)
    order_paid_fen: int


def range_changes(complaint: Complaint, before: CompensationPolicy, after: CompensationPolicy) -> list[RangeChange]:
    """In the order of the forms; empty where nothing changes for this complaint."""
    forms = [form for form in OfferForm if form in before.forms or form in after.forms]
    changes = [
        RangeChange(form=form, before=_span(complaint, form, before), after=_span(complaint, form, after))
        for form in forms
    ]
    return [change for change in changes if change.before != change.after]


def _span(complaint: Complaint, form: OfferForm, policy: CompensationPolicy) -> Span | None:
    try:
        found = offer_range(
            complaint.grade, complaint.cause, complaint.severity, complaint.order_paid_fen, policy, form
        )
    except OfferRefused:
        return None
    return Span(min_fen=found.min_fen, base_fen=found.base_fen, max_fen=found.max_fen, frozen=found.frozen)
