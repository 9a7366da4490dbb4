"""What comes back and what goes out, as parts of a refund case's state: references, counts and times only."""

from datetime import datetime

from pydantic import BaseModel, Field

from domain.sealed import SealedRef


class Inspection(BaseModel):
    """What was found in the parcel. `result` is a code of the causes policy; `next` is what follows from it there."""

    number: int
    result: str
    good: int = 0
    damaged: int = 0
    missing: int = 0
    wrong: int = 0
    resellable: bool | None = None
    next: str
    claim: str | None = None
    photos: list[str] = []
    by: str
    at: datetime

    @property
    def undecided(self) -> bool:
        return self.next == SECOND_LOOK

    @property
    def refund_follows(self) -> bool:
        return self.next == REFUND


# Words of the causes policy's `inspections`.
REFUND = "refund"
SECOND_LOOK = "quality_person_within_24h"


class Goods(BaseModel):
    """`parcel` is the row of the parcel that arrived; `accepted_by` who took the goods as they are after a dispute."""

    parcel: str | None = None
    received_at: datetime | None = None
    received_by: str | None = None
    inspections: list[Inspection] = Field(default_factory=list)
    accepted_by: str | None = None
    accepted_why: SealedRef | None = None
    sent: str | None = None
    sent_at: datetime | None = None
    given_up_at: datetime | None = None

    @property
    def inspection(self) -> Inspection | None:
        """The one that counts: the last."""
        return self.inspections[-1] if self.inspections else None
