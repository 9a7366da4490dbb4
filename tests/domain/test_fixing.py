"""How a problem was repaired, and what may be given on top of that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.offers import OfferForm, left_of_order
from domain.policies.compensation import CompensationPolicy
from domain.policies.documents import load_shipped
from domain.review_case import rules
from domain.review_case.agreement_steps import RecordFix
from domain.review_case.agreements import FixKind
from domain.review_case.standards import order_paid, range_for
from domain.review_case.steps import Command
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, TEXT

POLICY = load_shipped("compensation", CompensationPolicy)


def fix(kind: FixKind, fen: int = 0) -> RecordFix:
    return RecordFix(kind=kind, paid_back_fen=fen, what=TEXT)


@pytest.mark.covers(72)
@given(st.integers(1, 10_000_000), st.integers(0, 10_000_000))
def test_repair_and_extra_stay_within_the_order_or_within_the_policys_extra(paid: int, back: int) -> None:
    left = left_of_order(paid, min(back, paid), POLICY)
    assert left <= paid
    assert left + min(back, paid) <= max(paid, min(back, paid) + POLICY.extra.max_fen)


@pytest.mark.covers(72)
@pytest.mark.parametrize(
    "form", [OfferForm.CASH_ALIPAY, OfferForm.GIFT_PARCEL, OfferForm.COUPON_DIRECT, OfferForm.FREE_NEXT_POSTAGE]
)
def test_money_a_gift_or_something_off_the_next_order_come_on_top_of_a_repair(form: OfferForm) -> None:
    world = a_plain_case()
    before = range_for(world.case, form, POLICY)
    assert world.step(ALICE, fix(FixKind.EXCHANGE))
    after = range_for(world.case, form, POLICY)
    assert (after.min_fen, after.max_fen) == (before.min_fen, before.max_fen)
    assert "on top of the repair (exchange)" in after.reasons


@pytest.mark.covers(72)
def test_whoever_got_everything_back_may_get_the_extra_and_no_more() -> None:
    world = a_plain_case()
    assert world.step(ALICE, fix(FixKind.REFUND, order_paid(world.case)))
    found = range_for(world.case, OfferForm.CASH_ALIPAY, POLICY)
    assert 0 < found.max_fen <= POLICY.extra.max_fen
    assert any("was paid back" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("kind", "fen", "why"),
    [
        (FixKind.EXCHANGE, 500, "pays nothing back"),
        (FixKind.REFUND, 0, "how much"),
        (FixKind.REFUND_PART, 99_999_999, "more than"),
    ],
)
def test_a_repair_that_cannot_have_been_so_is_refused(kind: FixKind, fen: int, why: str) -> None:
    world = a_plain_case()
    with pytest.raises(Refusal, match=why) as refused:
        rules.check(world.case, Command(actor=ALICE, step=fix(kind, fen), digest="", sent_at=world.now), world.now)
    assert refused.value.code == "FixUnfit"
