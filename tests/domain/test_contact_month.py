"""Which channel comes next, how attempts thin out over the month, and what is said where nothing fits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.contact_caps import ContactHistory
from domain.contact_plan import Channel, NoContactCode
from domain.contact_terms import AddressType, CallResult, PhoneKind, StopSignal, TalkOutcome
from tests.domain.contact_world import CASE, OTHER_CASE, at, history, planned, refused, shop_policy, slot, touch

A, C, R, T = AddressType, Channel, CallResult, TalkOutcome
MONDAY = "2026-11-23 10:00"


# Attempts


def test_an_attempt_is_what_a_person_began_and_neither_what_the_buyer_sent_nor_a_letter() -> None:
    ours = [touch("2026-11-23 12:10", R.NO_ANSWER), touch("2026-11-24 12:10", R.NETWORK_FAILURE, counted=False)]
    others = [
        touch("2026-11-24 13:00", R.CONNECTED, outbound=False),
        touch("2026-11-24 14:00", R.SENT, channel=C.SMS, letter=True),
        touch("2026-11-24 15:00", R.NO_ANSWER, case=OTHER_CASE),
    ]
    assert [history(*made).next_attempt(CASE) for made in ([], ours, [*ours, *others])] == [1, 3, 3]


# Channels


@pytest.mark.covers(33)
def test_the_phone_comes_first() -> None:
    assert planned(MONDAY).channel is C.CALL


@pytest.mark.covers(17)
@pytest.mark.parametrize(
    ("phone", "more", "channel"),
    [
        (PhoneKind.MASKED, {}, C.IM),
        (PhoneKind.MASKED, {"im_available": False, "sms_by_platform": True}, C.SMS),
        (PhoneKind.PRIVACY_EXT, {"im_available": False}, C.CALL),
        (PhoneKind.INVALID, {}, C.IM),
        (PhoneKind.MOBILE, {"preferred_channel": C.SMS}, C.SMS),
        (PhoneKind.MOBILE, {"address_type": A.HOSPITAL}, C.IM),
        (PhoneKind.MOBILE, {"attempt_number": 3}, C.IM),
    ],
)
def test_the_channel_is_one_that_reaches_the_buyer(phone: PhoneKind, more: dict[str, Any], channel: Channel) -> None:
    assert planned(MONDAY, phone=phone, **more).channel is channel


@pytest.mark.covers(34)
@pytest.mark.parametrize("attempt", range(1, 9))
def test_a_surge_puts_the_phone_first(attempt: int) -> None:
    assert planned(MONDAY, surge=True, attempt_number=attempt, address_type=A.HOSPITAL).channel is C.CALL


def test_where_a_surge_finds_every_call_used_up_the_buyer_is_written_to_all_the_same() -> None:
    calls = history(*(touch(f"2026-11-{day:02} 12:10") for day in (3, 6, 9, 12, 15)))
    assert planned(MONDAY, calls, surge=True, attempt_number=6).channel is not C.CALL


@pytest.mark.parametrize(("failures", "called"), [(3, True), (4, False)])
def test_a_line_that_failed_a_whole_days_retries_is_followed_by_a_message(failures: int, called: bool) -> None:
    failed = [touch(f"2026-11-23 12:{10 + 12 * n}", R.NETWORK_FAILURE) for n in range(failures)]
    assert (planned("2026-11-24 10:00", history(*failed)).channel is C.CALL) is called


def test_a_suspended_number_is_followed_by_a_message() -> None:
    assert planned("2026-11-24 10:00", history(touch("2026-11-23 12:10", R.SUSPENDED))).channel is C.IM


def test_without_any_channel_it_says_so() -> None:
    assert refused(MONDAY, phone=PhoneKind.INVALID, im_available=False).code is NoContactCode.NO_CHANNEL


# The month


@pytest.mark.covers(36)
def test_attempts_thin_out_over_the_month() -> None:
    now, end, made, days = at("2026-11-02 10:00"), at("2026-12-02 10:00"), history(), []
    for number in range(1, 7):
        contact = planned(now, made, attempt_number=number, window_ends_at=end)
        result = R.NO_ANSWER if contact.channel is C.CALL else R.SENT
        made = history(*made.touches, touch(contact.due_at, result, channel=contact.channel))
        days.append((contact.due_at - at("2026-11-02 00:00")).days)
        now = contact.due_at + timedelta(minutes=5)

    assert days == [0, 1, 3, 8, 12, 18]


def test_a_busy_line_is_tried_again_in_the_evening() -> None:
    contact = planned("2026-11-23 12:15", history(touch("2026-11-23 12:10", R.BUSY)), attempt_number=2)

    assert slot(contact) == ("2026-11-23", "20:00")


def test_a_declined_call_is_followed_by_another_window_of_another_day() -> None:
    declined = history(touch("2026-11-23 12:10", R.DECLINED))
    contact = planned("2026-11-23 12:15", declined, attempt_number=2)

    assert slot(contact) == ("2026-11-25", "20:00")


def test_two_misses_at_noon_lead_to_the_evening() -> None:
    missed = history(touch("2026-11-02 12:10"), touch("2026-11-10 12:20"))

    assert slot(planned(MONDAY, missed, attempt_number=4)) == ("2026-11-23", "20:00")


def test_a_factory_worker_is_tried_late_after_two_misses() -> None:
    missed = history(touch("2026-11-02 12:10"), touch("2026-11-10 18:20"))

    assert slot(planned(MONDAY, missed, attempt_number=4, address_type=A.FACTORY)) == ("2026-11-23", "20:30")


@pytest.mark.covers(52)
def test_a_cold_buyer_is_left_alone_for_a_week() -> None:
    cold = history(touch("2026-11-23 12:10", R.CONNECTED, T.REFUSED_POLITELY))

    assert slot(planned("2026-11-23 12:15", cold, attempt_number=2)) == ("2026-11-30", "13:00")


@pytest.mark.covers(208)
def test_contacts_of_another_case_hold_this_one_back_and_the_plan_says_so() -> None:
    other = history(touch("2026-11-21 12:10", case=OTHER_CASE), touch("2026-11-22 12:10", case=OTHER_CASE))
    contact = planned(MONDAY, other)

    assert (slot(contact)[0], "buyer_call_attempts_per_7_days" in contact.reason) == ("2026-11-28", True)


@pytest.mark.parametrize(
    ("code", "past", "known"),
    [
        (NoContactCode.STOPPED, history(stop=StopSignal.BUYER_OPT_OUT), {}),
        (NoContactCode.WINDOW_ENDED, history(), {"window_ends_at": at(MONDAY)}),
        (NoContactCode.NO_SLOT, history(), {"window_ends_at": at("2026-11-23 12:03")}),
        (
            NoContactCode.CAPS_EXHAUSTED,
            history(*(touch(f"2026-10-{3 * n:02} 12:10") for n in range(1, 6))),
            {"im_available": False, "phone": PhoneKind.FIXED_LINE},
        ),
        (
            NoContactCode.WAITING_FOR_BUYER,
            history(*(touch(f"2026-11-{n} 12:10", R.SENT, channel=C.IM) for n in (10, 12))),
            {"phone": PhoneKind.MASKED},
        ),
    ],
)
def test_where_nothing_fits_it_says_why(code: NoContactCode, past: ContactHistory, known: dict[str, Any]) -> None:
    assert refused(MONDAY, past, **known).code is code


def test_an_end_in_the_far_future_is_answered_all_the_same() -> None:
    never = shop_policy(per_case={"call_attempts_total": 0, "sms_total": 0, "im_messages_per_day": 0})

    assert refused(MONDAY, policy=never, window_ends_at=datetime.max.replace(tzinfo=UTC)).retry_at is None
