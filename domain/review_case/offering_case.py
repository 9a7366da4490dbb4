"""A case of any kind in which amends may be offered, as far as approving them and mending their transfers goes."""

from typing import Protocol

from domain.case_clocks import Clock, Held
from domain.case_record import Recorded
from domain.escalation import EscalationKind
from domain.review_case.state import Offer, PayoutRef


class OfferingCase(Recorded, Protocol):
    """`offer` and `payout` are the last ones."""

    clocks: dict[EscalationKind, Clock]
    held: Held | None
    assignee: str | None
    offers: list[Offer]
    payouts: list[PayoutRef]

    @property
    def offer(self) -> Offer | None: ...
    @property
    def payout(self) -> PayoutRef | None: ...
