from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mutual_rating import mutual_rating, rating_closes_at
from domain.platforms import Grade, Platform
from domain.policies.documents import load_shipped
from domain.policies.platforms import PlatformsPolicy

POLICY = load_shipped("platforms", PlatformsPolicy)
TAOBAO = POLICY.rules(Platform.TAOBAO)
FINISHED = datetime(2026, 11, 21, 4, tzinfo=UTC)
CLOSED = FINISHED + timedelta(days=15)
GRADES = st.none() | st.sampled_from(Grade)


@pytest.mark.covers(92)
def test_whoever_stays_silent_for_15_days_is_given_a_good_rating_when_the_other_rated_well() -> None:
    by_buyer = mutual_rating(TAOBAO, FINISHED, CLOSED, buyer=Grade.GOOD, seller=None)
    by_seller = mutual_rating(TAOBAO, FINISHED, CLOSED, buyer=None, seller=Grade.GOOD)

    assert (by_buyer.seller, by_buyer.by_default) == (Grade.GOOD, True)
    assert (by_seller.buyer, by_seller.by_default) == (Grade.GOOD, True)


@pytest.mark.covers(92)
def test_nothing_is_given_before_the_15_days_are_over() -> None:
    almost = mutual_rating(TAOBAO, FINISHED, CLOSED - timedelta(seconds=1), buyer=Grade.GOOD, seller=None)

    assert (almost.seller, almost.by_default) == (None, False)


@pytest.mark.parametrize("grade", [Grade.BAD, Grade.NEUTRAL, None])
@pytest.mark.covers(92)
def test_a_bad_or_missing_rating_gives_the_silent_side_nothing(grade: Grade | None) -> None:
    found = mutual_rating(TAOBAO, FINISHED, CLOSED, buyer=grade, seller=None)

    assert (found.buyer, found.seller, found.by_default) == (grade, None, False)


@pytest.mark.covers(93)
def test_rating_the_buyer_is_due_until_the_window_closes_or_it_is_done() -> None:
    open_ = mutual_rating(TAOBAO, FINISHED, FINISHED, buyer=None, seller=None)
    done = mutual_rating(TAOBAO, FINISHED, FINISHED, buyer=None, seller=Grade.GOOD)
    late = mutual_rating(TAOBAO, FINISHED, CLOSED, buyer=None, seller=None)

    assert (open_.rate_buyer_until, done.rate_buyer_until, late.rate_buyer_until) == (CLOSED, None, None)


def test_a_marketplace_without_the_rule_gives_nobody_a_rating() -> None:
    found = mutual_rating(
        POLICY.rules(Platform.JD), FINISHED, FINISHED + timedelta(days=400), buyer=Grade.GOOD, seller=None
    )

    assert (found.seller, found.by_default) == (None, False)


def test_a_marketplaces_own_window_goes_before_the_old_15_days() -> None:
    assert rating_closes_at(POLICY.rules(Platform.DOUYIN), FINISHED) == FINISHED + timedelta(days=60)
    assert rating_closes_at(POLICY.rules(Platform.PINDUODUO), FINISHED) == CLOSED


@given(st.sampled_from(Platform), GRADES, GRADES, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_what_somebody_rated_is_never_changed(
    platform: Platform, buyer: Grade | None, seller: Grade | None, later: timedelta
) -> None:
    found = mutual_rating(POLICY.rules(platform), FINISHED, FINISHED + later, buyer=buyer, seller=seller)

    assert found.buyer == buyer or (buyer is None and found.by_default)
    assert found.seller == seller or (seller is None and found.by_default)
