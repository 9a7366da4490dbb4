"""The whole month over the real rules: whatever the policy, the calendar, the buyer, and whatever people do and hear.

The case's own rules, the planner, the caps and the consequences of outcomes run together as the workflow and its
activities run them; what a contact may not be is reckoned here anew, from what had happened to the buyer before it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.contact_caps import ContactHistory, ContactTouch
from domain.contact_terms import CallResult, Channel, PhoneKind, TalkOutcome
from domain.review_case import desk, steps
from domain.review_case.agenda import next_due
from domain.review_case.agreement_steps import MakePromise
from tests.domain.contact_world import CASE
from tests.domain.drawn_steps import a_step
from tests.domain.real_world import Begun, RealWorld
from tests.domain.review_world import ALICE, BOB, FAY, TEXT
from tests.domain.test_contact_limits import BEIJING, WEEK, calendars, pasts, policies, requests
from tests.domain.test_review_case import holds_together, runs_out

# Around the turn of the year, Spring Festival, the feasts of May and October, a leap day, and plain weeks.
BEGINNINGS = [
    datetime(2026, 2, 1, 3, tzinfo=UTC),
    datetime(2026, 4, 20, 22, tzinfo=UTC),
    datetime(2026, 9, 20, 9, tzinfo=UTC),
    datetime(2026, 11, 21, 4, tzinfo=UTC),
    datetime(2026, 12, 20, 14, tzinfo=UTC),
    datetime(2028, 2, 20, 1, tzinfo=UTC),
]
REACHED_NOBODY = [*(result for result in CallResult if result is not CallResult.CONNECTED), *[CallResult.BUSY] * 4]


def how_it_went(chance: Random, now: datetime) -> steps.LogContact:
    if chance.random() < 0.5:
        return steps.LogContact(result=chance.choice(REACHED_NOBODY))
    talk, asks = chance.choice(list(TalkOutcome)), chance.random() < 0.3
    later = now + timedelta(minutes=chance.randint(30, 6_000)) if talk is TalkOutcome.AGREED_LATER else None
    return steps.LogContact(
        result=CallResult.CONNECTED,
        talk=talk,
        explained=True,
        asked_to_amend=asks,
        result_accepted=asks,
        next_at=later,
        note=TEXT,
    )


class WholeMonth(RuleBasedStateMachine):
    happened = 0

    @initialize(data=st.data(), begins=st.sampled_from(BEGINNINGS))
    def begin(self, data: st.DataObject, begins: datetime) -> None:
        policy, buyer = data.draw(policies(least=1)), data.draw(requests(begins))
        if data.draw(st.sampled_from([True, True, True, False])):
            # A buyer whom nobody can ever reach shows little; some of them are enough.
            buyer = replace(buyer, phone=PhoneKind.MOBILE, im_available=True, desk=None, agent=None)
        past = data.draw(pasts(begins, policy))
        others = tuple(touch for touch in past.touches if touch.case != CASE)
        stops = tuple(stop for stop in past.stops if stop.case != CASE)
        self.world = RealWorld.opened(
            data.draw, buyer, ContactHistory(others, stops), policy, data.draw(calendars(begins))
        )

    @rule(data=st.data(), seed=st.integers(0, 2**32))
    def something_happens(self, data: st.DataObject, seed: int) -> None:
        """Which of it is chance, so that contacts are many and a case is rarely ended by hand."""
        self.happened += 1
        chance = Random(f"{seed}:{self.happened}")
        self.world.chance, self.world.draw = chance, data.draw
        moves: dict[Callable[[Random], None], int] = {
            self.a_contact_is_made: 8,
            self.what_is_due_is_done: 3,
            self.time_passes: 3,
            self.a_time_is_agreed: 2,
            self.the_buyer_is_there: 2,
            self.somebody_takes_a_step: 2,
            self.the_agent_is_away: 1,
        }
        chance.choices(list(moves), list(moves.values()))[0](chance)

    def a_contact_is_made(self, chance: Random) -> None:
        """Wait for the next contact, make it, and say how it went; the world answers plainly meanwhile."""
        world, world.chance = self.world, None
        for _ in range(80):
            contact, due = world.case.contact, next_due(world.case)
            if due is None or world.case.outcome is not None or world.case.plan_code is not None:
                return
            if contact is not None and contact.due:
                break
            world.pass_to(due)
        world.step(BOB, steps.BeginContact())
        world.step(BOB, how_it_went(chance, world.now))

    def what_is_due_is_done(self, chance: Random) -> None:
        self.world.report()
        for _ in range(chance.randint(1, 6)):
            due = next_due(self.world.case)
            if due is not None:
                self.world.pass_to(due)

    def time_passes(self, chance: Random) -> None:
        due, later = next_due(self.world.case), self.world.now + timedelta(minutes=chance.randint(1, 900))
        self.world.now = max(self.world.now, min(due.at, later) if due else later)

    def a_time_is_agreed(self, chance: Random) -> None:
        at = self.world.now + timedelta(minutes=chance.randint(30, 9_000))
        agreed = [steps.ScheduleCallback(at=at), MakePromise(what=TEXT, due=at)]
        self.world.step(BOB, chance.choice(agreed))

    def the_buyer_is_there(self, chance: Random) -> None:
        if chance.random() < 0.6:
            self.world.step(BOB, steps.BuyerOnline())
        elif self.world.case.closed_at is None:
            self.world.hear(opt_out=chance.random() < 0.1)

    def somebody_takes_a_step(self, chance: Random) -> None:
        self.world.step(chance.choice([ALICE, BOB, FAY]), self.world.draw(a_step))

    def the_agent_is_away(self, chance: Random) -> None:
        case = self.world.case
        if case.assignee is not None and case.closed_at is None:
            desk.take_back(case, case.assignee, self.world.now)

    @invariant()
    def the_case_holds_together_and_has_a_next_event(self) -> None:
        holds_together(self.world)

    @invariant()
    def no_contact_was_outside_what_is_allowed(self) -> None:
        while self.world.begun_contacts:
            begun = self.world.begun_contacts.pop()
            inside_the_hard_limits(self.world, begun)
            below_every_cap(self.world, begun)
            not_after_a_stop(self.world, begun)

    def teardown(self) -> None:
        """Left alone, the case ends by itself, whatever became of it."""
        if not hasattr(self, "world"):
            return
        self.world.chance = None
        runs_out(self.world)


def inside_the_hard_limits(world: RealWorld, begun: Begun) -> None:
    limit, there = world.policy.hard_limits.of(begun.channel), begun.at.astimezone(ZoneInfo(world.zone.name))

    assert limit.life_not_before <= there.time() <= limit.life_not_after
    assert begun.at.astimezone(BEIJING).time() <= limit.beijing_not_after
    assert not world.days.day(there.date()).quiet


def below_every_cap(world: RealWorld, begun: Begun) -> None:
    made = [touch for touch in begun.before.touches if touch.outbound and touch.counted]
    same = [touch for touch in made if touch.channel is begun.channel]
    ours = [touch for touch in same if touch.case == CASE]
    week, caps = begun.at - WEEK, world.policy.per_case

    assert sum(touch.at > week for touch in made) < world.policy.per_buyer.all_touches_per_7_days
    match begun.channel:
        case Channel.CALL:
            assert sum(touch.at > week for touch in same) < world.policy.per_buyer.call_attempts_per_7_days
            assert len(ours) < caps.call_attempts_total
            assert len(today(world, begun, ours)) < calls_allowed(world, begun, ours)
        case Channel.SMS:
            assert len(ours) < caps.sms_total
        case Channel.IM:
            assert len(today(world, begun, ours)) < caps.im_messages_per_day


def today(world: RealWorld, begun: Begun, touches: list[ContactTouch]) -> list[ContactTouch]:
    zone = ZoneInfo(world.zone.name)
    return [touch for touch in touches if touch.at.astimezone(zone).date() == begun.at.astimezone(zone).date()]


def calls_allowed(world: RealWorld, begun: Begun, ours: list[ContactTouch]) -> int:
    caps, calls = world.policy.per_case, today(world, begun, ours)
    busy = any(call.result is CallResult.BUSY for call in calls)
    asked = begun.case.preference_stated_at is not None and any(
        call.at <= begun.case.preference_stated_at for call in calls
    )
    return caps.call_attempts_per_day + busy * caps.busy_retry_same_day + asked * caps.requested_callback_same_day


def not_after_a_stop(world: RealWorld, begun: Begun) -> None:
    person_wide = world.policy.stops.person_wide

    assert begun.case.stopped is None
    assert not [stop for stop in begun.before.stops if stop.case == CASE or stop.signal in person_wide]
    assert not any([begun.case.suspected, begun.case.malicious, begun.case.held, begun.case.outcome])


TestWholeMonth = WholeMonth.TestCase
TestWholeMonth.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
pytestmark = pytest.mark.covers(25, 31, 32, 35, 195, 208)
