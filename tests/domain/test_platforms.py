from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.platforms import (
    AmendMode,
    Grade,
    Platform,
    ReplyNotAllowed,
    UnknownRating,
    amend_modes,
    grade_of,
    has_review_api,
    may_ask_to_amend,
    may_reply,
    persistence_ends,
    reply_closes_at,
    reply_due_at,
    reply_max_chars,
    reply_times,
    score_counts,
    scores_counted_since,
)
from domain.policies.documents import load_shipped, with_overrides
from domain.policies.platforms import PlatformRules, PlatformsPolicy

POLICY = load_shipped("platforms", PlatformsPolicy)
REVIEWED = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(days=-2000), timedelta(days=2000)).map(lambda span: REVIEWED + span)


def rules(platform: Platform) -> PlatformRules:
    return POLICY.rules(platform)


@pytest.mark.parametrize(
    ("platform", "rating", "grade"),
    [
        (Platform.TAOBAO, "bad", Grade.BAD),
        (Platform.TAOBAO, "Neutral", Grade.NEUTRAL),
        (Platform.DOUYIN, 1, Grade.BAD),
        (Platform.DOUYIN, "3", Grade.NEUTRAL),
        (Platform.JD, 2, Grade.NEUTRAL),
        (Platform.WEIXIN_STORE, 2, Grade.BAD),
        (Platform.EBAY, "positive", Grade.GOOD),
        (Platform.SANDBOX, "good", Grade.GOOD),
    ],
)
def test_each_marketplace_has_its_own_scale(platform: Platform, rating: str | int, grade: Grade) -> None:
    assert grade_of(rules(platform), rating) is grade


@pytest.mark.parametrize("rating", ["terrible", "", 0, 6, "4.5", "1星"])
def test_a_rating_that_is_not_on_the_scale_is_refused(rating: str | int) -> None:
    with pytest.raises(UnknownRating):
        grade_of(rules(Platform.DOUYIN), rating)


@pytest.mark.covers(87)
def test_a_pinduoduo_review_can_only_be_appended_to() -> None:
    assert amend_modes(rules(Platform.PINDUODUO)) == {AmendMode.APPEND}


@pytest.mark.covers(84)
def test_the_pinduoduo_console_is_known_to_show_only_a_week() -> None:
    assert rules(Platform.PINDUODUO).review.list_default_days == 7


def test_a_malicious_review_can_be_reported_as_advertising() -> None:
    reporting = rules(Platform.PINDUODUO).reporting

    assert reporting is not None
    assert "advertising" in reporting.grounds


@pytest.mark.covers(88)
def test_douyin_takes_a_first_review_within_60_days_of_completion_and_an_append_30_days_from_it() -> None:
    review = rules(Platform.DOUYIN).review

    assert review.first_review is not None
    assert review.append is not None
    assert (review.first_review.span, review.first_review.since) == (timedelta(days=60), "order_finished")
    assert (review.append.span, review.append.since) == (timedelta(days=30), "review_created")


@pytest.mark.covers(89)
def test_douyin_scores_can_be_changed_but_reviews_not_deleted() -> None:
    modes = amend_modes(rules(Platform.DOUYIN))

    assert AmendMode.SCORE_ONLY in modes
    assert AmendMode.DELETE not in modes


@pytest.mark.covers(91)
def test_douyin_counts_the_first_three_scores_in_60_days() -> None:
    counting = rules(Platform.DOUYIN).review.score_counting

    assert counting is not None
    assert (counting.first_trades, counting.per) == (3, "60_days")


@pytest.mark.covers(91)
@pytest.mark.parametrize(
    ("platform", "since"),
    [
        (Platform.DOUYIN, REVIEWED - timedelta(days=60)),
        (Platform.TAOBAO, datetime(2026, 10, 31, 16, tzinfo=UTC)),
        (Platform.JD, None),
    ],
)
def test_scores_are_counted_over_60_days_or_the_calendar_month_of_beijing(
    platform: Platform, since: datetime | None
) -> None:
    assert scores_counted_since(rules(platform), REVIEWED) == since


@pytest.mark.covers(91)
def test_the_fourth_score_of_a_buyer_does_not_count_on_douyin_and_any_does_elsewhere() -> None:
    assert [score_counts(rules(Platform.DOUYIN), before) for before in (0, 2, 3, 9)] == [True, True, False, False]
    assert score_counts(rules(Platform.JD), 9)


def test_taobao_gives_15_days_and_a_default_good() -> None:
    review = rules(Platform.TAOBAO).review

    assert review.first_review is not None
    assert review.first_review.span == timedelta(days=15)
    assert review.default_good_if_silent


def test_where_nothing_can_be_amended_there_are_no_modes() -> None:
    assert amend_modes(rules(Platform.AMAZON)) == frozenset()


@pytest.mark.parametrize("platform", [Platform.PINDUODUO, Platform.AMAZON, Platform.EBAY, Platform.WEIXIN_STORE])
@pytest.mark.covers(74)
def test_sellers_do_not_ask_where_the_marketplace_bans_it_or_asks_itself(platform: Platform) -> None:
    assert not may_ask_to_amend(rules(platform))


def test_machines_verify_only_where_reviews_can_be_read() -> None:
    assert has_review_api(rules(Platform.SANDBOX))
    assert not has_review_api(rules(Platform.PINDUODUO))


@pytest.mark.covers(35)
def test_trying_ends_after_30_times_24_hours() -> None:
    assert persistence_ends(rules(Platform.SANDBOX), REVIEWED) == REVIEWED + timedelta(hours=30 * 24)


@pytest.mark.covers(89)
def test_trying_ends_with_a_shorter_amend_window() -> None:
    amend = {"review": {"amend": {"length": 10}, "append": {"length": 7}}}
    short = with_overrides(POLICY, {"platforms": {"douyin": amend}}).rules(Platform.DOUYIN)

    assert persistence_ends(short, REVIEWED) == REVIEWED + timedelta(days=10)


def test_a_window_from_the_order_shortens_the_time_when_the_order_is_old() -> None:
    finished = REVIEWED - timedelta(days=170)

    assert persistence_ends(rules(Platform.TMALL), REVIEWED, finished) == REVIEWED + timedelta(days=10)


def test_a_window_from_an_unknown_moment_shortens_nothing() -> None:
    assert persistence_ends(rules(Platform.TMALL), REVIEWED, None) == REVIEWED + timedelta(days=30)


def test_a_way_of_amending_with_an_unknown_end_keeps_the_full_time() -> None:
    assert persistence_ends(rules(Platform.WEIXIN_STORE), REVIEWED, days=20) == REVIEWED + timedelta(days=20)


@given(st.sampled_from(Platform), MOMENTS, st.none() | MOMENTS, st.integers(1, 180))
def test_trying_never_ends_before_it_began_nor_after_the_month(
    platform: Platform, reviewed: datetime, finished: datetime | None, days: int
) -> None:
    ends = persistence_ends(rules(platform), reviewed, finished, days)

    assert reviewed <= ends <= reviewed + timedelta(days=days)


@pytest.mark.covers(209)
def test_a_reply_is_due_two_days_before_the_window_closes() -> None:
    assert reply_closes_at(rules(Platform.TAOBAO), REVIEWED) == REVIEWED + timedelta(days=30)
    assert reply_due_at(rules(Platform.TAOBAO), REVIEWED) == REVIEWED + timedelta(days=28)


def test_tmall_takes_no_reply_after_the_buyers_append() -> None:
    appended = REVIEWED + timedelta(days=3)

    assert reply_closes_at(rules(Platform.TMALL), REVIEWED, appended_at=appended) == appended


def test_taobao_takes_a_reply_after_the_buyers_append() -> None:
    appended = REVIEWED + timedelta(days=3)

    assert reply_closes_at(rules(Platform.TAOBAO), REVIEWED, appended_at=appended) == REVIEWED + timedelta(days=30)


def test_a_reply_window_that_nobody_knows_has_no_end() -> None:
    assert reply_due_at(rules(Platform.JD), REVIEWED) is None


def test_a_shop_without_replies_has_none_to_make() -> None:
    assert (reply_times(rules(Platform.SHOPIFY)), reply_max_chars(rules(Platform.SHOPIFY))) == (0, 0)
    assert reply_closes_at(rules(Platform.SHOPIFY), REVIEWED) is None


@given(st.sampled_from(Platform), MOMENTS, st.none() | st.timedeltas(timedelta(0), timedelta(days=60)))
def test_a_reply_is_due_before_it_closes_and_after_the_review(
    platform: Platform, reviewed: datetime, append_after: timedelta | None
) -> None:
    appended = reviewed + append_after if append_after is not None else None
    closes = reply_closes_at(rules(platform), reviewed, appended_at=appended)
    due = reply_due_at(rules(platform), reviewed, appended_at=appended)

    assert (closes is None) == (due is None)
    assert closes is None or due is None or reviewed <= due <= closes


@pytest.mark.covers(90)
def test_a_reply_is_made_once() -> None:
    with pytest.raises(ReplyNotAllowed, match="takes 1"):
        may_reply(rules(Platform.DOUYIN), REVIEWED, REVIEWED, replies_made=1)


@pytest.mark.covers(90)
def test_douyin_reviews_written_90_days_after_receipt_take_no_reply() -> None:
    received = REVIEWED - timedelta(days=91)

    with pytest.raises(ReplyNotAllowed, match="written after"):
        may_reply(rules(Platform.DOUYIN), REVIEWED, REVIEWED, receipt_confirmed_at=received)


@pytest.mark.covers(90)
def test_douyin_reviews_written_within_90_days_of_receipt_take_a_reply_later() -> None:
    received = REVIEWED - timedelta(days=89)

    may_reply(rules(Platform.DOUYIN), REVIEWED, REVIEWED + timedelta(days=40), receipt_confirmed_at=received)


def test_a_closed_window_takes_no_reply() -> None:
    with pytest.raises(ReplyNotAllowed, match="closed at"):
        may_reply(rules(Platform.TAOBAO), REVIEWED, REVIEWED + timedelta(days=30))


@pytest.mark.parametrize(
    "circumstances",
    [
        {"agreed_otherwise": True, "outbound": "as_agreed", "back": "as_agreed"},
        {"fault": "seller", "outbound": "seller", "back": "seller"},
        {"fault": "none", "shipping": "free", "outbound": "seller", "back": "buyer"},
        {"fault": "none", "shipping": "paid", "outbound": "buyer", "back": "buyer"},
        {"condition_broken_by_partial_return": True, "outbound": "buyer", "back": "buyer"},
    ],
)
def test_the_freight_table_holds_the_rule_of_the_seeds(circumstances: dict[str, object]) -> None:
    rows = [row.model_dump() for row in POLICY.freight]

    assert [row for row in rows if circumstances.items() <= row.items()]
