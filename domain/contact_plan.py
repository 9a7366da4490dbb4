"""The next hour to reach a buyer: chosen from what is known about them, inside every limit, with its reason."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from domain.calendar import CalendarDays
from domain.contact_bases import Bases
from domain.contact_caps import Block, blocked_until
from domain.contact_channels import channels
from domain.contact_history import ContactHistory, StatedPreference
from domain.contact_reasons import NO_CONTACT, SPACING, Held, Moved, plan_sentences, plan_warnings
from domain.contact_request import ContactRequest, ContactTimeUnclear, NoContact, PlannedContact
from domain.contact_slots import DeskHours, Slot, SlotSearch
from domain.contact_spread import Hands, Place, Placed, places
from domain.contact_terms import NOBODY_THERE, CapName, Channel, ContactBasis, NoContactCode
from domain.life_zones import LifeZone, life_midnight, life_zone
from domain.policies.contact import ContactPolicy

__all__ = [
    "Channel",
    "ContactBasis",
    "ContactRequest",
    "ContactTimeUnclear",
    "DeskHours",
    "FoundSlot",
    "NoContact",
    "NoContactCode",
    "PlannedContact",
    "StatedPreference",
    "find_slot",
    "plan_contact",
]


def plan_contact(
    request: ContactRequest, history: ContactHistory, policy: ContactPolicy, days: CalendarDays
) -> PlannedContact | NoContact:
    """The contact in the slot that `find_slot` finds, wherever else contacts are planned."""
    found = find_slot(request, history, policy, days)
    return found.planned() if isinstance(found, FoundSlot) else found


def find_slot(
    request: ContactRequest, history: ContactHistory, policy: ContactPolicy, days: CalendarDays
) -> "FoundSlot | NoContact":
    """The earliest fitting slot of the first basis that yields one, on the first channel that is open."""
    return _Planning(request, history, policy, days, life_zone(request.state, policy)).plan()


@dataclass(frozen=True, slots=True)
class FoundSlot:
    """A slot for the contact, before it is known what else is planned into it."""

    request: ContactRequest
    policy: ContactPolicy
    zone: LifeZone
    channel: Channel
    basis: ContactBasis
    slot: Slot
    held_by: str

    def places(self, hands: Hands) -> list[Place]:
        """Where the contact may be made, the moment at which it is wanted first; promises and presence don't move."""
        wanted = self.wanted()
        latest = wanted if self._prompt else self.slot.start + self._room
        earliest = wanted if self._prompt else self.slot.start
        return places(wanted, earliest, latest, self.policy.spreading, hands)

    def planned(self, placed: Placed | None = None) -> PlannedContact:
        """`placed` None: at the moment at which it is wanted."""
        due = placed.at if placed else self.wanted()
        moved = Moved(self.wanted(), placed.others_there) if placed and placed.at != self.wanted() else None
        held = Held(self.held_by, self.request.attempt_number, moved)
        english, chinese = plan_sentences(self.channel, self.basis, due, self.slot, self.zone, held, self._subject)
        stated, crowded = self.request.wish_stands(self.policy), placed is not None and placed.crowded
        return PlannedContact(
            due_at=due,
            slot_ends_at=self.slot.end,
            channel=self.channel,
            basis=self.basis,
            reason=english,
            reason_zh=chinese,
            warnings=plan_warnings(self.slot, self.zone, self.basis, stated, crowded=crowded),
            presence_again_at=self._presence_again_at(),
        )

    def wanted(self) -> datetime:
        """Promises and presence are met at once, so is a first contact in an open window; the rest spreads out."""
        first = self.request.attempt_number <= 1 and self.slot.start == self.request.now
        if self._prompt or first:
            return self.slot.start
        digest = sha256(f"{self.request.jitter_seed}|{self.slot.day.date}".encode()).digest()
        seconds = int.from_bytes(digest[:6]) % (int(self._room.total_seconds()) + 1)
        return self.slot.start + timedelta(seconds=seconds)

    def _presence_again_at(self) -> datetime | None:
        again = timedelta(minutes=self.policy.presence.again_after_minutes)
        return self.request.now + again if self.basis is ContactBasis.PRESENCE else None

    @property
    def _prompt(self) -> bool:
        return self.basis in {ContactBasis.STATED_PREFERENCE, ContactBasis.PRESENCE}

    @property
    def _room(self) -> timedelta:
        margin = timedelta(minutes=self.policy.hard_limits.last_start_margin_minutes)
        open_for = max(self.slot.end - margin - self.slot.start, timedelta())
        return timedelta(seconds=int(open_for.total_seconds()) * self.policy.persistence.spread_percent // 100)

    @property
    def _subject(self) -> str:
        if self.basis is ContactBasis.OCCUPATION and self.request.occupation:
            return self.request.occupation
        return self.request.address_type


@dataclass(frozen=True, slots=True)
class _Planning:
    request: ContactRequest
    history: ContactHistory
    policy: ContactPolicy
    days: CalendarDays
    zone: LifeZone

    def plan(self) -> FoundSlot | NoContact:
        blocks = {}
        for channel in channels(self.request, self.history, self.policy):
            block = self._block(channel)
            if block:
                blocks[channel] = block
            if (block is None or block.until) and (found := self._find_on(channel, block)):
                return found
        return self._nothing(blocks)

    def _block(self, channel: Channel) -> Block | None:
        ask = self.request
        stated = ask.stated_preference
        return blocked_until(channel, ask.now, ask.case, self.history, self.policy, self.zone, stated=stated)

    def _find_on(self, channel: Channel, block: Block | None) -> FoundSlot | None:
        ask = self.request
        free_from = max(ask.now, (ask.stated_preference and ask.stated_preference.earliest) or ask.now).astimezone(UTC)
        earliest = max(free_from, block.until.astimezone(UTC)) if block and block.until else free_from
        desks = tuple(desk for desk in (ask.desk, ask.agents, ask.agent) if desk)
        latest = ask.window_ends_at.astimezone(UTC)
        search = SlotSearch(channel, earliest, latest, self.zone, self.policy, self.days, desks)
        for basis, find in self._bases.in_order():
            if earliest < latest and (slot := find(search)):
                why = self._held_by(block, replace(search, earliest=free_from), slot) if block else ""
                return FoundSlot(self.request, self.policy, self.zone, channel, basis, slot, why)
        return None

    @property
    def _bases(self) -> Bases:
        return Bases(self.request, self.history, self.policy, self.zone)

    def _held_by(self, block: Block, unblocked: SlotSearch, slot: Slot) -> str:
        """What alone keeps the contact from being made earlier; nothing where the hours do it by themselves."""
        if self._bases.starts(unblocked) < slot.start:
            return block.why
        return SPACING if replace(self._bases, spaced=False).starts(unblocked) < slot.start else ""

    # Where nothing fits

    def _nothing(self, blocks: dict[Channel, Block]) -> NoContact:
        code = self._why_nothing(blocks)
        english, chinese = NO_CONTACT[code]
        retry = self._tomorrow() if code in NOBODY_THERE else None
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
        if self._would_find(replace(ask, agent=None)):
            return NoContactCode.AGENT_NEVER_THERE
        unattended = self._would_find(replace(ask, desk=None, agents=None, agent=None))
        return NoContactCode.NOBODY_AT_DESK if unattended else NoContactCode.NO_SLOT

    def _too_late(self, until: datetime | None) -> bool:
        return until is None or until >= self.request.window_ends_at

    def _would_find(self, eased: ContactRequest) -> bool:
        """Whether there would be a slot if less were known against some people's hours."""
        return eased != self.request and isinstance(replace(self, request=eased).plan(), FoundSlot)

    def _tomorrow(self) -> datetime | None:
        today = self.request.now.astimezone(self.zone.tz).date()
        retry = life_midnight(today + timedelta(days=1), self.zone)
        return retry if retry < self.request.window_ends_at else None
