"""The windows and modes of every marketplace that ships, one row each: a changed number shows here."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from domain.platforms import (
    AmendMode,
    Platform,
    amend_modes,
    has_review_api,
    may_ask_to_amend,
    persistence_ends,
    reply_closes_at,
    reply_due_at,
    reply_times,
)
from domain.policies.documents import load_shipped
from domain.policies.platforms import PlatformsPolicy

POLICY = load_shipped("platforms", PlatformsPolicy)
REVIEWED = datetime(2026, 12, 20, 4, 30, tzinfo=UTC)
FINISHED = REVIEWED - timedelta(days=2)
EDIT, DELETE, APPEND, SCORE = AmendMode.EDIT_RESULT, AmendMode.DELETE, AmendMode.APPEND, AmendMode.SCORE_ONLY


@dataclass(frozen=True)
class Row:
    """Days from the review: when trying ends, when a reply must be with a person, when it closes (None: unknown)."""

    modes: frozenset[AmendMode]
    ends: int
    reply_due: int | None
    reply_closes: int | None
    replies: int | None
    may_ask: bool
    read_by_machine: bool


def row(*modes: AmendMode, due: int | None, closes: int | None, replies: int | None, ask: bool, api: bool) -> Row:
    return Row(frozenset(modes), 30, due, closes, replies, ask, api)


TABLE = {
    Platform.TAOBAO: row(EDIT, DELETE, due=28, closes=30, replies=1, ask=True, api=True),
    Platform.TMALL: row(APPEND, due=28, closes=30, replies=1, ask=True, api=True),
    Platform.SANDBOX: row(EDIT, DELETE, APPEND, due=28, closes=30, replies=1, ask=True, api=True),
    Platform.PINDUODUO: row(APPEND, due=None, closes=None, replies=1, ask=False, api=False),
    Platform.DOUYIN: row(SCORE, APPEND, due=None, closes=None, replies=1, ask=True, api=False),
    Platform.JD: row(DELETE, APPEND, due=None, closes=None, replies=None, ask=True, api=False),
    Platform.KUAISHOU: row(APPEND, due=28, closes=30, replies=1, ask=True, api=False),
    Platform.WEIXIN_STORE: row(EDIT, due=None, closes=None, replies=1, ask=False, api=False),
    Platform.AMAZON: row(due=None, closes=None, replies=1, ask=False, api=False),
    Platform.EBAY: row(EDIT, due=None, closes=None, replies=1, ask=False, api=False),
    Platform.SHOPIFY: row(due=None, closes=None, replies=0, ask=True, api=False),
}


def days(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - REVIEWED).days


@pytest.mark.covers(87, 89, 90, 209)
@pytest.mark.parametrize("platform", Platform)
def test_each_marketplace_has_the_windows_and_modes_of_its_row(platform: Platform) -> None:
    rules = POLICY.rules(platform)

    assert TABLE[platform] == Row(
        modes=amend_modes(rules),
        ends=(persistence_ends(rules, REVIEWED, FINISHED, POLICY.persistence_days) - REVIEWED).days,
        reply_due=days(reply_due_at(rules, REVIEWED, hours_before=POLICY.reply_before_close_hours)),
        reply_closes=days(reply_closes_at(rules, REVIEWED)),
        replies=reply_times(rules),
        may_ask=may_ask_to_amend(rules),
        read_by_machine=has_review_api(rules),
    )


@pytest.mark.parametrize(
    ("platform", "finished_days_ago", "ends"),
    [
        (Platform.TAOBAO, 170, 30),
        (Platform.TMALL, 170, 10),
        (Platform.TMALL, 200, 0),
        (Platform.PINDUODUO, 170, 30),
        (Platform.DOUYIN, 170, 30),
        (Platform.JD, 400, 30),
        (Platform.KUAISHOU, 400, 30),
        (Platform.SANDBOX, 170, 30),
    ],
)
def test_an_old_order_shortens_the_month_only_where_the_last_way_of_amending_runs_from_it(
    platform: Platform, finished_days_ago: int, ends: int
) -> None:
    finished = REVIEWED - timedelta(days=finished_days_ago)

    assert persistence_ends(POLICY.rules(platform), REVIEWED, finished) == REVIEWED + timedelta(days=ends)


@pytest.mark.parametrize("platform", Platform)
def test_only_tmall_closes_the_reply_at_the_buyers_append(platform: Platform) -> None:
    appended = REVIEWED + timedelta(days=3)
    closes = reply_closes_at(POLICY.rules(platform), REVIEWED, appended_at=appended)

    assert (closes == appended) == (platform is Platform.TMALL)


@pytest.mark.covers(85, 86)
@pytest.mark.parametrize("platform", [Platform.TAOBAO, Platform.TMALL, Platform.PINDUODUO, Platform.SANDBOX])
def test_where_the_seeds_name_reporting_the_grounds_are_known(platform: Platform) -> None:
    reporting = POLICY.rules(platform).reporting

    assert reporting is not None
    assert "advertising" in reporting.grounds
