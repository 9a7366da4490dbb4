"""A review case whose contacts are planned, allowed and judged by the real contact rules, as the activities ask."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any

from domain.amendment import Reading
from domain.calendar import CalendarDays
from domain.contact_caps import ContactStop, ContactTouch, may_contact_now
from domain.contact_history import ContactHistory, StatedPreference
from domain.contact_outcomes import consequence
from domain.contact_plan import PlannedContact, plan_contact
from domain.contact_request import ContactRequest
from domain.contact_terms import CallResult, Channel, PhoneKind, StopSignal
from domain.life_zones import LifeZone, life_zone
from domain.platforms import Grade
from domain.policies.contact import ContactPolicy
from domain.review_case import hearing, progress, steps
from domain.review_case.facts import BuyerMessage, Planned, Prepared
from domain.review_case.state import ReviewCaseState
from domain.review_case.talking import check_asks, check_next
from domain.sealed import SealedRef
from tests.domain.contact_world import CASE
from tests.domain.review_world import World, an_opening, unopened


@dataclass(frozen=True)
class Begun:
    """A contact that was really begun, with what had happened to the buyer before it."""

    at: datetime
    channel: Channel
    before: ContactHistory
    case: ReviewCaseState


@dataclass
class RealWorld(World):
    """`buyer` is what planning knows of the buyer; `past` is what the buyer went through in other cases."""

    policy: ContactPolicy = field(kw_only=True)
    days: CalendarDays = field(kw_only=True)
    buyer: ContactRequest = field(kw_only=True)
    touches: list[ContactTouch] = field(default_factory=list)
    stops: list[ContactStop] = field(default_factory=list)
    begun_contacts: list[Begun] = field(default_factory=list)
    messages: int = 0
    chance: Random | None = None

    @classmethod
    def opened(
        cls, draw: Any, buyer: ContactRequest, past: ContactHistory, policy: ContactPolicy, days: CalendarDays
    ) -> "RealWorld":
        world = cls(
            draw, unopened(buyer.now), buyer.now, policy=policy, days=days, buyer=buyer,
            touches=list(past.touches), stops=list(past.stops),
        )  # fmt: skip
        progress.opened(world.case, an_opening(draw, buyer.now), buyer.now)
        return world

    @property
    def zone(self) -> LifeZone:
        return life_zone(self.buyer.state, self.policy)

    @property
    def history(self) -> ContactHistory:
        return ContactHistory(tuple(self.touches), tuple(self.stops))

    @property
    def wish(self) -> StatedPreference | None:
        at = self.case.preference_at
        return StatedPreference(earliest=at, stated_at=self.case.preference_stated_at) if at else None

    def pick(self, choices: list[Any]) -> Any:
        """By chance; without it the plain way."""
        return self.chance.choice(choices) if self.chance else choices[0]

    def hear(self, *, opt_out: bool) -> None:
        """The buyer writes; as the api does it, an opt-out counts before the case has heard of it."""
        self.messages += 1
        if opt_out:
            self.stops.append(ContactStop(at=self.now, case=CASE, signal=StopSignal.BUYER_OPT_OUT))
        text = SealedRef(id=f"message-{self.messages}", digest="d")
        hearing.received(
            self.case, BuyerMessage(by="messenger", channel=Channel.SMS, text=text, opt_out=opt_out), self.now
        )
        self.touches.append(
            ContactTouch(at=self.now, channel=Channel.SMS, case=CASE, result=CallResult.CONNECTED, outbound=False)
        )

    def _plan(self) -> Planned:
        case, identity = self.case, self.case.identity
        assert identity is not None
        used = case.presence_again_at is not None and self.now < case.presence_again_at
        asked = replace(
            self.buyer,
            now=self.now,
            review_created_at=identity.review_created_at,
            window_ends_at=identity.persistence_ends_at,
            stated_preference=self.wish,
            online_seen_at=None if used else case.online_seen_at,
            attempt_number=self.history.next_attempt(CASE),
        )
        found = plan_contact(asked, self.history, self.policy, self.days)
        if not isinstance(found, PlannedContact):
            return Planned(why=found.reason, code=found.code, again_at=found.retry_at)
        return Planned(
            due_at=found.due_at, slot_ends_at=found.slot_ends_at, channel=found.channel, why=found.reason,
            presence_again_at=found.presence_again_at,
        )  # fmt: skip

    def _reading(self) -> Reading | None:
        """Mostly the review stands: a month that ends on its second day shows little."""
        bad = Reading(at=self.now, found=True, grade=Grade.BAD, other_row_readable=True)
        return super()._reading() if self.pick([False] * 14 + [True]) else bad

    def _prepared(self, step: steps.Step) -> Prepared:
        """Raises what the activities refuse."""
        found = super()._prepared(step)
        match step:
            case steps.BeginContact():
                self._take()
            case steps.LogContact():
                return found.model_copy(update=self._log(step))
            case steps.StopContact():
                self.stops.append(ContactStop(at=self.now, case=CASE, signal=step.signal))
            case steps.ScheduleCallback():
                self.stops.clear()
        return found

    def _take(self) -> None:
        contact = self.case.contact
        assert contact is not None
        day = self.days.day(self.now.astimezone(self.zone.tz).date())
        history, wish = self.history, self.wish
        may_contact_now(contact.channel, self.now, CASE, history, self.policy, self.zone, day, stated=wish)
        self.begun_contacts.append(Begun(self.now, contact.channel, history, self.case.model_copy(deep=True)))
        self.touches.append(ContactTouch(at=self.now, channel=contact.channel, case=CASE))

    def _log(self, step: steps.LogContact) -> dict[str, Any]:
        check_next(step.talk, step.next_at, self.policy)
        if step.asked_to_amend:
            check_asks(sum(touch.asks_to_amend for touch in self.touches if touch.case == CASE), self.policy)
        after = consequence(step.result, step.talk, self.policy)
        channel = step.channel or (self.case.begun.channel if self.case.begun else Channel.CALL)
        made = ContactTouch(
            at=self.now, channel=channel, case=CASE, result=step.result, talk=step.talk,
            counted=after.counts and not step.inbound, outbound=not step.inbound, asks_to_amend=step.asked_to_amend,
        )  # fmt: skip
        if not step.inbound:
            taken = next(n for n in reversed(range(len(self.touches))) if self._unlogged(self.touches[n]))
            made = replace(made, at=self.touches.pop(taken).at)
        self.touches.append(made)
        if after.stop is not None:
            self.stops.append(ContactStop(at=self.now, case=CASE, signal=after.stop))
        if after.mark_phone is not None:
            self.buyer = replace(self.buyer, phone=PhoneKind.INVALID)
        again = self.now + after.gap if after.gap else None
        return {"stop": after.stop, "counts": made.counted, "again_at": again, "next": after.next}

    @staticmethod
    def _unlogged(touch: ContactTouch) -> bool:
        return touch.case == CASE and touch.outbound and touch.result is None
