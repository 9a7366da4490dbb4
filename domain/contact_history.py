"""What a person has been through with us: the touches, stops and wishes that bound the next contact."""

from dataclasses import dataclass
from datetime import datetime

from domain.contact_terms import CallResult, Channel, StopSignal, TalkOutcome
from domain.policies.hours import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTouch:
    """One contact that really happened, in either direction. `counted` is what the consequence said at the time; a
    `letter` was sent by the house itself, to tell the buyer something, and nobody tried to talk to them."""

    at: datetime
    channel: Channel
    case: str
    result: CallResult | None = None
    talk: TalkOutcome | None = None
    counted: bool = True
    outbound: bool = True
    asks_to_amend: bool = False
    letter: bool = False

    @property
    def inbound(self) -> bool:
        return not self.outbound


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStop:
    """A stop signal and the case in which it came; a lifted one (the buyer asked for contact again) is left out."""

    at: datetime
    case: str
    signal: StopSignal


@dataclass(frozen=True, slots=True)
class ContactHistory:
    """What one person has been through with us over every case, shop and channel, in any order: the touches of the last
    90 days, all touches of the case that is looked at, and every stop that was not lifted."""

    touches: tuple[ContactTouch, ...] = ()
    stops: tuple[ContactStop, ...] = ()

    def made_in(self, case: str) -> list[ContactTouch]:
        """Our own touches in one case, oldest first."""
        made = (touch for touch in self.touches if touch.outbound and touch.case == case)
        return sorted(made, key=lambda touch: touch.at)

    def next_attempt(self, case: str) -> int:
        """Which attempt in one case the next contact would be, from 1. Only what a person began counts, however it
        went: no plan that was missed or made anew, and nothing that the buyer sent."""
        return sum(not touch.letter for touch in self.made_in(case)) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPreference:
    """What the buyer asked for: no earlier than a moment, only within windows of the day (life time), or both.

    `written` marks a request in the buyer's own writing; only its windows reach beyond the hard limits.
    `stated_at` frees the asked-for contact from the cool-downs of contacts before it, and once from the day's cap.
    """

    earliest: datetime | None = None
    windows: tuple[Window, ...] = ()
    written: bool = False
    stated_at: datetime | None = None
