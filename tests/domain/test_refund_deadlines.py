"""When marketplaces act by themselves, and the seven days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PolicyUnreadable
from domain.policies.documents import load_shipped, with_overrides
from domain.policies.platforms import Platform, PlatformsPolicy
from domain.policies.refund_rules import Consequence, RefundStatus
from domain.policies.windows import Anchor
from domain.refund_deadlines import (
    DeadlineSource,
    NotWithoutReason,
    act_at,
    deadline_of,
    may_return_without_reason,
    seven_days,
    warning_times,
)

POLICY = load_shipped("platforms", PlatformsPolicy)
CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
SIGNED = datetime(2026, 11, 18, 15, 20, tzinfo=CHINA)
EVERY_ANCHOR = dict.fromkeys(Anchor, NOW)


@pytest.mark.covers(95, 98, 209)
@pytest.mark.parametrize(
    ("platform", "code", "length", "then"),
    [
        ("taobao", "WAIT_SELLER_AGREE", timedelta(days=5), Consequence.AGREED),
        ("taobao", "WAIT_BUYER_RETURN_GOODS", timedelta(days=7), Consequence.CLOSED),
        ("taobao", "WAIT_SELLER_CONFIRM_GOODS", timedelta(days=10), Consequence.REFUNDED),
        ("taobao", "SELLER_REFUSE_BUYER", timedelta(days=7), Consequence.CLOSED),
        ("tmall", "WAIT_SELLER_AGREE", timedelta(days=5), Consequence.AGREED),
        ("pinduoduo", "WAIT_SELLER", timedelta(hours=48), Consequence.AGREED),
        ("douyin", "11", timedelta(hours=48), Consequence.REFUNDED),
        ("jd", "WAIT_AUDIT", timedelta(hours=24), Consequence.PLATFORM_DECIDES),
        ("kuaishou", "WAIT_SELLER_RECEIVE", timedelta(days=7), Consequence.REFUNDED),
    ],
)
def test_every_stage_has_the_limit_of_its_marketplace(
    platform: str, code: str, length: timedelta, then: Consequence
) -> None:
    rules = POLICY.rules(Platform(platform)).refund
    assert rules is not None
    stage = rules.stage(code)
    assert stage is not None
    found = deadline_of(rules, code, stage.status, None, EVERY_ANCHOR)
    assert found is not None
    assert (found.at - NOW, found.then, found.source) == (length, then, DeadlineSource.TABLE)


@pytest.mark.covers(209)
def test_the_marketplaces_own_field_beats_the_shop_and_the_shop_beats_the_table() -> None:
    rules = POLICY.rules(Platform.TAOBAO).refund
    assert rules is not None
    sent = NOW + timedelta(hours=3)
    asked = (rules, "WAIT_SELLER_AGREE", RefundStatus.ASKED)
    found = [
        deadline_of(*asked, sent, EVERY_ANCHOR, shops_own=True),
        deadline_of(*asked, None, EVERY_ANCHOR, shops_own=True),
        deadline_of(*asked, None, {}),
    ]
    assert [one and (one.at, one.source) for one in found] == [
        (sent, DeadlineSource.PLATFORM),
        (NOW + timedelta(days=5), DeadlineSource.SHOP),
        None,
    ]


@given(st.integers(0, 10**9), st.integers(30, 120))
def test_the_safe_action_has_its_time_before_the_last_half_hour_and_after_the_last_warning(
    serial: int, minutes: int
) -> None:
    deadline = deadline_of(POLICY.platforms[Platform.TAOBAO].refund, "X", RefundStatus.ASKED, NOW, {})  # type: ignore[arg-type]
    assert deadline is not None
    ahead = deadline.at - act_at(deadline, minutes, serial)
    assert timedelta(minutes=minutes + 5) <= ahead < timedelta(minutes=minutes + 15)
    if minutes == POLICY.deadlines.act_minutes_before:
        assert deadline.at - ahead > max(warning_times(deadline, POLICY.deadlines).values())


@pytest.mark.covers(99)
def test_the_seven_days_begin_at_midnight_after_the_parcel_was_signed_for() -> None:
    starts, ends = seven_days(SIGNED, POLICY.seven_days, CHINA)
    assert starts == datetime(2026, 11, 19, tzinfo=CHINA)
    assert ends == datetime(2026, 11, 26, tzinfo=CHINA)


@given(st.integers(0, 2 * 366 * 24 * 60))
def test_the_seven_days_are_168_hours_whenever_the_parcel_is_signed_for(minutes: int) -> None:
    signed_at = NOW + timedelta(minutes=minutes)
    starts, ends = seven_days(signed_at, POLICY.seven_days, CHINA)
    assert ends - starts == timedelta(hours=168)
    assert timedelta(0) < starts - signed_at <= timedelta(days=1)


@pytest.mark.covers(100)
@pytest.mark.parametrize(("hours_before", "may"), [(1, True), (0, False)])
def test_notice_within_the_seven_days_is_enough(hours_before: int, may: bool) -> None:
    noticed = datetime(2026, 11, 26, tzinfo=CHINA) - timedelta(hours=hours_before)
    if may:
        may_return_without_reason(POLICY.seven_days, CHINA, signed_at=SIGNED, noticed_at=noticed)
        return
    with pytest.raises(NotWithoutReason, match="ended at 2026-11-26"):
        may_return_without_reason(POLICY.seven_days, CHINA, signed_at=SIGNED, noticed_at=noticed)


@pytest.mark.covers(101)
@pytest.mark.parametrize("goods", POLICY.seven_days.exempt_goods)
def test_exempt_goods_do_not_come_back_without_a_reason(goods: str) -> None:
    with pytest.raises(NotWithoutReason, match=goods):
        may_return_without_reason(POLICY.seven_days, CHINA, signed_at=SIGNED, noticed_at=SIGNED, goods=goods)


@pytest.mark.covers(101)
def test_spoilt_goods_do_not_and_opened_ones_do() -> None:
    may_return_without_reason(POLICY.seven_days, CHINA, signed_at=SIGNED, noticed_at=SIGNED, intact=True)
    with pytest.raises(NotWithoutReason, match="not intact"):
        may_return_without_reason(POLICY.seven_days, CHINA, signed_at=SIGNED, noticed_at=SIGNED, intact=False)


@pytest.mark.covers(102)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seller_may_opt_out", True),
        ("hours", 167),
        ("pays_back_within_days", 8),
        ("notice_is_enough", False),
        ("exempt_goods", ["custom_made", "shoes"]),
    ],
)
def test_nobody_opts_out_of_the_seven_days(field: str, value: object) -> None:
    with pytest.raises(PolicyUnreadable, match=f"seven_days.{field}"):
        with_overrides(POLICY, {"seven_days": {field: value}})


@pytest.mark.covers(102)
def test_a_better_promise_than_the_law_is_welcome() -> None:
    better = with_overrides(POLICY, {"seven_days": {"hours": 15 * 24, "exempt_goods": ["custom_made"]}})
    assert better.seven_days.hours == 360
