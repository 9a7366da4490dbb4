"""What people may do about a transfer that failed, and about one that nobody knows about."""

from typing import Any

import pytest

from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.people import PLATFORM, Actor
from domain.review_case import closing, paying, steps
from domain.review_case.agenda import Action, agenda, ready_to_pay
from domain.review_case.facts import PayoutReport
from domain.review_case.outcomes import Outcome
from domain.review_case.refusals import MoneyFrozen
from domain.review_case.rules import check
from domain.review_case.state import Amendment, Offer, OfferStatus, PayoutRef, ReviewCaseState
from domain.review_case.steps import DecidePayout, MendAction, MendPayout
from domain.sealed import PayeeRef
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, FAY, START, TEXT, World


@pytest.fixture
def world() -> World:
    """Bob offered by Alipay, the buyer accepted and amended, and the transfer is on its way."""
    world = a_plain_case()
    case = world.case
    offer = Offer(
        number=1, form=OfferForm.CASH_ALIPAY, amount_fen=500, maker=BOB.person, at=START, valid_until=START,
        status=OfferStatus.ACCEPTED,
    )  # fmt: skip
    case.offers.append(offer)
    case.cause = "quality.broken"
    case.amendment = Amendment(mode="edit_result", at=START, by="machine", evidence="")
    case.payee = PayeeRef(id="one", kind="ALIPAY_LOGON_ID")
    case.payouts.append(
        PayoutRef(key="key-1", offer=1, amount_fen=500, payee="one", status=PayoutStatus.SENDING, at=START)
    )
    return world


def told(case: ReviewCaseState, status: PayoutStatus, **more: Any) -> None:
    report = PayoutReport(key="key-1", status=status, at=START, **{"code": "X", **more})
    paying.payout_reported(case, report, START)


def refusal(world: World, actor: Actor, step: steps.Step) -> str:
    command = steps.Command(actor=actor, step=step, digest="d", sent_at=START)
    with pytest.raises(Refusal) as refused:
        check(world.case, command, START)
    return refused.value.code


def mend(action: MendAction) -> MendPayout:
    return MendPayout(payout="key-1", action=action)


WORD = DecidePayout(payout="key-1", paid=True, reference="1330", why=TEXT)


@pytest.mark.parametrize("action", [MendAction.SEND_AGAIN, MendAction.CANCEL, MendAction.PAY_ANEW])
def test_while_nobody_knows_a_transfer_is_only_asked_about(world: World, action: MendAction) -> None:
    told(world.case, PayoutStatus.UNKNOWN)
    assert refusal(world, FAY, mend(action)) == "PayoutMoveWrong"
    assert world.step(FAY, mend(MendAction.ASK_NOW))


def test_a_number_that_can_still_be_paid_gets_no_second_one(world: World) -> None:
    told(world.case, PayoutStatus.FAILED, remedy="fix_and_retry")
    assert refusal(world, FAY, mend(MendAction.PAY_ANEW)) == "PayoutMoveWrong"
    assert world.step(FAY, mend(MendAction.SEND_AGAIN))
    assert not ready_to_pay(world.case)


def test_a_number_that_is_used_up_is_not_sent_again(world: World) -> None:
    told(world.case, PayoutStatus.FAILED, remedy="stop_and_alarm", closed=True)
    assert refusal(world, FAY, mend(MendAction.SEND_AGAIN)) == "PayoutMoveWrong"
    assert world.step(FAY, mend(MendAction.PAY_ANEW))
    assert ready_to_pay(world.case)


@pytest.mark.covers(70, 201)
def test_only_money_people_mend_and_only_others_than_maker_and_agent_give_their_word(world: World) -> None:
    told(world.case, PayoutStatus.UNKNOWN, person=True)
    assert refusal(world, ALICE, mend(MendAction.ASK_NOW)) == "NotYours"
    assert refusal(world, BOB, WORD) == "SecondPersonNeeded"
    assert world.step(FAY, WORD)


def test_a_person_gives_no_word_before_asking_had_its_time(world: World) -> None:
    told(world.case, PayoutStatus.UNKNOWN)
    assert refusal(world, FAY, WORD) == "PayoutUnknown"
    assert EscalationKind.PAYOUT_STUCK not in world.case.clocks


def test_after_that_time_it_is_somebodys_to_do_with_all_that_is_known(world: World) -> None:
    told(world.case, PayoutStatus.UNKNOWN, person=True, sends=2, queries=6, sent_at=START)
    assert EscalationKind.PAYOUT_STUCK in world.case.clocks
    facts = world.case.unwritten[-1].facts
    assert (facts["payout"], facts["sends"], facts["queries"], facts["code"]) == ("key-1", 2, 6, "X")


def test_what_was_paid_by_somebodys_word_names_the_wallets_number(world: World) -> None:
    told(world.case, PayoutStatus.UNKNOWN, person=True)
    nameless = DecidePayout(payout="key-1", paid=True, reference=" ", why=TEXT)
    assert refusal(world, FAY, nameless) == "ReferenceMissing"


def test_an_account_of_another_wallet_is_refused_while_an_offer_lives(world: World) -> None:
    told(world.case, PayoutStatus.FAILED, remedy="ask_buyer")
    elsewhere = steps.SetPayee(payee=PayeeRef(id="two", kind="WECHAT_OPENID"))
    assert refusal(world, ALICE, elsewhere) == "PayeeUnfit"
    assert world.step(ALICE, steps.SetPayee(payee=PayeeRef(id="two", kind="ALIPAY_USER_ID")))
    assert ready_to_pay(world.case)


@pytest.mark.covers(68)
def test_a_failed_transfer_is_not_sent_again_while_a_supervisor_has_to_decide_about_extortion(world: World) -> None:
    told(world.case, PayoutStatus.FAILED, remedy="fix_and_retry")
    assert world.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    assert refusal(world, FAY, mend(MendAction.SEND_AGAIN)) == "MoneyFrozen"
    assert world.step(BOB, steps.DecideMalicious(malicious=False, why=TEXT))
    assert world.step(FAY, mend(MendAction.SEND_AGAIN))


def test_nor_once_the_amendment_was_taken_back_but_it_may_be_cancelled(world: World) -> None:
    told(world.case, PayoutStatus.FAILED, remedy="fix_and_retry")
    world.case.amendment = None
    assert refusal(world, FAY, mend(MendAction.SEND_AGAIN)) == "MoneyFrozen"
    assert world.step(FAY, mend(MendAction.CANCEL))


def test_nor_when_that_came_about_while_the_step_waited_for_its_turn(world: World) -> None:
    """An accepted step waits while another one is carried out, which may be the one that freezes the money."""
    told(world.case, PayoutStatus.FAILED, remedy="fix_and_retry")
    command = steps.Command(actor=FAY, step=mend(MendAction.SEND_AGAIN), digest="d", sent_at=START)
    check(world.case, command, START)
    assert world.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    with pytest.raises(MoneyFrozen):
        check(world.case, command, START, accepted=True)
    world.case.edition = 0
    check(world.case, command, START, accepted=True)


def test_a_failed_transfer_of_a_review_that_the_marketplace_removed_is_still_asked_about(world: World) -> None:
    told(world.case, PayoutStatus.FAILED, remedy="fix_and_retry")
    closing.end(world.case, PLATFORM, Outcome.REMOVED, START)
    stuck = [due for due in agenda(world.case) if due.subject == EscalationKind.PAYOUT_STUCK]
    assert [due.action for due in stuck] == [Action.RECKON]
