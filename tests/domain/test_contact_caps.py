"""Caps and cool-downs of one case and of one person, by example."""

from datetime import date, datetime

import pytest

from domain.calendar import CalendarDay, DayKind
from domain.contact_caps import (
    Block,
    CapName,
    ContactHistory,
    ContactNotAllowed,
    ContactPurpose,
    StatedPreference,
    blocked_until,
    may_contact_now,
)
from domain.contact_terms import CallResult, Channel, StopSignal, TalkOutcome
from domain.life_zones import life_zone
from domain.policies.contact import ContactPolicy
from domain.policies.hours import Window
from tests.domain.contact_world import CASE, DAYS, NOBODY_YET, OTHER_CASE, POLICY, at, history, shop_policy, touch

R, C = CallResult, Channel
HOME = life_zone("浙江省", POLICY)
XINJIANG = life_zone("新疆", POLICY)


def block(now: str, past: ContactHistory, channel: Channel = C.CALL, policy: ContactPolicy = POLICY) -> Block | None:
    return blocked_until(channel, at(now), CASE, past, policy, HOME)


def held(now: str, past: ContactHistory, channel: Channel = C.CALL) -> tuple[CapName, datetime | None]:
    found = block(now, past, channel)
    assert found
    return found.cap, found.until


def test_a_buyer_nobody_has_contacted_is_free() -> None:
    assert [block("2026-11-23 12:00", NOBODY_YET, channel) for channel in C] == [None, None, None]


@pytest.mark.covers(31)
def test_one_call_a_day_in_one_case() -> None:
    done = history(touch("2026-11-23 12:10", R.CONNECTED, TalkOutcome.WANTS_REFUND))

    assert held("2026-11-23 18:00", done) == (CapName.CALLS_PER_DAY, at("2026-11-24 00:00"))


def test_the_day_is_the_buyers_own() -> None:
    done = history(touch("2026-11-23 12:10", R.CONNECTED, TalkOutcome.WANTS_REFUND))
    found = blocked_until(C.CALL, at("2026-11-24 01:00"), CASE, done, POLICY, XINJIANG)

    assert found == Block(CapName.CALLS_PER_DAY, at("2026-11-24 02:00"), "the cap call_attempts_per_day (1 of 1)")


@pytest.mark.covers(32)
@pytest.mark.parametrize(
    ("result", "until"),
    [
        (R.NO_ANSWER, "2026-11-24 08:10"),
        (R.DECLINED, "2026-11-25 12:10"),
        (R.SHORT_HANGUP, "2026-11-25 12:10"),
    ],
)
def test_a_result_keeps_the_phone_silent_for_its_cool_down(result: CallResult, until: str) -> None:
    assert held("2026-11-24 07:00", history(touch("2026-11-23 12:10", result))) == (CapName.COOL_DOWN, at(until))


def test_a_declined_call_silences_written_channels_too() -> None:
    assert block("2026-11-24 12:00", history(touch("2026-11-23 12:10", R.DECLINED)), C.SMS) is not None


@pytest.mark.parametrize("channel", C)
def test_a_cold_buyer_is_still_left_alone_six_days_later(channel: Channel) -> None:
    cold = history(touch("2026-11-17 12:10", R.CONNECTED, TalkOutcome.REFUSED_POLITELY))

    assert held("2026-11-23 12:00", cold, channel) == (CapName.COOL_DOWN, at("2026-11-24 12:10"))


def test_an_unanswered_call_leaves_written_channels_open() -> None:
    assert block("2026-11-23 18:00", history(touch("2026-11-23 12:10")), C.IM) is None


def test_a_busy_line_may_be_tried_once_more_two_hours_later() -> None:
    busy = history(touch("2026-11-23 12:10", R.BUSY))

    assert (held("2026-11-23 14:09", busy)[1], block("2026-11-23 14:10", busy)) == (at("2026-11-23 14:10"), None)


def test_a_line_that_stays_busy_is_left_alone_until_tomorrow() -> None:
    busy = history(touch("2026-11-23 12:10", R.BUSY), touch("2026-11-23 18:10", R.BUSY))

    assert held("2026-11-23 20:30", busy) == (CapName.BUYER_CALLS_PER_WEEK, at("2026-11-30 12:10"))


@pytest.mark.covers(208)
def test_calls_of_other_cases_count_for_the_person() -> None:
    done = history(touch("2026-11-20 12:10", case=OTHER_CASE), touch("2026-11-21 12:10", case=OTHER_CASE))

    assert held("2026-11-23 12:00", done) == (CapName.BUYER_CALLS_PER_WEEK, at("2026-11-27 12:10"))


@pytest.mark.covers(208)
def test_all_channels_together_have_a_cap_of_their_own() -> None:
    done = history(*(touch(f"2026-11-{day:02} 12:10", R.SENT, channel=C.IM, case=OTHER_CASE) for day in range(18, 23)))

    assert held("2026-11-23 12:00", done, C.SMS) == (CapName.BUYER_TOUCHES_PER_WEEK, at("2026-11-25 12:10"))


def test_the_week_rolls_to_the_minute() -> None:
    done = history(touch("2026-11-16 12:10", case=OTHER_CASE), touch("2026-11-20 12:10", case=OTHER_CASE))

    assert (block("2026-11-23 12:09", done) is None, block("2026-11-23 12:10", done)) == (False, None)


@pytest.mark.covers(31)
@pytest.mark.parametrize(
    ("results", "cap"),
    [([R.NO_ANSWER] * 5, CapName.CALLS_TOTAL), ([R.CONNECTED] * 3, CapName.CONNECTED_CALLS_TOTAL)],
)
def test_a_case_has_a_last_call(results: list[CallResult], cap: CapName) -> None:
    done = history(*(touch(f"2026-10-{1 + 3 * n:02} 12:10", result) for n, result in enumerate(results)))

    assert held("2026-11-23 12:00", done) == (cap, None)


def test_a_call_that_failed_by_technique_uses_up_no_cap() -> None:
    done = history(*(touch(f"2026-11-2{n} 12:10", R.NETWORK_FAILURE) for n in range(3)))

    assert block("2026-11-23 12:00", done) is None


def test_technical_retries_of_a_day_are_limited() -> None:
    done = history(*(touch(f"2026-11-23 12:{minute}", R.NETWORK_FAILURE) for minute in (10, 25, 40, 55)))

    assert held("2026-11-23 18:00", done) == (CapName.TECHNICAL_RETRIES, at("2026-11-24 00:00"))


def test_a_message_that_cannot_be_delivered_is_not_sent_for_ever() -> None:
    failed = history(touch("2026-11-23 12:10", R.INVALID_NUMBER, channel=C.SMS))

    assert held("2026-11-23 12:11", failed, C.SMS) == (CapName.COOL_DOWN, at("2026-11-24 08:10"))


def test_two_messages_without_an_answer_are_enough() -> None:
    sent = [touch(f"2026-11-{day:02} 12:10", R.SENT, channel=C.IM) for day in (10, 12)]

    assert held("2026-11-23 12:00", history(*sent), C.IM) == (CapName.IM_UNANSWERED, None)


def test_an_answer_of_the_buyer_opens_the_messenger_again() -> None:
    sent = [touch(f"2026-11-{day:02} 12:10", R.SENT, channel=C.IM) for day in (10, 12)]
    answer = touch("2026-11-12 20:00", None, channel=C.IM, outbound=False)

    assert block("2026-11-23 12:00", history(*sent, answer), C.IM) is None


def test_a_message_in_which_the_buyer_was_reached_was_answered_and_answers_those_before_it() -> None:
    sent = touch("2026-11-10 12:10", R.SENT, channel=C.IM)
    talked = touch("2026-11-12 12:10", R.CONNECTED, TalkOutcome.WANTS_REFUND, channel=C.IM)
    later = [touch(f"2026-11-{day:02} 12:10", R.SENT, channel=C.IM) for day in (14, 16)]

    assert block("2026-11-23 12:00", history(sent, talked), C.IM) is None
    assert block("2026-11-23 12:00", history(sent, talked, later[0]), C.IM) is None
    assert held("2026-11-23 12:00", history(sent, talked, *later), C.IM) == (CapName.IM_UNANSWERED, None)


def test_a_call_answers_no_message() -> None:
    sent = [touch(f"2026-11-{day:02} 12:10", R.SENT, channel=C.IM) for day in (10, 12)]
    called = touch("2026-11-13 12:10", R.CONNECTED, TalkOutcome.WANTS_REFUND)

    assert held("2026-11-23 12:00", history(*sent, called), C.IM) == (CapName.IM_UNANSWERED, None)


def test_two_sms_are_all_a_case_has() -> None:
    sent = [touch(f"2026-11-{day:02} 12:10", R.SENT, channel=C.SMS) for day in (3, 13)]

    assert held("2026-11-23 12:00", history(*sent), C.SMS) == (CapName.SMS_TOTAL, None)


@pytest.mark.covers(31)
@pytest.mark.parametrize("channel", C)
@pytest.mark.parametrize("signal", StopSignal)
def test_a_stop_signal_ends_every_channel_of_the_case(signal: StopSignal, channel: Channel) -> None:
    assert held("2026-11-23 12:00", history(stop=signal), channel) == (CapName.STOPPED, None)


@pytest.mark.covers(208)
@pytest.mark.parametrize(
    ("signal", "stops_here"),
    [
        (StopSignal.BUYER_OPT_OUT, True),
        (StopSignal.THREAT_OF_COMPLAINT, True),
        (StopSignal.REFUSED_FIRMLY, False),
        (StopSignal.PLATFORM_DISPUTE, False),
    ],
)
def test_who_wants_no_contact_at_all_is_left_alone_in_every_case(signal: StopSignal, stops_here: bool) -> None:
    past = history(stop=signal, stop_case=OTHER_CASE)

    assert (block("2026-11-23 12:00", past) is not None) == stops_here


def test_a_payment_notice_is_free_of_stops_and_caps() -> None:
    past = history(stop=StopSignal.BUYER_OPT_OUT)
    notice = ContactPurpose.PAYMENT_NOTICE

    assert blocked_until(C.SMS, at("2026-11-23 12:00"), CASE, past, POLICY, HOME, purpose=notice) is None


def test_a_callback_the_buyer_asked_for_is_no_second_call_of_the_day() -> None:
    first = touch("2026-11-23 12:10", R.CONNECTED, TalkOutcome.CANNOT_TALK_NOW)
    asked = StatedPreference(stated_at=at("2026-11-23 12:12"))

    assert blocked_until(C.CALL, at("2026-11-23 13:00"), CASE, history(first), POLICY, HOME, stated=asked) is None


def test_a_callback_is_granted_once_a_day() -> None:
    calls = [
        touch("2026-11-23 12:10", R.CONNECTED, TalkOutcome.CANNOT_TALK_NOW),
        touch("2026-11-23 13:10", R.CONNECTED, TalkOutcome.WANTS_REFUND),
    ]
    asked = StatedPreference(stated_at=at("2026-11-23 12:12"))
    wide = shop_policy(per_buyer={"call_attempts_per_7_days": 9})
    found = blocked_until(C.CALL, at("2026-11-23 18:00"), CASE, history(*calls), wide, HOME, stated=asked)

    assert found == Block(CapName.CALLS_PER_DAY, at("2026-11-24 00:00"), "the cap call_attempts_per_day (2 of 2)")


@pytest.mark.parametrize(
    ("table", "cap", "channel"),
    [
        ("per_case", "call_attempts_per_day", C.CALL),
        ("per_case", "im_messages_per_day", C.IM),
        ("per_case", "sms_total", C.SMS),
        ("per_buyer", "call_attempts_per_7_days", C.CALL),
        ("per_buyer", "all_touches_per_7_days", C.IM),
    ],
)
def test_a_cap_of_zero_closes_the_channel_for_good(table: str, cap: str, channel: Channel) -> None:
    never = shop_policy(**{table: {cap: 0, "busy_retry_same_day": 0} if table == "per_case" else {cap: 0}})
    found = block("2026-11-23 12:00", NOBODY_YET, channel, never)

    assert found is not None
    assert found.until is None


# The last look before anyone dials


def look(now: str, past: ContactHistory = NOBODY_YET, channel: Channel = C.CALL, **more: object) -> None:
    moment = at(now)
    day = DAYS.day(moment.astimezone(HOME.tz).date())
    may_contact_now(channel, moment, CASE, past, POLICY, HOME, day, **more)  # type: ignore[arg-type]


def refusal(
    now: str, past: ContactHistory = NOBODY_YET, channel: Channel = C.CALL, **more: object
) -> dict[str, object]:
    with pytest.raises(ContactNotAllowed) as caught:
        look(now, past, channel, **more)
    return caught.value.facts


@pytest.mark.covers(25)
@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23 08:59", "2026-11-23 09:00"),
        ("2026-11-23 20:56", "2026-11-24 09:00"),
        ("2026-11-23 03:00", "2026-11-23 09:00"),
    ],
)
def test_no_call_starts_outside_the_hours_or_close_to_their_end(now: str, until: str) -> None:
    assert refusal(now) == {"cap": CapName.OUTSIDE_HOURS, "until": at(until)}


def test_the_hours_end_in_xinjiang_when_beijing_goes_to_bed() -> None:
    day = CalendarDay(date=date(2026, 11, 23), kind=DayKind.WORKDAY)

    with pytest.raises(ContactNotAllowed, match="it is 20:00 where the buyer lives"):
        may_contact_now(C.CALL, at("2026-11-23 22:00"), CASE, NOBODY_YET, POLICY, XINJIANG, day)


def test_a_quiet_day_allows_no_contact() -> None:
    assert refusal("2026-02-17 12:00") == {"cap": CapName.QUIET_DAY, "until": at("2026-02-18 00:00")}


def test_the_refusal_says_what_to_do_next() -> None:
    with pytest.raises(
        ContactNotAllowed, match=r"cool-down after no_answer\. Try again after 2026-11-24 08:10 Beijing time"
    ):
        look("2026-11-23 18:00", history(touch("2026-11-23 12:10")))


@pytest.mark.parametrize("now", ["2026-11-23 09:00", "2026-11-23 12:00", "2026-11-23 20:55"])
def test_a_contact_inside_every_limit_is_allowed(now: str) -> None:
    look(now)


@pytest.mark.covers(31)
def test_a_review_is_asked_about_twice_and_no_more() -> None:
    asked = [touch(f"2026-11-{day:02} 12:10", R.SENT, channel=C.IM, asks_to_amend=True) for day in (2, 10)]
    answer = touch("2026-11-10 13:00", None, channel=C.IM, outbound=False)

    assert refusal("2026-11-23 12:00", history(*asked, answer), asks_to_amend=True)["cap"] is CapName.ASKS_TO_AMEND


def test_a_request_in_writing_opens_an_hour_beyond_the_limits() -> None:
    late = StatedPreference(windows=(Window.model_validate("22:00-23:00"),), written=True)
    look("2026-11-23 22:10", stated=late)

    assert refusal("2026-11-23 23:10", stated=late)["cap"] is CapName.OUTSIDE_HOURS
