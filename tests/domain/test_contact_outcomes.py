"""What results and outcomes lead to, and how buyers say stop."""

from datetime import timedelta

import pytest

from domain.contact_outcomes import (
    CallResult,
    Consequence,
    NextMove,
    PhoneMark,
    StopSignal,
    TalkOutcome,
    call_result,
    consequence,
    from_release_cause,
    is_opt_out,
)
from tests.domain.contact_world import POLICY, shop_policy

R, T, N = CallResult, TalkOutcome, NextMove


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (16, R.CONNECTED),
        (31, R.CONNECTED),
        (17, R.BUSY),
        (18, R.NO_ANSWER),
        (19, R.NO_ANSWER),
        (21, R.DECLINED),
        (1, R.INVALID_NUMBER),
        (28, R.INVALID_NUMBER),
        (4, R.SUSPENDED),
        (38, R.NETWORK_FAILURE),
        (99, R.NO_ANSWER),
        (-1, R.NO_ANSWER),
    ],
)
def test_a_release_cause_becomes_a_result_and_an_unlisted_one_still_counts(code: int, result: CallResult) -> None:
    assert from_release_cause(code) is result


@pytest.mark.covers(23)
@pytest.mark.parametrize(("seconds", "result"), [(9, R.SHORT_HANGUP), (10, R.CONNECTED), (300, R.CONNECTED)])
def test_a_connection_of_a_few_seconds_is_a_hang_up(seconds: int, result: CallResult) -> None:
    assert call_result(16, seconds, POLICY) is result


def test_an_unanswered_call_has_no_talk_however_long_it_rang() -> None:
    assert call_result(19, 0, POLICY) is R.NO_ANSWER


@pytest.mark.covers(32)
@pytest.mark.parametrize(
    ("result", "hours", "move"),
    [
        (R.NO_ANSWER, 20, N.NEXT_WINDOW),
        (R.BUSY, 2, N.RETRY_SAME_WINDOW),
        (R.DECLINED, 48, N.NEXT_DAY_OTHER_WINDOW),
        (R.SHORT_HANGUP, 48, N.AFTER_GAP),
        (R.NETWORK_FAILURE, 0.25, N.RETRY_SAME_WINDOW),
    ],
)
def test_each_result_has_its_cool_down_and_next_move(result: CallResult, hours: float, move: NextMove) -> None:
    after = consequence(result, None, POLICY)

    assert (after.gap, after.next) == (timedelta(hours=hours), move)


@pytest.mark.parametrize(
    ("result", "mark"), [(R.INVALID_NUMBER, PhoneMark.INVALID), (R.WRONG_PERSON, PhoneMark.WRONG), (R.SUSPENDED, None)]
)
def test_a_number_that_does_not_reach_the_buyer_asks_for_another_channel(
    result: CallResult, mark: PhoneMark | None
) -> None:
    after = consequence(result, None, POLICY)

    assert (after.switch_channel, after.mark_phone) == (True, mark)


def test_the_talk_decides_where_the_buyer_was_reached() -> None:
    assert consequence(R.CONNECTED, T.AGREED_AMEND, POLICY).next is N.AWAIT_AMENDMENT


def test_a_talk_says_nothing_where_nobody_was_reached() -> None:
    assert consequence(R.BUSY, T.REFUSED_FIRMLY, POLICY) == consequence(R.BUSY, None, POLICY)


def test_only_a_firm_refusal_stops_by_itself() -> None:
    stops = {talk: consequence(R.CONNECTED, talk, POLICY).stop for talk in T}

    assert {talk: stop for talk, stop in stops.items() if stop} == {T.REFUSED_FIRMLY: StopSignal.REFUSED_FIRMLY}


@pytest.mark.covers(52)
def test_a_polite_refusal_only_puts_the_next_talk_off() -> None:
    after = consequence(R.CONNECTED, T.REFUSED_POLITELY, POLICY)

    assert (after.stop, after.next, after.gap) == (None, N.AFTER_GAP, timedelta(days=7))


def test_a_shop_changes_what_a_result_leads_to() -> None:
    own = shop_policy(call_results={"busy": {"gap_minutes": 30, "counts": False}})

    assert consequence(R.BUSY, None, own) == Consequence(
        False, N.RETRY_SAME_WINDOW, gap=timedelta(minutes=30), gap_channels=POLICY.call_results[R.BUSY].gap_channels
    )


@pytest.mark.covers(31)
@pytest.mark.parametrize(
    "text",
    [
        "T",
        "td",
        " R。",
        "Ｔ",
        "n",
        "退订",
        "回复R",
        "请不要再打了！",
        "别 打 了",
        "再打就是骚扰",
        "TD退订",
        "别再打电话",
        "不要再联系我了",
        "别联系我",
        "别再联系了",
        "请勿再联系",
        "请勿联系",
        "停止联系",
        "不用再联系我了",
        "以后不用联系我了",
        "不必再联系我",
        "不要给我打电话了",
        "不要再给我打电话",
        "别再给我打电话",
        "别给我打电话!",
        "别给我发短信",
        "不要给我发短信了",
        "不要再发短信了",
        "别再发短信",
        "不要再给我发消息",
        "STOP",
        "stop.",
        "请停止联系我,谢谢",
    ],
)
def test_a_buyer_who_says_stop_is_heard(text: str) -> None:
    assert is_opt_out(text, POLICY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "好的",
        "Tomorrow",
        "TDR",
        "No problem",
        "谢谢",
        "R2D2",
        "请打我电话",
        "明天再打",
        "明天再联系",
        "你们再联系我",
        "请再联系我",
        "怎么不联系我",
        "为什么没有人再给我打电话",
        "别忘了联系我",
        "别联系快递了,我自己去取",
        "可以给我发短信",
        "别发错货了",
        "不要再发错货",
        "don't stop",
        "Stopped working",
    ],
)
def test_other_messages_do_not_stop_contact(text: str) -> None:
    assert not is_opt_out(text, POLICY)
