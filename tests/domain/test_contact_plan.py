"""The hour of the next contact, by example."""

from datetime import date, datetime

import pytest

from domain.calendar import CalendarDays
from domain.contact_plan import (
    ContactBasis,
    ContactTimeUnclear,
    DeskHours,
    NoContactCode,
    PlannedContact,
    StatedPreference,
    plan_contact,
)
from domain.contact_terms import AddressType, CallResult, Occupation, PhoneKind, TalkOutcome
from domain.policies.hours import DayWindows, Window
from tests.domain.contact_world import (
    NOBODY_YET,
    POLICY,
    at,
    clock,
    history,
    planned,
    refused,
    request,
    shop_policy,
    slot,
    touch,
)

A, B, W = AddressType, ContactBasis, Occupation
MONDAY = "2026-11-23 10:00"


def windows(*texts: str) -> tuple[Window, ...]:
    return tuple(Window.model_validate(text) for text in texts)


# General hours and places


@pytest.mark.covers(24)
@pytest.mark.parametrize(
    ("now", "day", "ends"),
    [
        ("2026-11-23 10:00", "2026-11-23", "13:00"),
        ("2026-11-23 13:30", "2026-11-23", "20:00"),
        ("2026-11-23 12:57", "2026-11-23", "20:00"),
        ("2026-11-23 19:56", "2026-11-24", "13:00"),
    ],
)
def test_nothing_known_means_lunch_or_early_evening(now: str, day: str, ends: str) -> None:
    assert slot(planned(now)) == (day, ends)


def test_a_first_contact_in_an_open_window_is_due_at_once() -> None:
    assert planned("2026-11-23 12:20").due_at == at("2026-11-23 12:20")


@pytest.mark.covers(15, 25)
@pytest.mark.parametrize(
    ("place", "now", "ends"),
    [
        (A.SCHOOL, "2026-11-23 14:00", "20:00"),
        (A.OFFICE, "2026-11-23 18:00", "20:00"),
        (A.FACTORY, "2026-11-23 08:00", "12:50"),
        (A.SHOP, "2026-11-23 12:00", "16:30"),
        (A.GOVERNMENT, "2026-11-23 13:00", "20:00"),
        (A.VILLAGE, "2026-11-23 09:00", "13:00"),
        (A.RESIDENTIAL, "2026-11-21 09:30", "12:00"),
    ],
)
def test_the_hours_follow_the_place(place: AddressType, now: str, ends: str) -> None:
    contact = planned(now, address_type=place)

    assert (contact.basis, slot(contact)) == (B.ADDRESS_TYPE, (now[:10], ends))


@pytest.mark.covers(15, 26)
@pytest.mark.parametrize(
    ("work", "ends"),
    [(W.NIGHT_SHIFT, "17:30"), (W.SHOPKEEPER, "16:30"), (W.PARENT_AT_HOME, "11:00"), (W.RETIRED, "11:00")],
)
def test_an_occupation_beats_the_place(work: Occupation, ends: str) -> None:
    contact = planned("2026-11-23 10:10", occupation=work, address_type=A.OFFICE)

    assert (contact.basis, slot(contact)[1]) == (B.OCCUPATION, ends)


@pytest.mark.covers(17)
def test_a_landline_at_work_is_called_in_desk_hours() -> None:
    contact = planned("2026-11-23 12:00", phone=PhoneKind.FIXED_LINE, address_type=A.SCHOOL)

    assert (contact.basis, slot(contact)) == (B.WORK_PHONE, ("2026-11-23", "17:00"))


def test_a_pickup_point_falls_back_to_the_general_hours() -> None:
    assert planned(MONDAY, address_type=A.PICKUP_POINT).basis is B.GENERAL


# Days


@pytest.mark.covers(195)
@pytest.mark.parametrize(
    ("now", "ends"),
    [("2026-02-14 10:00", "13:00"), ("2026-10-10 13:30", "20:00"), ("2026-02-28 17:00", "20:00")],
)
def test_a_make_up_saturday_has_working_hours(now: str, ends: str) -> None:
    contact = planned(now, address_type=A.OFFICE)

    assert (slot(contact), "on a workday" in contact.reason) == ((now[:10], ends), True)


@pytest.mark.covers(195)
def test_nobody_is_disturbed_at_spring_festival() -> None:
    contact = planned("2026-02-15 20:30")

    assert (slot(contact), "on a holiday" in contact.reason) == (("2026-02-19", "13:00"), True)


def test_spring_festival_of_an_unpublished_year_is_kept_too() -> None:
    assert slot(planned("2027-02-04 20:30"))[0] == "2027-02-08"


def test_the_turn_of_the_year_is_planned_with_a_warning() -> None:
    contact = planned("2026-12-31 20:30")

    assert (slot(contact)[0], "does not reach 2027-01-01" in contact.warnings[0]) == ("2027-01-01", True)


def test_a_published_day_warns_of_nothing() -> None:
    assert planned(MONDAY).warnings == ()


def test_a_leap_day_is_planned_like_any_other() -> None:
    assert slot(planned("2028-02-29 10:00")) == ("2028-02-29", "13:00")


def test_a_window_ending_on_a_leap_day_is_kept() -> None:
    answer = refused("2028-02-29 19:56", window_ends_at=at("2028-02-29 23:59"))

    assert answer.code is NoContactCode.NO_SLOT


@pytest.mark.covers(195)
@pytest.mark.parametrize(
    ("now", "due_day", "ends_in_beijing"),
    [("2026-11-23 12:30", "2026-11-23", "15:00"), ("2026-11-23 15:30", "2026-11-23", "22:00")],
)
def test_lunch_in_xinjiang_is_two_hours_later(now: str, due_day: str, ends_in_beijing: str) -> None:
    contact = planned(now, state="新疆维吾尔自治区")

    assert (slot(contact), contact.due_at > at(now)) == ((due_day, ends_in_beijing), True)


def test_no_call_to_xinjiang_after_ten_in_beijing() -> None:
    evening = ["20:10-20:50"]
    row = {"workday": evening, "weekend": evening, "holiday": evening}
    late = shop_policy(general_windows={"windows": evening}, address_hours={"unknown": row})

    assert refused("2026-11-23 12:00", policy=late, state="新疆", im_available=False).code is NoContactCode.NO_SLOT


def test_the_reason_gives_both_clocks_where_they_differ() -> None:
    assert "(14:" in planned("2026-11-23 12:30", state="新疆").reason


# Wishes and presence


def test_a_named_time_is_kept_to_the_minute() -> None:
    wish = StatedPreference(earliest=at("2026-11-25 15:10"))
    contact = planned(MONDAY, stated_preference=wish, address_type=A.SCHOOL)

    assert (contact.due_at, contact.basis) == (at("2026-11-25 15:10"), B.STATED_PREFERENCE)


def test_named_hours_beat_every_guess() -> None:
    wish = StatedPreference(windows=windows("19:00-21:00"))
    contact = planned(MONDAY, stated_preference=wish, occupation=W.TEACHER)

    assert (contact.due_at, contact.basis) == (at("2026-11-23 19:00"), B.STATED_PREFERENCE)


def test_a_named_time_beyond_the_limits_moves_to_the_next_good_hour_with_a_warning() -> None:
    contact = planned(MONDAY, stated_preference=StatedPreference(earliest=at("2026-11-25 23:10")))

    assert (slot(contact), len(contact.warnings)) == (("2026-11-26", "13:00"), 1)


def test_a_written_request_reaches_beyond_the_limits() -> None:
    wish = StatedPreference(windows=windows("22:30-23:30"), written=True)

    assert planned(MONDAY, stated_preference=wish).due_at == at("2026-11-23 22:30")


def test_a_spoken_wish_does_not() -> None:
    wish = StatedPreference(windows=windows("22:30-23:30"))

    assert planned(MONDAY, stated_preference=wish).basis is B.GENERAL


@pytest.mark.covers(30)
def test_a_promise_that_was_missed_is_still_planned() -> None:
    wish = StatedPreference(earliest=at("2026-11-23 10:00"))

    assert slot(planned("2026-11-23 11:30", stated_preference=wish)) == ("2026-11-23", "13:00")


@pytest.mark.covers(27, 28)
def test_a_buyer_who_is_online_is_called_now() -> None:
    contact = planned(MONDAY, online_seen_at=at("2026-11-23 09:57"), occupation=W.TEACHER)

    assert (contact.due_at, contact.slot_ends_at, contact.basis) == (at(MONDAY), at("2026-11-23 10:07"), B.PRESENCE)


@pytest.mark.covers(29)
@pytest.mark.parametrize("seen", [None, "2026-11-23 09:49", "2026-11-23 09:54"])
def test_a_buyer_who_is_not_seen_online_is_planned_as_usual(seen: str | None) -> None:
    assert planned(MONDAY, online_seen_at=seen and at(seen)).basis is B.GENERAL


def test_presence_at_night_wakes_nobody() -> None:
    assert slot(planned("2026-11-23 23:00", online_seen_at=at("2026-11-23 22:59"))) == ("2026-11-24", "13:00")


def test_presence_does_not_break_a_cool_down() -> None:
    contact = planned(MONDAY, history(touch("2026-11-22 18:10")), online_seen_at=at(MONDAY), attempt_number=2)

    assert contact.basis is B.GENERAL


# The desk


@pytest.mark.covers(195)
def test_a_contact_finds_somebody_at_the_desk() -> None:
    evening = DeskHours(windows=DayWindows(workday=windows("17:00-19:00")))
    contact = planned(MONDAY, desk=evening)

    assert (slot(contact), contact.due_at >= at("2026-11-23 18:00")) == (("2026-11-23", "19:00"), True)


def test_the_agents_own_day_off_is_respected() -> None:
    shift = DeskHours(
        windows=DayWindows(workday=windows("09:00-21:00")), dated={date(2026, 11, 23): (), date(2026, 11, 24): ()}
    )

    assert slot(planned(MONDAY, agent=shift))[0] == "2026-11-25"


def test_a_desk_that_excludes_the_buyers_hours_is_named() -> None:
    morning = DeskHours(windows=DayWindows(workday=windows("09:00-11:00")))
    answer = refused(MONDAY, desk=morning)

    assert (answer.code, answer.retry_at) == (NoContactCode.NOBODY_AT_DESK, at("2026-11-24 00:00"))


def test_an_empty_calendar_plans_by_weekdays_and_says_so() -> None:
    contact = plan_contact(request(MONDAY), NOBODY_YET, POLICY, CalendarDays.of((), POLICY.calendar.quiet))

    assert isinstance(contact, PlannedContact)
    assert (slot(contact)[0], "weekdays are assumed" in contact.warnings[0]) == ("2026-11-23", True)


def test_a_shift_with_nobody_on_it_is_named() -> None:
    assert refused(MONDAY, desk=DeskHours(windows=DayWindows())).code is NoContactCode.NOBODY_AT_DESK


@pytest.mark.covers(195)
def test_an_agent_who_is_never_there_is_told_apart_from_an_empty_desk() -> None:
    morning, day = (DeskHours(windows=DayWindows(workday=windows(text))) for text in ("09:00-11:00", "09:00-21:00"))
    codes = [refused(MONDAY, desk=day, agent=morning).code, refused(MONDAY, desk=morning, agent=day).code]

    assert codes == [NoContactCode.AGENT_NEVER_THERE, NoContactCode.NOBODY_AT_DESK]


def test_a_case_that_is_nobodys_waits_for_hours_with_an_agent() -> None:
    assert refused(MONDAY, agents=DeskHours(windows=DayWindows())).code is NoContactCode.NOBODY_AT_DESK


# Spreading and words


def test_contacts_of_one_window_are_spread_over_it() -> None:
    due = {planned(MONDAY, jitter_seed=f"case-{number}").due_at for number in range(200)}

    assert (len(due) > 150, max(due) <= at("2026-11-23 12:33")) == (True, True)


def test_the_same_case_is_planned_alike() -> None:
    assert planned(MONDAY, jitter_seed="x") == planned(MONDAY, jitter_seed="x")


def test_the_plan_says_why_in_both_languages() -> None:
    contact = planned(MONDAY, address_type=A.OFFICE, jitter_seed="a")
    time = clock(contact.due_at)[-5:]

    assert (contact.reason, contact.reason_zh) == (
        f"Call on 2026-11-23 at {time} life time, attempt 1, because the address names an office, "
        "where people are free 12:00-13:00 on a workday.",
        f"当地时间2026-11-23 {time}打电话（第1次）：收货地址为写字楼，工作日12:00-13:00较方便。",
    )


def test_a_mainland_calendar_is_no_calendar_of_hong_kong() -> None:
    assert "Asia/Hong_Kong" in planned(MONDAY, state="香港特别行政区").warnings[0]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ContactTimeUnclear, match="now has no time zone"):
        request(datetime(2026, 11, 23, 10))  # noqa: DTZ001 the fault under test


# What the plan says of itself


NOT_KEPT = "The time that the buyer asked for cannot be kept inside hours, caps and desk."


@pytest.mark.parametrize(
    ("wish", "warned"),
    [
        (StatedPreference(earliest=at("2026-11-20 18:00")), False),
        (StatedPreference(earliest=at("2026-11-24 03:00")), True),
        (StatedPreference(windows=windows("02:00-03:00")), True),
        (StatedPreference(earliest=at("2026-11-20 18:00"), windows=windows("02:00-03:00")), True),
    ],
)
def test_a_wish_that_cannot_be_kept_is_warned_of_while_it_stands(wish: StatedPreference, warned: bool) -> None:
    plan = planned(MONDAY, stated_preference=wish)
    assert (NOT_KEPT in plan.warnings) is warned


def test_a_cap_of_today_is_not_named_where_the_spacing_of_attempts_puts_the_call_days_later() -> None:
    plan = planned("2026-11-23 13:30", history(touch("2026-11-23 12:00")), attempt_number=4)
    assert "cap" not in plan.reason
    assert "not earlier because of the spacing of attempts" in plan.reason


def test_a_cap_is_named_where_it_alone_keeps_the_call_from_today() -> None:
    agreed = touch("2026-11-23 12:00", CallResult.CONNECTED, TalkOutcome.AGREED_LATER)
    plan = planned("2026-11-23 13:30", history(agreed))
    assert "not earlier because of the cap call_attempts_per_day (1 of 1)" in plan.reason
