"""What is known about a buyer's day, strongest first, each as a way to find a slot."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.contact_history import ContactHistory, ContactTouch
from domain.contact_outcomes import next_move
from domain.contact_request import ContactRequest
from domain.contact_slots import Slot, SlotSearch
from domain.contact_terms import AddressType, CallResult, Channel, ContactBasis, NextMove, PhoneKind, TalkOutcome
from domain.life_zones import LifeZone, life_midnight
from domain.policies.contact import ContactPolicy
from domain.policies.hours import PlaceHours, Window

type Finder = Callable[[SlotSearch], Slot | None]

_MISSED = frozenset({CallResult.NO_ANSWER, CallResult.BUSY, CallResult.DECLINED, CallResult.SHORT_HANGUP})
# After these the ladder's spacing does not apply: the result itself says when to come back.
_UNSPACED = frozenset({NextMove.RETRY_SAME_WINDOW, NextMove.AT_AGREED_TIME})


@dataclass(frozen=True, slots=True)
class Bases:
    """The bases of one request. An agreed time and presence do not wait for the ladder's spacing, the others do, unless
    it is asked what they would find without it."""

    request: ContactRequest
    history: ContactHistory
    policy: ContactPolicy
    zone: LifeZone
    spaced: bool = True

    def starts(self, search: SlotSearch) -> datetime:
        """When the first slot begins; the end of the search where there is none."""
        found = (slot for _, find in self.in_order() if (slot := find(search)))
        return next((slot.start for slot in found), search.latest)

    def in_order(self) -> Iterator[tuple[ContactBasis, Finder]]:
        ask = self.request
        yield ContactBasis.STATED_PREFERENCE, self._as_asked
        yield ContactBasis.PRESENCE, self._while_online
        if ask.occupation:
            yield ContactBasis.OCCUPATION, self._usual(self.policy.hours_of(ask.occupation))
        if ask.phone is PhoneKind.FIXED_LINE and ask.address_type in self.policy.work_phone.address_types:
            yield ContactBasis.WORK_PHONE, self._at_desk
        place = self.policy.hours_at(ask.address_type)
        known = place is not self.policy.hours_at(AddressType.UNKNOWN)
        yield (ContactBasis.ADDRESS_TYPE if known else ContactBasis.GENERAL), self._usual(place)
        yield ContactBasis.GENERAL, self._generally

    def _as_asked(self, search: SlotSearch) -> Slot | None:
        stated, moment = self.request.stated_preference, self.request.appointment(self.policy)
        if moment:
            end = moment + timedelta(minutes=self.policy.persistence.appointment_minutes)
            return search.between(moment, end)
        if stated and stated.windows:
            return self._spaced(search).first(lambda _day: stated.windows, lifted=stated.written)
        return None

    def _while_online(self, search: SlotSearch) -> Slot | None:
        ask = self.request
        if ask.online_seen_at is None or search.earliest > ask.now:
            return None
        seen = min(ask.online_seen_at, ask.now)
        return search.between(ask.now, seen + timedelta(minutes=self.policy.presence.max_age_minutes))

    def _usual(self, place: PlaceHours) -> Callable[[SlotSearch], Slot | None]:
        return lambda search: self._spaced(search).first(lambda day: self._rotated(place.on(day.kind), place))

    def _at_desk(self, search: SlotSearch) -> Slot | None:
        hours = self.policy.work_phone.hours
        return self._spaced(search).first(lambda day: hours.on(day.kind)) if search.channel is Channel.CALL else None

    def _generally(self, search: SlotSearch) -> Slot | None:
        return self._spaced(search).first(lambda _day: self.policy.general_windows.windows)

    def _spaced(self, search: SlotSearch) -> SlotSearch:
        made = [touch for touch in self.history.made_in(self.request.case) if touch.counted]
        if not self.spaced or not made or next_move(made[-1].result, made[-1].talk, self.policy) in _UNSPACED:
            return search
        after = timedelta(days=self.policy.persistence.step(self.request.attempt_number).after_days)
        day = made[-1].at.astimezone(self.zone.tz).date() + after
        return replace(search, earliest=max(search.earliest, life_midnight(day, self.zone)))

    def _rotated(self, windows: tuple[Window, ...], place: PlaceHours) -> tuple[Window, ...]:
        """Leaves a window where calls keep failing, as long as the day has another."""
        misses = self._misses()
        limit = self.policy.persistence.rotate_after_misses
        if place.after_misses and len(misses) >= limit:
            return place.after_misses
        rested = tuple(window for window in windows if not self._tired(window, misses, limit))
        return rested or windows

    def _tired(self, window: Window, misses: list[ContactTouch], limit: int) -> bool:
        inside = [miss for miss in misses if window.start <= miss.at.astimezone(self.zone.tz).time() < window.end]
        if not inside:
            return False
        move = next_move(inside[-1].result, inside[-1].talk, self.policy)
        asked_for_other = inside[-1] is misses[-1] and move is NextMove.NEXT_DAY_OTHER_WINDOW
        return asked_for_other or len(inside) >= limit

    def _misses(self) -> list[ContactTouch]:
        made = self.history.made_in(self.request.case)
        return [touch for touch in made if touch.result in _MISSED or touch.talk is TalkOutcome.VOICE_MAIL]
