"""Alternatives that the shop pays for: a part and never the whole, approved where needed, owed only once the buyer has
withdrawn."""

from datetime import timedelta
from typing import Any

import pytest

from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.people import Role
from domain.refund_case import agenda, amends, paying, steps
from domain.refund_case.agenda import Action
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.losses import loss_fen
from domain.refund_case.market import RefundKind
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from domain.review_case.facts import PayoutOpened, PayoutReport
from domain.review_case.state import ASK_BUYER, OfferStatus
from domain.sealed import PayeeRef
from tests.domain.refund_world import ALICE, BOB, FAY, PLAIN, START, TEXT, Market, RefundWorld

MONEY = {"alternative": "partial_refund", "form": OfferForm.CASH_ALIPAY, "amount_fen": 2000}
ACCOUNT = PayeeRef(id="payee", kind="ALIPAY_LOGON_ID")
OFFERED = PLAIN.model_copy(
    update={"alternatives": ["usage_help", "keep_with_coupon", "partial_refund"], "pays_alternatives": True}
)


def asked() -> RefundWorld:
    return RefundWorld(Market(kind=RefundKind.REFUND, handling=OFFERED)).asked()


def set_aside(world: RefundWorld, *roles: Role) -> RefundPrepared:
    """As the activity answers that has set the money aside."""
    until = world.now + timedelta(days=2)
    return RefundPrepared(policy="compensation:demo:1", need_roles=list(roles), valid_until=until, approval_until=until)


def proposed(*roles: Role, **changes: Any) -> RefundWorld:
    world = asked()
    assert world.step(ALICE, steps.Propose(**(MONEY | changes)), set_aside(world, *roles)) is None
    return world


def accepted() -> RefundWorld:
    world = proposed()
    assert world.step(ALICE, steps.AnswerProposal(accepted=True)) is None
    return world


def kept() -> RefundWorld:
    """The buyer has withdrawn for it."""
    world = accepted()
    world.market.withdraw(world.now)
    world.read()
    return world


def paid(world: RefundWorld, status: PayoutStatus = PayoutStatus.PAID, remedy: str | None = None) -> None:
    payout = world.case.payouts[-1]
    report = PayoutReport(key=payout.key, status=status, code=None, remedy=remedy, closed=False, at=world.now)
    paying.reported(world.case, report, world.now)


@pytest.mark.covers(106, 110)
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount_fen": 8900}, "AmountAbovePaid"),
        ({"form": OfferForm.COUPON_DIRECT}, "AlternativeNotOffered"),
        ({"form": OfferForm.GIFT_PARCEL}, "AlternativeNotOffered"),
        ({"amount_fen": None}, "AlternativeNotOffered"),
        ({"alternative": "usage_help"}, "AlternativeNotOffered"),
    ],
)
def test_money_beside_the_order_is_for_a_part_and_in_its_own_forms(changes: dict[str, Any], code: str) -> None:
    world = asked()
    assert world.step(ALICE, steps.Propose(**(MONEY | changes)), set_aside(world)) == code
    assert world.case.offers == []


def test_what_older_code_has_read_is_read_again_before_anything_is_paid() -> None:
    world = RefundWorld(Market(kind=RefundKind.REFUND)).asked()
    assert world.step(ALICE, steps.Propose(**MONEY), set_aside(world)) == "AlternativeNotOffered"


@pytest.mark.covers(110)
def test_nothing_is_paid_before_the_buyer_has_withdrawn_and_then_the_part_once() -> None:
    world = accepted()
    assert (stage_of(world.case), amends.ready_to_pay(world.case)) == (RefundStage.AWAITING_BUYER, False)
    assert world.step(ALICE, steps.SetPayee(payee=ACCOUNT)) is None
    world.market.withdraw(world.now)
    world.read()
    assert (world.case.outcome, stage_of(world.case)) == (RefundOutcome.KEPT, RefundStage.PAYING)
    due = agenda.next_due(world.case)
    assert due is not None
    assert due.action is Action.PAY
    paying.opened(world.case, PayoutOpened(key="K1", amount_fen=2000, gate="on_resolution"), world.now)
    assert not any(one.action is Action.CLOSE for one in agenda.agenda(world.case))
    paid(world)
    paid(world)
    assert (world.kinds.count("payout_paid"), loss_fen(world.case)) == (1, 2000)
    world.wait(minutes=1)
    assert (world.case.closed_at is not None, world.case.offers[0].status) == (True, OfferStatus.FULFILLED)


def test_whoever_accepted_and_names_no_account_is_asked_and_not_waited_for_for_ever() -> None:
    world = kept()
    assert (stage_of(world.case), owner_of(world.case)) == (RefundStage.PAYING, Owner.SERVICE)
    world.wait(days=29)
    assert world.case.closed_at is None
    due = {one.action for one in agenda.agenda(world.case)}
    assert Action.OFFER_LAPSES in due
    amends.lapsed(world.case, world.now)
    assert list(amends.to_release(world.case)) == [1]


def test_an_account_is_entered_only_where_something_goes_to_one() -> None:
    world = asked()
    assert world.step(ALICE, steps.SetPayee(payee=ACCOUNT)) == "NothingOwed"
    coupon = {"alternative": "keep_with_coupon", "form": OfferForm.COUPON_DIRECT, "amount_fen": 500}
    assert world.step(ALICE, steps.Propose(**coupon), set_aside(world)) is None
    assert world.step(ALICE, steps.SetPayee(payee=ACCOUNT)) == "NothingOwed"


def test_with_the_whole_money_back_nothing_is_owed() -> None:
    world = accepted()
    assert world.step(ALICE, steps.Agree()) is None
    assert world.step(FAY, steps.ReleaseRefund(amount_fen=8900)) is None
    world.take(agenda.Due(world.now, Action.ORDER, "1"))
    assert (world.case.outcome, world.case.offers[0].status) == (RefundOutcome.REFUNDED, OfferStatus.EXPIRED)
    assert list(amends.to_release(world.case)) == [1]


def test_an_alternative_above_the_makers_right_waits_for_another_and_is_answered_after_that() -> None:
    world = proposed(Role.SUPERVISOR)
    assert world.step(ALICE, steps.AnswerProposal(accepted=True)) == "WrongStage"
    assert world.step(ALICE, steps.Approve(offer=1, amount_fen=2000)) == "SelfApproval"
    assert world.step(FAY, steps.Approve(offer=1, amount_fen=2000)) == "NotAnApprover"
    assert world.step(BOB, steps.Approve(offer=1, amount_fen=2000)) is None
    assert world.step(ALICE, steps.AnswerProposal(accepted=True)) is None


def test_what_an_approver_refuses_ends_with_its_proposal() -> None:
    world = proposed(Role.SUPERVISOR)
    assert world.step(BOB, steps.Reject(offer=1, why=TEXT)) is None
    assert (world.case.talk.open_proposal, list(amends.to_release(world.case))) == (None, [1])
    assert world.step(ALICE, steps.Propose(alternative="usage_help")) is None


@pytest.mark.parametrize("how", ["declined", "lapsed", "taken back"])
def test_what_was_set_aside_goes_back_when_nothing_comes_of_it(how: str) -> None:
    world = proposed() if how != "taken back" else accepted()
    if how == "declined":
        world.step(ALICE, steps.AnswerProposal(accepted=False))
    elif how == "lapsed":
        amends.lapsed(world.case, START + timedelta(days=3))
    else:
        world.step(ALICE, steps.EndTrial(satisfied=False))
    assert list(amends.to_release(world.case)) == [1]
    amends.released(world.case, 1)
    assert list(amends.to_release(world.case)) == []


def test_a_wrong_account_is_asked_for_anew_and_paid_under_another_key() -> None:
    world = accepted()
    world.step(ALICE, steps.SetPayee(payee=ACCOUNT))
    world.market.withdraw(world.now)
    world.read()
    paying.opened(world.case, PayoutOpened(key="K1", amount_fen=2000, gate="g"), world.now)
    assert world.step(ALICE, steps.SetPayee(payee=ACCOUNT)) == "PayoutPending"
    paid(world, PayoutStatus.FAILED, ASK_BUYER)
    assert (owner_of(world.case), amends.ready_to_pay(world.case)) == (Owner.SERVICE, False)
    another = PayeeRef(id="another", kind="ALIPAY_LOGON_ID")
    assert world.step(ALICE, steps.SetPayee(payee=another)) is None
    assert amends.ready_to_pay(world.case)
