"""Which kind of coupon an offer becomes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.coupons import CHINA, kind_terms
from domain.offers import OfferForm
from domain.policies.compensation import CompensationPolicy
from domain.policies.documents import load_shipped

COUPONS = load_shipped("compensation", CompensationPolicy).coupons
MOMENTS = st.integers(0, 3_000 * 86_400).map(lambda past: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=past))


@given(MOMENTS, st.sampled_from(COUPONS.faces_fen))
def test_a_coupon_counts_for_its_days_and_then_until_its_month_is_over(now: datetime, face: int) -> None:
    ends = kind_terms(OfferForm.COUPON_DIRECT, face, now, COUPONS).ends_at
    assert timedelta(days=COUPONS.valid_days) - timedelta(seconds=1) <= ends - now
    assert ends - now <= timedelta(days=COUPONS.valid_days + 31)
    assert (ends + timedelta(seconds=1)).astimezone(CHINA).strftime("%d %H:%M:%S") == "01 00:00:00"


@given(st.lists(MOMENTS, min_size=1, max_size=40))
def test_a_shop_never_needs_more_kinds_than_its_marketplace_allows(moments: list[datetime]) -> None:
    """Those that have not ended at the last of them."""
    last = max(moments)
    forms = (OfferForm.COUPON_DIRECT, OfferForm.COUPON_THRESHOLD)
    kinds = {kind_terms(form, face, at, COUPONS) for at in moments for form in forms for face in COUPONS.faces_fen}
    assert len([one for one in kinds if one.ends_at > last]) <= 50


@pytest.mark.covers(66)
def test_only_a_coupon_with_a_threshold_asks_for_a_larger_order() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert kind_terms(OfferForm.COUPON_THRESHOLD, 1_000, now, COUPONS).condition_fen == 10_000
    assert kind_terms(OfferForm.COUPON_DIRECT, 1_000, now, COUPONS).condition_fen == 0
