"""Spreading: where a contact may be moved to, and how many hands a moment has."""

from datetime import date, timedelta

import pytest
from hypothesis import given

from domain.contact_plan import FoundSlot, find_slot
from domain.contact_spread import places
from domain.contact_terms import ContactBasis
from domain.policies.contact import Spreading
from domain.policies.documents import read_document
from domain.shifts import Hand, Presence, Shift, ShiftTerm, hands_at, staffed
from tests.domain.contact_world import DAYS, at
from tests.domain.test_contact_limits import Case, cases, thorough

NOON, ONE = at("2026-11-23 12:00"), at("2026-11-23 13:00")


@pytest.mark.covers(25, 26, 30)
@thorough
@given(cases())
def test_a_contact_is_moved_within_its_slot_only_and_a_promise_never(case: Case) -> None:
    found = find_slot(*case)
    if isinstance(found, FoundSlot):
        offered = [place.at for place in found.places(lambda moment: 1.0)]
        margin = timedelta(minutes=case.policy.hard_limits.last_start_margin_minutes)

        assert offered[0] == found.planned().due_at
        assert all(found.slot.start <= moment <= max(found.slot.end - margin, offered[0]) for moment in offered)
        assert len(offered) == 1 or found.basis is not ContactBasis.STATED_PREFERENCE


def test_the_nearest_slots_are_offered_first_each_with_room_for_those_on_shift() -> None:
    def alone_until_half_past(moment: object) -> float:
        return 1 if moment < at("2026-11-23 12:30") else 2  # type: ignore[operator]

    offered = places(at("2026-11-23 12:24"), NOON, ONE, Spreading(), alone_until_half_past)

    assert [((place.at - NOON).seconds // 60, place.room) for place in offered] == [
        (24, 2), (34, 4), (14, 2), (44, 4), (4, 2), (54, 4),
    ]  # fmt: skip


def test_an_agent_of_three_shops_is_a_third_of_one_in_each() -> None:
    late = read_document(Shift, {"zone": "Asia/Shanghai", "week": {"monday": [{"open": "12:30", "close": "20:00"}]}})
    on_a_shift = Presence((ShiftTerm(late, date(2020, 1, 1)),))
    hands = [Hand(Presence()), Hand(on_a_shift, 3), Hand(Presence(active=False)), Hand(Presence(away_until=ONE))]
    stretches = staffed(hands, NOON - timedelta(days=1), ONE, DAYS)

    assert [round(hands_at(moment, stretches), 2) for moment in (NOON, at("2026-11-23 12:30"))] == [1, 1.33]
