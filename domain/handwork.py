"""Amends that a person gives by hand: who may, what counts as proof, and what the payout's row is told of it."""

from datetime import datetime

from pydantic import BaseModel, Field

from domain.fulfilment import needs_address
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.people import Role
from domain.sealed import SealedRef

# Who looks at the proof of something that another person gave.
CHECKERS = frozenset({Role.FINANCE, Role.LEAD, Role.SUPERVISOR})
# Where the marketplace or a courier gives it a number of its own, by which finance finds it again.
NUMBERED = frozenset(
    {OfferForm.PLATFORM_SMALL_PAYMENT, OfferForm.RED_PACKET, OfferForm.PARTIAL_REFUND}
    | {form for form in OfferForm if needs_address(form)}
)


class Given(BaseModel):
    """A person says that it was given. `proof` is the SHA-256 of a file's bytes, or the salted commitment to the words
    in `text`; `reference` is the waybill or the marketplace's own number."""

    by: str
    at: datetime
    proof: str
    text: SealedRef | None = None
    file: SealedRef | None = None
    reference: str | None = None


class HandWork(BaseModel):
    """What is to be given by hand. `roles` and `second_person` are the policy's when the gate opened; `refused` are the
    proofs that did not show it."""

    roles: list[Role]
    second_person: bool = True
    given: Given | None = None
    checked_by: str | None = None
    checked_at: datetime | None = None
    refused: list[str] = Field(default_factory=list)

    @property
    def to_give(self) -> bool:
        return self.given is None

    @property
    def to_check(self) -> bool:
        return self.given is not None and self.second_person and self.checked_by is None


class HandMove(BaseModel):
    """One move of a person, as the payout hears of it: `status` SENDING says that it was given, PAID and FAILED what
    was seen in the proof, CANCELLED that it will not be given."""

    status: PayoutStatus
    by: str
    proof: str | None = None
    reference: str | None = None


def moves_of_giving(work: HandWork, given: Given) -> list[HandMove]:
    """What needs no second look counts at once."""
    moves = [HandMove(status=PayoutStatus.SENDING, by=given.by, proof=given.proof, reference=given.reference)]
    return moves if work.second_person else [*moves, HandMove(status=PayoutStatus.PAID, by=given.by)]
