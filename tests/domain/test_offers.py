import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.offers import (
    FormNotOffered,
    NoStandard,
    OfferAboveOrder,
    OfferForm,
    OfferFrozen,
    OfferMade,
    OfferOutOfRange,
    OfferRange,
    OfferRefused,
    check_offer,
    offer_range,
)
from domain.platforms import Grade
from domain.policies.causes import CausesPolicy
from domain.policies.compensation import CompensationPolicy, FormKind
from domain.policies.documents import load_shipped, with_overrides

POLICY = load_shipped("compensation", CompensationPolicy)
CODES = sorted(code for code, _, _ in load_shipped("causes", CausesPolicy).codes())
COMPLAINTS = st.sampled_from([Grade.NEUTRAL, Grade.BAD])
PAID = st.integers(0, 10_000_000)
BROKEN = "quality.broken"
CASH, COUPON = OfferForm.CASH_ALIPAY, OfferForm.COUPON_DIRECT


def bad_review(paid_fen: int = 9900, form: OfferForm = CASH, severity: int = 2, cause: str = BROKEN) -> OfferRange:
    return offer_range(Grade.BAD, cause, severity, paid_fen, POLICY, form)


@given(COMPLAINTS, st.sampled_from(CODES), st.integers(1, 4), PAID, st.sampled_from(OfferForm))
def test_no_offer_is_ever_above_what_the_buyer_paid(
    grade: Grade, cause: str, severity: int, paid: int, form: OfferForm
) -> None:
    allowed = offer_range(grade, cause, severity, paid, POLICY, form)

    assert 0 <= allowed.min_fen <= allowed.base_fen <= allowed.max_fen <= paid


@given(COMPLAINTS, st.sampled_from(CODES), st.integers(1, 3), PAID, st.sampled_from(OfferForm), st.integers(-9, 99999))
def test_an_offer_passes_only_within_its_range(
    grade: Grade, cause: str, severity: int, paid: int, form: OfferForm, amount: int
) -> None:
    allowed = offer_range(grade, cause, severity, paid, POLICY, form)
    try:
        check_offer(amount, form, allowed, paid, POLICY)
    except OfferRefused:
        passed = False
    else:
        passed = True
    assert not passed or allowed.min_fen <= amount <= min(allowed.max_fen, paid)


@pytest.mark.covers(61, 62)
@pytest.mark.parametrize(("grade", "base", "ceiling"), [(Grade.NEUTRAL, 300, 500), (Grade.BAD, 500, 1000)])
def test_the_standard_follows_the_grade(grade: Grade, base: int, ceiling: int) -> None:
    allowed = offer_range(grade, BROKEN, 2, 9900, POLICY)

    assert (allowed.base_fen, allowed.max_fen) == (base, ceiling)


@pytest.mark.covers(62)
def test_a_shop_has_its_own_standard() -> None:
    own = with_overrides(POLICY, {"standards": {"bad": {"base_fen": 800, "max_fen": 2000}}})

    assert offer_range(Grade.BAD, BROKEN, 2, 9900, own).base_fen == 800


@pytest.mark.covers(63)
def test_a_small_order_gets_less() -> None:
    assert bad_review(2900).base_fen == 400


@pytest.mark.covers(63)
def test_a_slight_complaint_gets_less() -> None:
    assert bad_review(severity=1).base_fen == 400


@pytest.mark.covers(63)
def test_a_complaint_that_is_nobodys_fault_gets_less() -> None:
    assert bad_review(cause="personal.dislike").base_fen == 400


@pytest.mark.covers(63)
def test_a_large_order_may_get_up_to_a_tenth_of_it() -> None:
    assert bad_review(30_000).max_fen == 3000


def test_amounts_are_rounded_half_up_to_a_jiao() -> None:
    own = with_overrides(POLICY, {"scaling": {"severity_percent": {"2": 81}}})

    assert offer_range(Grade.BAD, BROKEN, 2, 9900, own).base_fen == 410


def test_the_figures_come_with_their_reasons() -> None:
    assert bad_review(2900, severity=1).reasons == ("bad review: ¥5.00 to ¥10.00", "order 80 %", "severity 80 %")


def test_a_good_review_has_no_standard() -> None:
    with pytest.raises(NoStandard):
        offer_range(Grade.GOOD, BROKEN, 2, 9900, POLICY)


@pytest.mark.covers(66)
def test_coupons_come_in_the_marketplaces_face_values() -> None:
    allowed = bad_review(2900, COUPON)

    assert (allowed.min_fen, allowed.base_fen, allowed.max_fen) == (300, 300, 1000)


@pytest.mark.covers(66)
@given(st.integers(1, 20_000))
def test_a_coupon_that_passes_has_a_face_value(amount: int) -> None:
    try:
        check_offer(amount, COUPON, bad_review(form=COUPON), 9900, POLICY)
    except OfferRefused:
        passed = False
    else:
        passed = True
    assert passed == (amount in (300, 500, 1000))


@pytest.mark.covers(71)
def test_a_small_flaw_gets_a_coupon_of_five_to_ten_yuan_however_slight_it_is() -> None:
    allowed = bad_review(form=COUPON, severity=1, cause="quality.minor_flaw")

    assert (allowed.min_fen, allowed.base_fen, allowed.max_fen) == (500, 500, 1000)


@pytest.mark.covers(73)
def test_an_exchange_starts_at_what_the_item_cost() -> None:
    assert bad_review(9900, OfferForm.EXCHANGE_FREE).base_fen == 9900


def test_what_is_given_by_hand_needs_no_face_value() -> None:
    check_offer(650, OfferForm.FREE_NEXT_POSTAGE, bad_review(form=OfferForm.FREE_NEXT_POSTAGE), 9900, POLICY)


@pytest.mark.parametrize("form", list(OfferForm))
@pytest.mark.parametrize("supervisor", [True, False])
def test_nothing_is_given_away_as_worth_nothing(form: OfferForm, supervisor: bool) -> None:
    with pytest.raises(OfferOutOfRange):
        check_offer(0, form, bad_review(form=form), 9900, POLICY, supervisor_decided=supervisor)


@pytest.mark.parametrize(("amount", "refused"), [(2000, OfferOutOfRange), (10_000, OfferAboveOrder)])
def test_a_lifted_freeze_opens_the_range_and_no_more(amount: int, refused: type[OfferRefused]) -> None:
    frozen = bad_review(severity=4)
    check_offer(500, CASH, frozen, 9900, POLICY, freeze_lifted=True)

    with pytest.raises(refused):
        check_offer(amount, CASH, frozen, 9900, POLICY, freeze_lifted=True)


@pytest.mark.covers(64, 66)
def test_every_form_of_the_seeds_is_there_with_its_budget() -> None:
    assert set(POLICY.forms) == set(OfferForm)
    assert POLICY.forms[OfferForm.MEMBER_LEVEL_UP] is FormKind.GOODS


def test_a_supervisor_cannot_give_a_coupon_that_does_not_exist() -> None:
    with pytest.raises(OfferOutOfRange, match=r"¥5\.00, ¥10\.00"):
        check_offer(600, COUPON, bad_review(form=COUPON), 9900, POLICY, supervisor_decided=True)


def test_an_order_smaller_than_the_smallest_payment_gets_none() -> None:
    with pytest.raises(OfferOutOfRange):
        check_offer(5, CASH, bad_review(5), 5, POLICY)


def test_a_refund_in_part_never_gives_everything_back() -> None:
    assert bad_review(9900, OfferForm.PARTIAL_REFUND).max_fen == 9899


@pytest.mark.parametrize("amount", [0, -500])
@pytest.mark.parametrize("supervisor", [True, False])
def test_an_offer_of_nothing_is_refused(amount: int, supervisor: bool) -> None:
    with pytest.raises(OfferOutOfRange):
        check_offer(amount, CASH, bad_review(), 9900, POLICY, supervisor_decided=supervisor)


def test_more_than_the_order_is_refused() -> None:
    with pytest.raises(OfferAboveOrder):
        check_offer(600, CASH, bad_review(500), 500, POLICY)


@pytest.mark.covers(82)
def test_a_supervisor_may_go_beyond_the_range() -> None:
    with pytest.raises(OfferOutOfRange):
        check_offer(2000, CASH, bad_review(), 9900, POLICY)

    check_offer(2000, CASH, bad_review(), 9900, POLICY, supervisor_decided=True)


@pytest.mark.parametrize(("cause", "severity"), [("malicious.extortion", 1), ("quality.expired_unsafe", 4)])
def test_dangerous_and_malicious_cases_are_frozen(cause: str, severity: int) -> None:
    with pytest.raises(OfferFrozen):
        check_offer(500, CASH, bad_review(severity=severity, cause=cause), 9900, POLICY)


def test_a_suspected_blackmailer_gets_no_offer() -> None:
    with pytest.raises(OfferFrozen):
        check_offer(500, CASH, bad_review(), 9900, POLICY, malicious_block=True)


@pytest.mark.parametrize("supervisor", [True, False])
def test_amends_are_made_once_for_one_review(supervisor: bool) -> None:
    with pytest.raises(OfferMade):
        check_offer(500, CASH, bad_review(), 9900, POLICY, already_settled=True, supervisor_decided=supervisor)


def test_a_form_that_the_shop_does_not_give_is_refused() -> None:
    forms = {CASH: FormKind.CASH}
    only_cash = POLICY.model_copy(update={"forms": forms})

    with pytest.raises(FormNotOffered, match="cash_alipay"):
        offer_range(Grade.BAD, BROKEN, 2, 9900, only_cash, OfferForm.GIFT_PARCEL)
