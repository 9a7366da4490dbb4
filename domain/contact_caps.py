"""Caps, cool-downs, stops and hours: whether a contact may be made now, and if not, until when not.

Without new touches every block only ever ends, so one look at the history answers for all later times.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from domain.calendar import CalendarDay
from domain.contact_history import ContactHistory, ContactStop, ContactTouch, StatedPreference
from domain.contact_outcomes import consequence
from domain.contact_terms import CallResult, CapName, Channel, ContactPurpose
from domain.errors import Refusal
from domain.life_zones import BEIJING, LifeZone, instant, life_midnight
from domain.policies.contact import ContactPolicy

__all__ = [
    "Block",
    "CapName",
    "ContactHistory",
    "ContactNotAllowed",
    "ContactPurpose",
    "ContactStop",
    "ContactTouch",
    "StatedPreference",
    "blocked_until",
    "hard_hours",
    "may_contact_now",
]

WEEK = timedelta(days=7)
_REACHED = frozenset({CallResult.CONNECTED, CallResult.SHORT_HANGUP})


@dataclass(frozen=True, slots=True)
class Block:
    """What holds a channel back. `until` None: never again for this case, unless the buyer comes back."""

    cap: CapName
    until: datetime | None
    why: str


class ContactNotAllowed(Refusal):
    """The contact may not be made now; `facts` hold cap (CapName) and until (aware datetime or None) where one of the
    caps holds it back."""

    code: ClassVar[str] = "ContactNotAllowed"


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a person's history from one case at one moment."""

    channel: Channel
    now: datetime
    case: str
    history: ContactHistory
    policy: ContactPolicy
    zone: LifeZone
    stated: StatedPreference | None

    def made(self, channel: Channel | None = None, *, case: bool) -> list[ContactTouch]:
        """Outbound touches that count, of this case or of the whole person."""
        return [
            touch
            for touch in self.history.touches
            if touch.outbound
            and touch.counted
            and (channel is None or touch.channel is channel)
            and (not case or touch.case == self.case)
        ]

    def today(self, touches: list[ContactTouch]) -> list[ContactTouch]:
        midnight = life_midnight(self.now.astimezone(self.zone.tz).date(), self.zone)
        return [touch for touch in touches if touch.at >= midnight]

    @property
    def tomorrow(self) -> datetime:
        return life_midnight(self.now.astimezone(self.zone.tz).date() + timedelta(days=1), self.zone)

    def asked_after(self, touch: ContactTouch) -> bool:
        stated_at = self.stated.stated_at if self.stated else None
        return stated_at is not None and touch.at <= stated_at


def blocked_until(
    channel: Channel,
    now: datetime,
    case: str,
    history: ContactHistory,
    policy: ContactPolicy,
    zone: LifeZone,
    *,
    stated: StatedPreference | None = None,
    purpose: ContactPurpose = ContactPurpose.CASE_TALK,
) -> Block | None:
    """The block on `channel` that ends last (a final one before all), or None where it is free now."""
    if purpose in policy.stops.exempt_purposes:
        return None
    look = _Look(channel, now, case, history, policy, zone, stated)
    blocks = [block for rule in (*_ALWAYS, *_BY_CHANNEL[channel]) for block in rule(look)]
    final = next((block for block in blocks if block.until is None), None)
    return final or max(blocks, key=lambda block: block.until or now, default=None)


def _stops(look: _Look) -> Iterator[Block]:
    rules = look.policy.stops
    for stop in look.history.stops:
        ours = stop.case == look.case or stop.signal in rules.person_wide
        if ours and stop.signal in rules.signals:
            yield Block(CapName.STOPPED, None, f"the stop signal {stop.signal}")


def _cool_downs(look: _Look) -> Iterator[Block]:
    since = look.now - look.policy.longest_gap
    for touch in look.history.touches:
        if touch.result is None or touch.at < since or look.asked_after(touch):
            continue
        after = consequence(touch.result, touch.talk, look.policy)
        until = touch.at + after.gap
        # What failed on one channel rests on that channel too, else a message that cannot be sent is sent for ever.
        rests = look.channel in after.gap_channels or (touch.outbound and touch.channel is look.channel)
        if rests and until > look.now:
            yield Block(CapName.COOL_DOWN, until, f"the cool-down after {touch.talk or touch.result}")


def _touches_per_week(look: _Look) -> Iterator[Block]:
    cap = look.policy.per_buyer.all_touches_per_7_days
    yield from _rolling(CapName.BUYER_TOUCHES_PER_WEEK, look.made(case=False), cap, look.now)


def _calls_per_week(look: _Look) -> Iterator[Block]:
    cap = look.policy.per_buyer.call_attempts_per_7_days
    yield from _rolling(CapName.BUYER_CALLS_PER_WEEK, look.made(Channel.CALL, case=False), cap, look.now)


def _rolling(name: CapName, touches: list[ContactTouch], cap: int, now: datetime) -> Iterator[Block]:
    recent = sorted((touch.at for touch in touches if touch.at > now - WEEK), reverse=True)
    if cap == 0:
        yield Block(name, None, f"the cap {name} (0 allowed)")
    elif len(recent) >= cap:
        yield Block(name, recent[cap - 1] + WEEK, f"the cap {name} ({len(recent)} of {cap})")


def _calls_today(look: _Look) -> Iterator[Block]:
    caps = look.policy.per_case
    today = look.today(look.made(Channel.CALL, case=True))
    busy = sum(touch.result is CallResult.BUSY for touch in today)
    asked = caps.requested_callback_same_day if any(look.asked_after(touch) for touch in today) else 0
    limit = caps.call_attempts_per_day + min(busy, caps.busy_retry_same_day) + asked
    yield from _daily(CapName.CALLS_PER_DAY, len(today), limit, look)


def _technical_retries(look: _Look) -> Iterator[Block]:
    failed = [
        touch
        for touch in look.history.touches
        if touch.outbound
        and touch.result is CallResult.NETWORK_FAILURE
        and touch.channel is look.channel
        and touch.case == look.case
    ]
    # The first failure is no retry, hence one more than the policy's number of retries.
    limit = look.policy.calls.max_technical_retries + 1
    yield from _daily(CapName.TECHNICAL_RETRIES, len(look.today(failed)), limit, look)


def _im_today(look: _Look) -> Iterator[Block]:
    today = look.today(look.made(Channel.IM, case=True))
    yield from _daily(CapName.IM_PER_DAY, len(today), look.policy.per_case.im_messages_per_day, look)


def _daily(name: CapName, used: int, limit: int, look: _Look) -> Iterator[Block]:
    if limit == 0:
        yield Block(name, None, f"the cap {name} (0 allowed)")
    elif used >= limit:
        yield Block(name, look.tomorrow, f"the cap {name} ({used} of {limit})")


def _calls_in_all(look: _Look) -> Iterator[Block]:
    made = look.made(Channel.CALL, case=True)
    reached = sum(touch.result in _REACHED for touch in made)
    yield from _in_all(CapName.CALLS_TOTAL, len(made), look.policy.per_case.call_attempts_total)
    yield from _in_all(CapName.CONNECTED_CALLS_TOTAL, reached, look.policy.per_case.connected_calls_total)


def _sms_in_all(look: _Look) -> Iterator[Block]:
    made = look.made(Channel.SMS, case=True)
    yield from _in_all(CapName.SMS_TOTAL, len(made), look.policy.per_case.sms_total)


def _in_all(name: CapName, used: int, limit: int) -> Iterator[Block]:
    if used >= limit:
        yield Block(name, None, f"the cap {name} ({used} of {limit})")


def _im_unanswered(look: _Look) -> Iterator[Block]:
    answers = (touch.at for touch in look.history.touches if touch.case == look.case and _is_answer(touch))
    last_answer = max(answers, default=None)
    sent = [touch for touch in look.made(Channel.IM, case=True) if last_answer is None or touch.at > last_answer]
    limit = look.policy.per_case.im_unanswered_in_a_row
    if len(sent) >= limit:
        yield Block(CapName.IM_UNANSWERED, None, f"{len(sent)} messages without an answer")


def _is_answer(touch: ContactTouch) -> bool:
    """What the buyer sent, or a conversation in writing that they took part in."""
    talked = touch.channel is Channel.IM and touch.result is CallResult.CONNECTED
    return touch.inbound or talked


_ALWAYS: tuple[Callable[[_Look], Iterator[Block]], ...] = (
    _stops,
    _cool_downs,
    _touches_per_week,
    _technical_retries,
)
_BY_CHANNEL: dict[Channel, tuple[Callable[[_Look], Iterator[Block]], ...]] = {
    Channel.CALL: (_calls_in_all, _calls_per_week, _calls_today),
    Channel.SMS: (_sms_in_all,),
    Channel.IM: (_im_unanswered, _im_today),
}


def hard_hours(day: date, channel: Channel, zone: LifeZone, policy: ContactPolicy) -> tuple[datetime, datetime]:
    """The outermost hours of a life day for a channel, as UTC; the end may lie before the start where none are left."""
    limit = policy.hard_limits.of(channel)
    start, end = (instant(day, moment, zone.tz) for moment in (limit.life_not_before, limit.life_not_after))
    return start, min(end, instant(day, limit.beijing_not_after, BEIJING))


def may_contact_now(
    channel: Channel,
    now: datetime,
    case: str,
    history: ContactHistory,
    policy: ContactPolicy,
    zone: LifeZone,
    day: CalendarDay,
    *,
    asks_to_amend: bool = False,
    stated: StatedPreference | None = None,
    purpose: ContactPurpose = ContactPurpose.CASE_TALK,
) -> None:
    """Raise ContactNotAllowed unless hours, day, stops, caps and cool-downs all allow the contact at `now`.

    `day` is the calendar day of `now` in the buyer's life zone. Call it under the lock on the buyer's person.
    """
    block = (
        blocked_until(channel, now, case, history, policy, zone, stated=stated, purpose=purpose)
        or _outside_hours(channel, now, policy, zone, stated)
        or (
            Block(CapName.QUIET_DAY, life_midnight(day.date + timedelta(days=1), zone), "the quiet day")
            if day.quiet
            else None
        )
        or (_asked_enough(case, history, policy) if asks_to_amend else None)
    )
    if block:
        raise ContactNotAllowed(_advice(channel, block), cap=block.cap, until=block.until)


def _outside_hours(
    channel: Channel, now: datetime, policy: ContactPolicy, zone: LifeZone, stated: StatedPreference | None
) -> Block | None:
    local = now.astimezone(zone.tz)
    if stated and stated.written and any(window.start <= local.time() < window.end for window in stated.windows):
        return None
    start, end = hard_hours(local.date(), channel, zone, policy)
    margin = timedelta(minutes=policy.hard_limits.last_start_margin_minutes)
    if start <= now <= end - margin:
        return None
    opens = start if now < start else hard_hours(local.date() + timedelta(days=1), channel, zone, policy)[0]
    return Block(CapName.OUTSIDE_HOURS, opens, f"the hours: it is {local:%H:%M} where the buyer lives")


def _asked_enough(case: str, history: ContactHistory, policy: ContactPolicy) -> Block | None:
    asked = sum(touch.asks_to_amend and touch.case == case for touch in history.touches)
    return next(_in_all(CapName.ASKS_TO_AMEND, asked, policy.per_case.asks_to_amend_total), None)


def _advice(channel: Channel, block: Block) -> str:
    if block.until:
        then = f"Try again after {block.until.astimezone(BEIJING):%Y-%m-%d %H:%M} Beijing time."
    else:
        then = "Wait until the buyer comes back."
    return f"No {channel} now because of {block.why}. {then}"
