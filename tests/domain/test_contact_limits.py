"""Whatever the policy, the calendar, the buyer and the past: no contact outside a limit, and every month ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import CalendarDay, CalendarDays, DayKind
from domain.contact_caps import ContactHistory, ContactTouch, StatedPreference, blocked_until, may_contact_now
from domain.contact_outcomes import consequence
from domain.contact_plan import ContactRequest, DeskHours, PlannedContact, plan_contact
from domain.contact_terms import (
    AddressType,
    CallResult,
    Channel,
    ContactBasis,
    Occupation,
    PhoneKind,
    StopSignal,
    TalkOutcome,
)
from domain.life_zones import life_zone
from domain.policies.contact import ContactPolicy
from domain.policies.hours import DayWindows, Window
from tests.domain.contact_world import CASE, DAYS, OTHER_CASE, POLICY, history, shop_policy, touch

BEIJING = ZoneInfo("Asia/Shanghai")
DAY, WEEK = timedelta(days=1), timedelta(days=7)

windows = st.builds(
    lambda start, length: Window(start=_time(start), end=_time(start + length)),
    st.integers(8 * 60, 19 * 60),
    st.integers(10, 240),
)
some_windows = st.lists(windows, min_size=1, max_size=3).map(tuple)
day_windows = st.builds(DayWindows, workday=some_windows, weekend=some_windows, holiday=some_windows)
_FIRST = datetime(2026, 1, 5, tzinfo=UTC)
moments = st.integers(0, 1050 * 24 * 60).map(lambda minute: _FIRST + timedelta(minutes=minute))


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


@st.composite
def policies(draw: st.DrawFn, least: int = 0) -> ContactPolicy:
    """Shop policies with other windows, hours, caps (of at least so many) and spacing than ours; all are valid
    documents."""
    caps = st.integers(least, 4)
    row = {kind: [str(window) for window in draw(some_windows)] for kind in DayKind}
    call = {"life_not_before": f"{draw(st.integers(6, 10)):02}:00", "life_not_after": f"{draw(st.integers(18, 21))}:30"}
    step = st.fixed_dictionaries({"channel": st.sampled_from([*Channel]), "after_days": st.integers(0, 9)})
    return shop_policy(
        general_windows={"windows": [str(window) for window in draw(some_windows)]},
        address_hours={draw(st.sampled_from([*AddressType])): row},
        occupation_hours={draw(st.sampled_from([*Occupation])): row},
        hard_limits={"call": call, "im": {"life_not_before": "06:00", "life_not_after": "23:30"}},
        per_case={name: draw(caps) for name in ("call_attempts_per_day", "call_attempts_total", "sms_total")},
        per_buyer={name: draw(caps) for name in ("call_attempts_per_7_days", "all_touches_per_7_days")},
        persistence={
            "attempts": draw(st.lists(step, min_size=1, max_size=5)),
            "spread_percent": draw(st.integers(0, 100)),
        },
    )


@st.composite
def pasts(draw: st.DrawFn, now: datetime, policy: ContactPolicy) -> ContactHistory:
    touches = []
    for hours in draw(st.lists(st.integers(0, 24 * 15), max_size=8)):
        result = draw(st.sampled_from([*CallResult]))
        talk = draw(st.none() | st.sampled_from([*TalkOutcome]))
        case, channel = draw(st.sampled_from([CASE, OTHER_CASE])), draw(st.sampled_from([*Channel]))
        outbound = draw(st.booleans()) or draw(st.booleans())
        touches.append(touch(now - timedelta(hours=hours), result, talk, channel, case, policy, outbound=outbound))
    stop = draw(st.none() | st.none() | st.none() | st.sampled_from([*StopSignal]))
    return history(*touches, stop=stop, stop_case=draw(st.sampled_from([CASE, OTHER_CASE])))


@st.composite
def wishes(draw: st.DrawFn, now: datetime) -> StatedPreference:
    earliest = draw(st.none() | st.integers(-300, 5_000).map(lambda minute: now + timedelta(minutes=minute)))
    return StatedPreference(earliest=earliest, windows=draw(st.just(()) | some_windows), written=draw(st.booleans()))


@st.composite
def requests(draw: st.DrawFn, now: datetime) -> ContactRequest:
    desks = st.none() | st.builds(DeskHours, windows=day_windows)
    return ContactRequest(
        now=now,
        case=CASE,
        review_created_at=now - DAY,
        window_ends_at=now + timedelta(hours=draw(st.integers(-2, 24 * 31))),
        state=draw(st.sampled_from(["浙江省", "新疆", "西藏自治区", "香港", ""])),
        address_type=draw(st.sampled_from([*AddressType])),
        occupation=draw(st.none() | st.sampled_from([*Occupation])),
        stated_preference=draw(st.none() | wishes(now)),
        online_seen_at=draw(st.none() | st.integers(0, 15).map(lambda minute: now - timedelta(minutes=minute))),
        phone=draw(st.sampled_from([*PhoneKind])),
        im_available=draw(st.booleans()),
        surge=draw(st.booleans()),
        desk=draw(desks),
        agent=draw(desks),
        attempt_number=draw(st.integers(1, 9)),
        jitter_seed=draw(st.text(max_size=4)),
    )


@st.composite
def calendars(draw: st.DrawFn, now: datetime) -> CalendarDays:
    """The published calendar, with some days of the coming month turned into others."""
    kinds, some = st.sampled_from([*DayKind]), st.dictionaries(st.integers(0, 31), st.booleans(), max_size=12)
    changed = [
        CalendarDay(date=now.date() + timedelta(days=ahead), kind=draw(kinds), quiet=quiet)
        for ahead, quiet in draw(some).items()
    ]
    return CalendarDays({**DAYS.known, **{day.date: day for day in changed}}, DAYS.quiet)


class Case(NamedTuple):
    """What a plan is made from."""

    request: ContactRequest
    past: ContactHistory
    policy: ContactPolicy
    days: CalendarDays

    def __repr__(self) -> str:
        # A policy and two years of days would bury the example that hypothesis found.
        own = {name: getattr(self.policy, name) for name in ("hard_limits", "per_case", "per_buyer", "persistence")}
        return f"{self.request}\n{self.past}\n{own}"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    now, policy = draw(moments), draw(policies())
    return Case(draw(requests(now)), draw(pasts(now, policy)), policy, draw(calendars(now)))


thorough = settings(max_examples=120, deadline=None)


def lifted(request: ContactRequest, contact: PlannedContact) -> bool:
    wish = request.stated_preference
    return bool(wish and wish.written and wish.windows) and contact.basis is ContactBasis.STATED_PREFERENCE


@pytest.mark.covers(25, 26, 195)
@thorough
@given(cases())
def test_no_contact_lies_outside_the_hard_limits(case: Case) -> None:
    request, _, policy, _ = case
    contact = plan_contact(*case)
    if isinstance(contact, PlannedContact) and not lifted(request, contact):
        limit = policy.hard_limits.of(contact.channel)
        zone = ZoneInfo(life_zone(request.state, policy).name)
        first, last = contact.due_at.astimezone(zone), contact.slot_ends_at.astimezone(zone)

        assert limit.life_not_before <= first.time() <= last.time() <= limit.life_not_after
        assert contact.slot_ends_at.astimezone(BEIJING).time() <= limit.beijing_not_after


@pytest.mark.covers(195)
@thorough
@given(cases())
def test_no_contact_falls_on_a_quiet_day(case: Case) -> None:
    request, _, policy, days = case
    contact = plan_contact(*case)
    if isinstance(contact, PlannedContact):
        zone = ZoneInfo(life_zone(request.state, policy).name)

        assert not days.day(contact.due_at.astimezone(zone).date()).quiet


@thorough
@given(cases())
def test_a_contact_lies_between_now_and_the_end_of_its_window_with_time_left(case: Case) -> None:
    request, _, policy, _ = case
    contact = plan_contact(*case)
    if isinstance(contact, PlannedContact):
        margin = timedelta(minutes=policy.hard_limits.last_start_margin_minutes)

        assert request.now <= contact.due_at <= contact.slot_ends_at - margin
        assert contact.slot_ends_at <= request.window_ends_at


@pytest.mark.covers(31, 32, 208)
@thorough
@given(cases())
def test_no_contact_exceeds_a_cap(case: Case) -> None:
    _, past, policy, _ = case
    contact = plan_contact(*case)
    if isinstance(contact, PlannedContact):
        made = [touch for touch in past.touches if touch.outbound and touch.counted]
        calls = [touch for touch in made if touch.channel is Channel.CALL]
        week = [touch for touch in made if touch.at > contact.due_at - WEEK]

        assert len(week) < policy.per_buyer.all_touches_per_7_days
        if contact.channel is Channel.CALL:
            assert len([call for call in calls if call in week]) < policy.per_buyer.call_attempts_per_7_days
            assert len([call for call in calls if call.case == CASE]) < policy.per_case.call_attempts_total


@pytest.mark.covers(31)
@thorough
@given(cases())
def test_one_call_a_day_save_after_a_busy_line(case: Case) -> None:
    request, past, policy, _ = case
    contact = plan_contact(*case)
    if isinstance(contact, PlannedContact) and contact.channel is Channel.CALL:
        zone = ZoneInfo(life_zone(request.state, policy).name)
        today = contact.due_at.astimezone(zone).date()
        ours = [t for t in past.touches if t.outbound and t.counted and t.channel is Channel.CALL and t.case == CASE]
        same_day = [call for call in ours if call.at.astimezone(zone).date() == today]
        busy = any(call.result is CallResult.BUSY for call in same_day)

        assert len(same_day) < policy.per_case.call_attempts_per_day + (
            policy.per_case.busy_retry_same_day if busy else 0
        )


@pytest.mark.covers(32)
@thorough
@given(cases())
def test_no_contact_breaks_a_cool_down(case: Case) -> None:
    _, past, policy, _ = case
    contact = plan_contact(*case)
    if isinstance(contact, PlannedContact):
        for made in past.touches:
            after = consequence(made.result or CallResult.SENT, made.talk, policy)

            rests = contact.channel in after.gap_channels or (made.outbound and made.channel is contact.channel)
            assert not rests or made.at + after.gap <= contact.due_at


@pytest.mark.covers(31)
@thorough
@given(cases())
def test_nothing_is_planned_after_a_stop(case: Case) -> None:
    _, past, policy, _ = case
    ours = [stop for stop in past.stops if stop.case == CASE or stop.signal in policy.stops.person_wide]

    assert not (ours and isinstance(plan_contact(*case), PlannedContact))


@thorough
@given(cases())
def test_what_was_planned_passes_the_last_look_when_it_is_due(case: Case) -> None:
    request, past, policy, days = case
    contact = plan_contact(*case)
    if isinstance(contact, PlannedContact):
        zone = life_zone(request.state, policy)
        day, wish = days.day(contact.due_at.astimezone(ZoneInfo(zone.name)).date()), request.stated_preference

        may_contact_now(contact.channel, contact.due_at, CASE, past, policy, zone, day, stated=wish)


@thorough
@given(cases())
def test_a_contact_finds_the_desk_and_its_agent_present(case: Case) -> None:
    request, _, _, days = case
    contact = plan_contact(*case)
    desks = [desk for desk in (request.desk, request.agent) if desk]
    if isinstance(contact, PlannedContact) and desks:
        there = contact.due_at.astimezone(BEIJING)
        on_duty = [desk.windows.on(days.day(there.date()).kind) for desk in desks]

        assert all(any(w.start <= there.time() < w.end for w in shift) for shift in on_duty)


@thorough
@given(cases(), st.sampled_from([*Channel]), st.integers(0, 60 * 24 * 20))
def test_without_new_contacts_a_block_only_ever_ends(case: Case, channel: Channel, later: int) -> None:
    request, past, policy, _ = case
    zone = life_zone(request.state, policy)
    block = blocked_until(channel, request.now, CASE, past, policy, zone)
    moment = request.now + timedelta(minutes=later)
    still = blocked_until(channel, moment, CASE, past, policy, zone)

    free = block is None or (block.until is not None and block.until <= moment)
    assert (still is None) == free


@st.composite
def months(draw: st.DrawFn) -> tuple[Case, list[tuple[CallResult, TalkOutcome | None]]]:
    request, past, policy, days = draw(cases())
    whole = replace(request, window_ends_at=request.now + timedelta(days=30), stated_preference=None)
    results = st.tuples(st.sampled_from([*CallResult]), st.none() | st.sampled_from([*TalkOutcome]))
    return Case(whole, past, policy, days), draw(st.lists(results, min_size=1, max_size=6))


def live(case: Case, results: list[tuple[CallResult, TalkOutcome | None]]) -> list[ContactTouch]:
    """Plays a month: every planned contact happens at once, with the given results in turn."""
    request, past, policy, days = case
    made: list[ContactTouch] = []
    while len(made) < 400:
        contact = plan_contact(request, past, policy, days)
        if not isinstance(contact, PlannedContact):
            return made
        result, talk = results[len(made) % len(results)]
        made.append(touch(contact.due_at, result, talk, contact.channel, CASE, policy))
        past = ContactHistory((*past.touches, made[-1]), past.stops)
        number = sum(touch.counted for touch in made) + 1
        request = replace(request, now=contact.due_at + timedelta(seconds=40), attempt_number=number)
    raise AssertionError("the month does not end")


@pytest.mark.covers(31, 32, 36, 208)
@settings(max_examples=100, deadline=None)
@given(months())
def test_every_month_ends_within_its_caps(month: tuple[Case, list[tuple[CallResult, TalkOutcome | None]]]) -> None:
    case, results = month
    made, policy = live(case, results), case.policy
    counted = [touch for touch in made if touch.counted]
    calls = [touch for touch in counted if touch.channel is Channel.CALL]

    assert len(calls) <= policy.per_case.call_attempts_total
    assert all(
        sum(first.at <= call.at < first.at + WEEK for call in counted) <= policy.per_buyer.all_touches_per_7_days
        for first in counted
    )


def test_the_shipped_month_is_a_handful_of_contacts() -> None:
    now = datetime(2026, 11, 2, 2, tzinfo=UTC)
    ask = ContactRequest(
        now=now, case=CASE, review_created_at=now, window_ends_at=now + timedelta(days=30), phone=PhoneKind.MOBILE
    )
    made = live(Case(ask, ContactHistory(), POLICY, DAYS), [(CallResult.NO_ANSWER, None)])

    assert [touch.channel for touch in made] == [
        Channel(name) for name in ("call", "call", "im", "call", "sms", "call", "call")
    ]


def test_a_date_without_any_calendar_is_planned_all_the_same() -> None:
    now = datetime(2041, 2, 1, 2, tzinfo=UTC)
    ask = ContactRequest(
        now=now, case=CASE, review_created_at=now, window_ends_at=now + 30 * DAY, phone=PhoneKind.MOBILE
    )
    contact = plan_contact(ask, ContactHistory(), POLICY, CalendarDays())

    assert isinstance(contact, PlannedContact)
    assert (contact.due_at.date(), len(contact.warnings)) == (date(2041, 2, 1), 1)
