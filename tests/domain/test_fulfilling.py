"""Amends given by hand: by the right role, with proof, and looked at by somebody else."""

from typing import Any

import pytest

from domain.amendment import Reading
from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.gate import GateMode
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.people import TIMER, Actor, Role
from domain.platforms import AmendMode, Grade
from domain.review_case import closing, paying, progress, rules, steps
from domain.review_case.agenda import Action, agenda, ready_to_pay
from domain.review_case.facts import PayoutOpened, PayoutReport
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Amendment, OfferStatus
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, FAY, LEA, TEXT, World

WANG = Actor(person="wang", roles=frozenset({Role.WAREHOUSE}))
FILE = {"file": TEXT, "sha256": "a" * 64}


def accepted(form: OfferForm = OfferForm.PLATFORM_SMALL_PAYMENT) -> World:
    """Alice explained, offered and wrote the buyer's yes down; the review is good again."""
    world = a_plain_case()
    talk = {"result": CallResult.CONNECTED, "talk": TalkOutcome.UNDECIDED, "explained": True}
    assert world.step(ALICE, steps.LogContact(inbound=True, channel=Channel.CALL, **talk))
    assert world.step(ALICE, steps.ConfirmCause(cause="quality.broken"))
    assert world.step(ALICE, steps.MakeOffer(form=form, amount_fen=500))
    assert world.step(ALICE, steps.AnswerOffer(offer=1, accepted=True))
    world.case.amendment = Amendment(mode=AmendMode.EDIT_RESULT, at=world.now, by="machine", evidence="")
    return world


def to_give(form: OfferForm = OfferForm.PLATFORM_SMALL_PAYMENT, **more: Any) -> World:
    """The gate let it through: it waits for a hand."""
    world = accepted(form)
    found = PayoutOpened(key="key-1", amount_fen=500, give_roles=[Role.LEAD, Role.FINANCE], **more)
    paying.payout_opened(world.case, found, world.now)
    return world


def refusal(world: World, actor: Actor, step: steps.Step) -> str:
    command = steps.Command(actor=actor, step=step, digest="d", sent_at=world.now)
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, command, world.now)
    return refused.value.code


def give(**more: Any) -> steps.FulfilOffer:
    return steps.FulfilOffer(**({"offer": 1, "text": TEXT, "reference": "SP-2026-1"} | more))


def shows(*, shown: bool = True, **more: Any) -> steps.CheckFulfilment:
    return steps.CheckFulfilment(offer=1, shown=shown, **more)


@pytest.mark.covers(64, 65)
def test_what_was_given_counts_once_another_person_has_looked_at_its_proof() -> None:
    world = to_give()
    assert world.step(FAY, give())
    world.report()
    assert world.case.offers[0].status is OfferStatus.ACCEPTED
    assert world.step(LEA, shows())
    world.report()
    assert (world.case.offers[0].status, world.case.outcome) == (OfferStatus.FULFILLED, Outcome.AMENDED_PAID)


def test_what_needs_no_second_look_counts_at_once() -> None:
    world = to_give(OfferForm.MEMBER_LEVEL_UP, second_person=False)
    assert world.step(LEA, give(reference=None))
    world.report()
    assert world.case.payout is not None
    assert (world.case.payout.status, world.case.clocks.get(EscalationKind.FULFILMENT_WAITING)) == ("paid", None)


@pytest.mark.parametrize("who", [ALICE, WANG])
def test_another_role_does_not_give_it(who: Actor) -> None:
    assert refusal(to_give(), who, give()) == "NotYours"


@pytest.mark.parametrize(
    "body",
    [
        {"text": None},
        {"file": TEXT},
        {"text": None, "sha256": "a" * 64},
        {"reference": None},
    ],
)
def test_nothing_counts_as_given_without_its_whole_proof(body: dict[str, Any]) -> None:
    assert refusal(to_give(), FAY, give(**body)) == "ProofMissing"


@pytest.mark.covers(201)
@pytest.mark.parametrize(("who", "code"), [(FAY, "SecondPersonNeeded"), (WANG, "NotYours"), (ALICE, "NotYours")])
def test_who_gave_it_never_looks_at_the_proof_and_neither_does_who_may_not(who: Actor, code: str) -> None:
    world = to_give()
    assert world.step(FAY, give())
    assert refusal(world, who, shows()) == code


@pytest.mark.covers(201)
def test_the_maker_of_the_offer_never_looks_at_the_proof_whatever_else_they_are() -> None:
    world = to_give()
    assert world.step(FAY, give())
    world.case.offers[0].maker = BOB.person
    assert refusal(world, BOB, shows()) == "SecondPersonNeeded"


def test_a_proof_that_shows_nothing_is_asked_for_anew_and_never_taken_twice() -> None:
    world = to_give()
    assert world.step(FAY, give(text=None, **FILE))
    assert refusal(world, LEA, shows(shown=False)) == "ReasonMissing"
    assert world.step(LEA, shows(shown=False, why=TEXT))
    world.report()
    assert refusal(world, FAY, give(text=None, **FILE)) == "ProofMissing"
    assert world.step(FAY, give())
    assert world.case.outcome is None


def test_it_is_not_given_once_extortion_is_suspected() -> None:
    world = to_give()
    assert world.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    assert refusal(world, FAY, give()) == "MoneyFrozen"


def test_it_is_not_given_for_a_review_that_is_bad_again() -> None:
    world = to_give()
    progress.read(world.case, Reading(at=world.now, found=True, grade=Grade.BAD, other_row_readable=True), world.now)
    assert world.case.amendment is None
    assert refusal(world, FAY, give()) == "MoneyFrozen"


def test_under_the_other_gate_the_review_is_no_condition_of_giving() -> None:
    world = to_give()
    assert world.case.identity is not None
    world.case.identity.gate_mode, world.case.amendment = GateMode.ON_RESOLUTION, None
    assert world.step(FAY, give())


def test_what_is_not_given_after_all_is_cancelled_by_finance_and_nobody_gives_it_then() -> None:
    world = to_give()
    mend = steps.MendPayout(payout="key-1", action=steps.MendAction.SEND_AGAIN)
    assert refusal(world, FAY, mend) == "PayoutUnknown"
    assert world.step(FAY, mend.model_copy(update={"action": steps.MendAction.CANCEL}))
    assert refusal(world, FAY, give()) == "FulfilmentUnknown"
    world.report()
    assert world.case.offers[0].status is OfferStatus.EXPIRED


def test_what_was_given_is_not_cancelled_any_more() -> None:
    world = to_give()
    assert world.step(FAY, give())
    assert refusal(world, FAY, steps.MendPayout(payout="key-1", action=steps.MendAction.CANCEL)) == "PayoutUnknown"


def test_it_is_asked_for_beyond_the_end_of_the_case() -> None:
    world = to_give()
    closing.end(world.case, TIMER, Outcome.AMENDED_UNPAID, world.now)
    assert EscalationKind.FULFILMENT_WAITING in [due.subject for due in agenda(world.case)]
    assert world.step(FAY, give())
    assert world.step(LEA, shows())
    world.report()
    assert world.case.offers[0].status is OfferStatus.FULFILLED


@pytest.mark.covers(73)
@pytest.mark.parametrize("form", [OfferForm.GIFT_PARCEL, OfferForm.EXCHANGE_FREE])
def test_a_parcel_waits_for_its_address_and_is_given_with_its_waybill(form: OfferForm) -> None:
    world = accepted(form)
    assert not ready_to_pay(world.case)
    assert world.step(ALICE, steps.SetDelivery(to=TEXT))
    assert [due.action for due in agenda(world.case)].count(Action.PAY) == 1
    paying.payout_opened(world.case, PayoutOpened(key="k", amount_fen=500, give_roles=[Role.WAREHOUSE]), world.now)
    assert refusal(world, WANG, give(reference=None)) == "ProofMissing"
    assert world.step(WANG, give(reference="SF1234567890"))
    assert refusal(world, ALICE, steps.SetDelivery(to=TEXT)) == "WrongStage"


def test_only_the_offer_that_waits_is_given() -> None:
    assert refusal(to_give(), FAY, give(offer=2)) == "FulfilmentUnknown"
    assert refusal(accepted(), FAY, give()) == "FulfilmentUnknown"


def test_a_transfer_of_the_wallet_is_no_work_for_a_hand() -> None:
    world = accepted(OfferForm.CASH_ALIPAY)
    paying.payout_opened(world.case, PayoutOpened(key="key-1", amount_fen=500), world.now)
    paying.payout_reported(
        world.case,
        PayoutReport(key="key-1", status=PayoutStatus.UNKNOWN, at=world.now),
        world.now,
    )
    assert refusal(world, FAY, give()) == "FulfilmentUnknown"
