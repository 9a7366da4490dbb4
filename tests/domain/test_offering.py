"""An offer in its case: after an explanation that did not convince, answered once and in time, never twice."""

from datetime import timedelta
from typing import Any

import pytest

from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.errors import Refusal
from domain.people import Actor
from domain.review_case import rules, steps
from domain.review_case.explaining import explanation
from domain.review_case.facts import Prepared
from domain.review_case.state import OfferStatus
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, TEXT, World

OFFER = steps.MakeOffer(amount_fen=500)


def talked(world: World, talk: TalkOutcome | None = TalkOutcome.UNDECIDED, **more: Any) -> None:
    said: dict[str, Any] = {"inbound": True, "channel": Channel.CALL, "result": CallResult.CONNECTED, "talk": talk}
    if talk is TalkOutcome.AGREED_LATER:
        said["next_at"] = world.now + timedelta(days=1)
    assert world.step(ALICE, steps.LogContact(**(said | more)))


def offered(amount_fen: int = 500) -> World:
    world = a_plain_case()
    talked(world, explained=True)
    assert world.step(ALICE, steps.MakeOffer(amount_fen=amount_fen))
    return world


def refusal(world: World, step: steps.Step, actor: Actor = ALICE) -> str:
    command = steps.Command(actor=actor, step=step, digest="d", sent_at=world.now)
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, command, world.now)
    return refused.value.code


@pytest.mark.covers(69)
def test_the_case_shows_the_explanation_and_that_it_did_not_convince() -> None:
    world = a_plain_case()
    talked(world, TalkOutcome.CANNOT_TALK_NOW, explained=True)
    talked(world, TalkOutcome.REFUSED_POLITELY)
    assert world.step(ALICE, OFFER)
    told, made = explanation(world.case), world.case.offers[0]
    assert told is not None
    assert (told.contact, told.convinced, told.heard_in) == (1, False, 2)
    assert (made.explained_in, made.unconvinced_in) == (1, 2)
    assert world.case.unwritten[-1].facts["unconvinced_in"] == 2


@pytest.mark.covers(69)
@pytest.mark.parametrize(
    ("talk", "more", "code"),
    [
        (TalkOutcome.UNDECIDED, {}, "ExplainFirst"),
        (TalkOutcome.CANNOT_TALK_NOW, {"explained": True}, "ExplainFirst"),
        (TalkOutcome.AGREED_AMEND, {"explained": True}, "BuyerConvinced"),
        (TalkOutcome.UNDECIDED, {"explained": True, "convinced": True}, "BuyerConvinced"),
    ],
)
def test_money_is_not_for_whom_explaining_was_enough_or_not_tried(
    talk: TalkOutcome | None, more: dict[str, Any], code: str
) -> None:
    world = a_plain_case()
    talked(world, talk, **more)
    assert refusal(world, OFFER) == code


def test_what_older_code_let_somebody_explain_to_nobody_was_not_explained() -> None:
    world = a_plain_case()
    said = steps.LogContact(inbound=True, channel=Channel.CALL, result=CallResult.NO_ANSWER, explained=True)
    command = steps.Command(actor=ALICE, step=said, digest="d", sent_at=world.now)
    rules.check(world.case, command, world.now, accepted=True)
    rules.apply(world.case, command, world.now, Prepared())
    assert refusal(world, OFFER) == "ExplainFirst"


@pytest.mark.covers(60, 69)
def test_a_buyer_who_agreed_because_amends_were_talked_about_gets_the_offer() -> None:
    world = a_plain_case()
    talked(world, TalkOutcome.AGREED_AMEND, explained=True, convinced=False)
    assert world.step(ALICE, OFFER)


def test_the_last_word_counts() -> None:
    world = a_plain_case()
    talked(world, TalkOutcome.AGREED_AMEND, explained=True)
    talked(world, TalkOutcome.WANTS_REFUND)
    assert world.step(ALICE, OFFER)


def test_nobody_is_convinced_who_was_not_reached() -> None:
    step = steps.LogContact(inbound=True, channel=Channel.CALL, result=CallResult.NO_ANSWER, convinced=False)
    assert refusal(a_plain_case(), step) == "TalkMissing"


def test_an_offer_is_answered_once() -> None:
    world = offered()
    assert world.step(ALICE, steps.AnswerOffer(offer=1, accepted=False))
    assert refusal(world, steps.AnswerOffer(offer=1, accepted=True)) == "OfferUnknown"


def test_an_offer_that_has_run_out_is_not_accepted_even_before_its_timer_came() -> None:
    world = offered()
    world.now = world.case.offers[0].valid_until
    assert refusal(world, steps.AnswerOffer(offer=1, accepted=True)) == "OfferLapsed"
    assert world.step(ALICE, steps.AnswerOffer(offer=1, accepted=False))


def test_an_approval_that_comes_too_late_is_none() -> None:
    world = offered(2000)
    world.now = world.case.offers[0].valid_until
    assert refusal(world, steps.Approve(offer=1, amount_fen=2000), BOB) == "OfferLapsed"


def test_a_second_offer_needs_its_reason() -> None:
    world = offered()
    assert world.step(ALICE, steps.AnswerOffer(offer=1, accepted=False))
    assert refusal(world, OFFER) == "ReasonMissing"
    assert world.step(ALICE, OFFER.model_copy(update={"reason": TEXT}))


def test_there_is_one_open_offer_at_a_time() -> None:
    assert refusal(offered(), OFFER.model_copy(update={"reason": TEXT})) == "OfferPending"


@pytest.mark.parametrize("last", [OfferStatus.DECLINED, OfferStatus.FULFILLED])
def test_a_review_for_which_amends_were_made_gets_none_again(last: OfferStatus) -> None:
    world = offered()
    made = world.case.offers[0]
    world.case.offers = [
        made.model_copy(update={"status": OfferStatus.FULFILLED}),
        made.model_copy(update={"number": 2, "status": last}),
    ]
    assert refusal(world, OFFER.model_copy(update={"reason": TEXT})) == "OfferPending"


def test_nothing_is_offered_in_a_closed_case() -> None:
    world = offered()
    world.case.closed_at = world.now
    assert refusal(world, OFFER) == "CaseClosed"
