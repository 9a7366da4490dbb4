"""The next hour to reach a buyer: chosen from what is known about them, inside every limit, with its reason."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from domain.calendar import CalendarDays
from domain.contact_bases import Bases
from domain.contact_caps import Block, blocked_until
from domain.contact_channels import channels
from domain.contact_history import ContactHistory, StatedPreference
from domain.contact_reasons import NO_CONTACT, Held, plan_sentences, plan_warnings
from domain.contact_request import ContactRequest, ContactTimeUnclear, NoContact, PlannedContact
from domain.contact_slots import DeskHours, Slot, SlotSearch
from domain.contact_terms import CapName, Channel, ContactBasis, NoContactCode
from domain.life_zones import LifeZone, life_midnight, life_zone
from domain.policies.contact import ContactPolicy

__all__ = [
    "Channel",
    "ContactBasis",
    "ContactRequest",
    "ContactTimeUnclear",
    "DeskHours",
    "NoContact",
    "NoContactCode",
    "PlannedContact",
    "StatedPreference",
    "plan_contact",
]


def plan_contact(
    request: ContactRequest, history: ContactHistory, policy: ContactPolicy, days: CalendarDays
) -> PlannedContact | NoContact:
    """The earliest fitting slot of the first basis that yields one, on the first channel that is open."""
    return _Planning(request, history, policy, days, life_zone(request.state, policy)).plan()


@dataclass(frozen=True, slots=True)
class _Planning:
    request: ContactRequest
    history: ContactHistory
    policy: ContactPolicy
    days: CalendarDays
    zone: LifeZone

    def plan(self) -> PlannedContact | NoContact:
        blocks = {}
        for channel in channels(self.request, self.history, self.policy):
            block = self._block(channel)
            if block:
                blocks[channel] = block
            if (block is None or block.until) and (planned := self._plan_on(channel, block)):
                return planned
        return self._nothing(blocks)

    def _block(self, channel: Channel) -> Block | None:
        ask = self.request
        stated = ask.stated_preference
        return blocked_until(channel, ask.now, ask.case, self.history, self.policy, self.zone, stated=stated)

    def _plan_on(self, channel: Channel, block: Block | None) -> PlannedContact | None:
        ask = self.request
        floors = [ask.now, block.until if block else None, ask.stated_preference and ask.stated_preference.earliest]
        earliest = max(moment for moment in floors if moment).astimezone(UTC)
        desks = tuple(desk for desk in (ask.desk, ask.agent) if desk)
        latest = ask.window_ends_at.astimezone(UTC)
        search = SlotSearch(channel, earliest, latest, self.zone, self.policy, self.days, desks)
        for basis, find in Bases(self.request, self.history, self.policy, self.zone).in_order():
            if earliest < latest and (slot := find(search)):
                return self._planned(channel, basis, slot, block)
        return None

    def _planned(self, channel: Channel, basis: ContactBasis, slot: Slot, block: Block | None) -> PlannedContact:
        due = self._due(basis, slot)
        held = Held(block.why if block else "", self.request.attempt_number)
        english, chinese = plan_sentences(channel, basis, due, slot, self.zone, held, self._subject(basis))
        return PlannedContact(
            due_at=due,
            slot_ends_at=slot.end,
            channel=channel,
            basis=basis,
            reason=english,
            reason_zh=chinese,
            warnings=plan_warnings(slot, self.zone, basis, self.request.stated_preference is not None),
        )

    def _subject(self, basis: ContactBasis) -> str:
        if basis is ContactBasis.OCCUPATION and self.request.occupation:
            return self.request.occupation
        return self.request.address_type

    def _due(self, basis: ContactBasis, slot: Slot) -> datetime:
        """Promises and presence are met at once, so is a first contact in an open window; the rest spreads out."""
        prompt = basis in {ContactBasis.STATED_PREFERENCE, ContactBasis.PRESENCE}
        if prompt or (self.request.attempt_number <= 1 and slot.start == self.request.now):
            return slot.start
        margin = timedelta(minutes=self.policy.hard_limits.last_start_margin_minutes)
        room = int((slot.end - margin - slot.start).total_seconds()) * self.policy.persistence.spread_percent // 100
        digest = sha256(f"{self.request.jitter_seed}|{slot.day.date}".encode()).digest()
        return slot.start + timedelta(seconds=int.from_bytes(digest[:6]) % (max(room, 0) + 1))

    # Where nothing fits

    def _nothing(self, blocks: dict[Channel, Block]) -> NoContact:
        code = self._why_nothing(blocks)
        english, chinese = NO_CONTACT[code]
        retry = self._tomorrow() if code is NoContactCode.NOBODY_AT_DESK else None
        return NoContact(code=code, reason=english, reason_zh=chinese, retry_at=retry)

    def _why_nothing(self, blocks: dict[Channel, Block]) -> NoContactCode:
        ask = self.request
        if any(block.cap is CapName.STOPPED for block in blocks.values()):
            return NoContactCode.STOPPED
        if ask.now >= ask.window_ends_at:
            return NoContactCode.WINDOW_ENDED
        order = channels(self.request, self.history, self.policy)
        if not order:
            return NoContactCode.NO_CHANNEL
        if len(blocks) == len(order) and all(self._too_late(block.until) for block in blocks.values()):
            silent = any(block.cap is CapName.IM_UNANSWERED for block in blocks.values())
            return NoContactCode.WAITING_FOR_BUYER if silent else NoContactCode.CAPS_EXHAUSTED
        return NoContactCode.NOBODY_AT_DESK if self._only_desk_is_missing() else NoContactCode.NO_SLOT

    def _too_late(self, until: datetime | None) -> bool:
        return until is None or until >= self.request.window_ends_at

    def _only_desk_is_missing(self) -> bool:
        if not (self.request.desk or self.request.agent):
            return False
        unattended = replace(self, request=replace(self.request, desk=None, agent=None))
        return isinstance(unattended.plan(), PlannedContact)

    def _tomorrow(self) -> datetime | None:
        today = self.request.now.astimezone(self.zone.tz).date()
        retry = life_midnight(today + timedelta(days=1), self.zone)
        return retry if retry < self.request.window_ends_at else None
