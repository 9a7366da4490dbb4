"""The refund case stage by stage: who owns it, what they may do, and what follows."""

from datetime import timedelta

import pytest

from domain.contact_terms import Channel
from domain.people import Actor
from domain.policies.refund_rules import RefundStatus
from domain.refund_case import calls, rules, steps
from domain.refund_case.agenda import due_for_people
from domain.refund_case.market import Handling, Intervention, RefundKind
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.refusals import WrongStage
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from domain.review_case.facts import Planned
from tests.domain.refund_world import (
    ADA,
    ALICE,
    ANN,
    BOB,
    FAY,
    PLAIN,
    START,
    TEXT,
    WAN,
    Market,
    RefundWorld,
)


def stands(world: RefundWorld) -> tuple[RefundStage, Owner]:
    return stage_of(world.case), owner_of(world.case)


def refund_only(**handling: object) -> RefundWorld:
    return RefundWorld(Market(kind=RefundKind.REFUND, handling=PLAIN.model_copy(update=handling)))


@pytest.mark.covers(94, 96, 112, 113, 116)
def test_a_return_goes_from_service_to_the_buyer_the_warehouse_and_finance_and_is_paid_back() -> None:
    world = RefundWorld()
    seen = [stands(world)]
    for go in (world.asked, world.agreed, world.shipped, world.received, world.inspected):
        world = RefundWorld()
        world = getattr(world, go.__name__)()
        seen.append(stands(world))
    assert seen == [
        (RefundStage.ASKING, Owner.SERVICE),
        (RefundStage.DECIDING, Owner.SERVICE),
        (RefundStage.AWAITING_RETURN, Owner.BUYER),
        (RefundStage.IN_TRANSIT, Owner.COURIER),
        (RefundStage.INSPECTING, Owner.WAREHOUSE),
        (RefundStage.RELEASING, Owner.FINANCE),
    ]
    assert world.step(FAY, steps.ReleaseRefund(amount_fen=8900)) is None
    world.wait(minutes=1)
    assert (world.case.outcome, world.case.refunded_fen) == (RefundOutcome.REFUNDED, 8900)
    assert (world.market.status, world.case.closed_at is not None) == (RefundStatus.SUCCEEDED, True)


def test_a_call_begun_too_early_hears_when_and_why_it_is_due_and_what_to_do_until_then() -> None:
    world = RefundWorld()
    world.wait(minutes=1)
    world.case.calls.planned_by_desk = True
    assert "No call is planned now." in told(world)
    due = world.now + timedelta(hours=2)
    plan = Planned(due_at=due, slot_ends_at=due + timedelta(hours=1), channel=Channel.CALL, why="Lunch.")
    calls.planned(world.case, plan, world.now)
    assert all(part in told(world) for part in (due.isoformat(), "Lunch. Begin it then", "inbound"))


def told(world: RefundWorld) -> str:
    with pytest.raises(WrongStage) as refused:
        calls.may_begin(world.case, ALICE)
    return refused.value.message


@pytest.mark.covers(104, 105)
def test_nothing_is_decided_before_the_buyer_was_asked() -> None:
    world = RefundWorld()
    world.wait(minutes=1)
    assert world.step(ALICE, steps.Agree()) == "AskFirst"
    assert world.step(ALICE, steps.Refuse(message=TEXT)) == "AskFirst"
    assert world.step(ALICE, steps.Propose(alternative="usage_help")) == "WrongStage"
    world.asked()
    assert world.step(ALICE, steps.Agree()) is None


@pytest.mark.covers(113, 201)
def test_money_only_is_released_by_finance_or_at_once_by_service_as_the_shop_has_it() -> None:
    finance, service = refund_only().asked(), refund_only(executed_by="service").asked()
    for world in (finance, service):
        assert world.step(ALICE, steps.Agree()) is None
        world.wait(minutes=1)
    assert stands(finance) == (RefundStage.RELEASING, Owner.FINANCE)
    assert finance.step(ALICE, steps.ReleaseRefund(amount_fen=8900)) == "NotYours"
    assert service.case.outcome is RefundOutcome.REFUNDED


@pytest.mark.covers(201)
def test_whoever_agreed_does_not_release_the_money_as_well() -> None:
    world = refund_only().asked()
    assert world.step(BOB, steps.Agree()) is None
    assert world.step(BOB, steps.ReleaseRefund(amount_fen=8900)) == "NotYours"
    assert world.step(FAY, steps.ReleaseRefund(amount_fen=8900)) is None


def test_an_amount_that_was_not_asked_for_or_was_never_paid_is_not_released() -> None:
    world = refund_only().asked()
    world.step(ALICE, steps.Agree())
    assert world.step(FAY, steps.ReleaseRefund(amount_fen=8800)) == "AmountNotAsked"
    assert world.step(FAY, steps.ReleaseRefund(amount_fen=9000)) == "AmountAbovePaid"


@pytest.mark.covers(108)
def test_a_buyer_tries_first_and_anybody_of_the_desk_takes_it_up_again() -> None:
    world = RefundWorld().asked()
    assert world.step(ALICE, steps.TryFirst(until=world.now + timedelta(days=8))) == "BadTime"
    assert world.step(ALICE, steps.TryFirst(until=world.now + timedelta(days=2))) is None
    assert stands(world) == (RefundStage.TRYING, Owner.BUYER)
    assert world.step(ANN, steps.EndTrial(satisfied=False)) is None
    assert stands(world) == (RefundStage.DECIDING, Owner.SERVICE)


@pytest.mark.covers(108)
def test_a_trial_of_which_nobody_hears_comes_back_by_itself() -> None:
    world = RefundWorld().asked()
    world.step(ALICE, steps.TryFirst(until=world.now + timedelta(days=2)))
    world.wait(days=2, minutes=1)
    assert stage_of(world.case) is RefundStage.DECIDING


@pytest.mark.covers(109)
@pytest.mark.parametrize("how", ["trial", "proposal"])
def test_a_buyer_who_keeps_the_goods_withdraws_and_the_case_says_so(how: str) -> None:
    world = RefundWorld().asked()
    if how == "trial":
        world.step(ALICE, steps.TryFirst(until=world.now + timedelta(days=2)))
        world.step(ALICE, steps.EndTrial(satisfied=True))
    else:
        world.step(ALICE, steps.Propose(alternative="usage_help"))
        world.step(ALICE, steps.AnswerProposal(accepted=True))
    assert stands(world) == (RefundStage.AWAITING_BUYER, Owner.BUYER)
    world.market.withdraw(world.now)
    world.read()
    assert world.case.outcome is RefundOutcome.KEPT


@pytest.mark.covers(103)
def test_only_the_shops_own_alternatives_are_proposed_one_at_a_time_and_below_the_whole() -> None:
    world = RefundWorld().asked()
    assert world.step(ALICE, steps.Propose(alternative="exchange")) == "AlternativeNotOffered"
    assert world.step(ALICE, steps.Propose(alternative="partial_refund", amount_fen=8900)) == "AmountAbovePaid"
    assert world.step(ALICE, steps.Propose(alternative="partial_refund", amount_fen=2000)) is None
    assert world.step(ALICE, steps.Propose(alternative="usage_help")) == "ProposalPending"


def test_a_refusal_stands_when_the_buyer_lets_it() -> None:
    world = RefundWorld().asked()
    assert world.step(ALICE, steps.Refuse(message=TEXT)) is None
    world.wait(minutes=1)
    assert stands(world) == (RefundStage.REFUSED, Owner.BUYER)
    world.wait(days=8)
    assert world.case.outcome is RefundOutcome.REFUSED


def test_what_the_marketplace_lets_nobody_refuse_is_not_refused() -> None:
    world = RefundWorld(Market(cannot_refuse=True)).asked()
    assert world.step(ALICE, steps.Refuse(message=TEXT)) == "CannotRefuse"


def test_a_refused_buyer_who_asks_for_less_is_answered_anew() -> None:
    world = RefundWorld().asked()
    world.step(ALICE, steps.Refuse(message=TEXT))
    world.wait(minutes=1)
    world.market.change(3000, world.now)
    world.read()
    assert (stage_of(world.case), world.case.reading.amount_fen) == (RefundStage.DECIDING, 3000)


@pytest.mark.covers(111, 112)
@pytest.mark.parametrize(
    ("result", "stage", "owner"),
    [
        ("intact", RefundStage.RELEASING, Owner.FINANCE),
        ("worn_or_damaged_by_buyer", RefundStage.DISPUTING, Owner.SERVICE),
        ("undecided", RefundStage.SECOND_LOOK, Owner.LEAD),
    ],
)
def test_what_was_found_says_who_moves_next(result: str, stage: RefundStage, owner: Owner) -> None:
    assert stands(RefundWorld().inspected(result)) == (stage, owner)


def test_goods_are_inspected_once_and_looked_at_again_only_by_somebody_else() -> None:
    world = RefundWorld().inspected()
    assert world.step(WAN, steps.Inspect(result="intact", good=1)) == "InspectedAlready"
    world = RefundWorld().inspected("undecided")
    assert world.step(WAN, steps.Inspect(result="intact", good=1)) == "NotYours"
    assert world.step(BOB, steps.Inspect(result="intact", good=1)) is None
    assert stage_of(world.case) is RefundStage.RELEASING


def test_no_more_pieces_are_found_than_the_application_is_about() -> None:
    world = RefundWorld().received()
    assert world.step(WAN, steps.Inspect(result="intact", good=2, wrong=1)) == "TooManyPieces"


def test_a_dispute_ends_with_a_refusal_or_with_taking_the_goods_as_they_are() -> None:
    refused, taken = RefundWorld().inspected("empty_parcel"), RefundWorld().inspected("missing_parts")
    assert refused.step(ALICE, steps.Refuse(message=TEXT, proof="photo")) is None
    refused.wait(minutes=1)
    assert refused.market.status is RefundStatus.REFUSED
    assert taken.step(ALICE, steps.Agree()) is None
    assert stands(taken) == (RefundStage.RELEASING, Owner.FINANCE)


@pytest.mark.covers(98)
def test_money_that_the_marketplace_let_go_by_itself_is_told_apart_and_the_goods_are_still_looked_at() -> None:
    world = RefundWorld().received()
    world.wait(days=11)
    assert world.case.outcome is RefundOutcome.REFUNDED_BY_PLATFORM
    assert stands(world) == (RefundStage.INSPECTING, Owner.WAREHOUSE)
    assert world.step(WAN, steps.Inspect(result="intact", good=1)) is None
    world.wait(minutes=1)
    assert world.case.closed_at is not None


def test_each_move_of_an_application_names_who_moved_it() -> None:
    """Ours is what our order did, and nothing that came after it."""
    world = RefundWorld().inspected()
    assert world.step(FAY, steps.ReleaseRefund(amount_fen=8900)) is None
    world.wait(minutes=1)
    moves = [event.facts for event in world.case.unwritten if event.kind == "status_changed"]
    assert [(move["status"], move["by"]) for move in moves] == [
        (RefundStatus.RETURNING, "us"),
        (RefundStatus.RETURNED, "others"),
        (RefundStatus.SUCCEEDED, "us"),
    ]


def test_goods_that_never_come_are_waited_for_and_then_given_up() -> None:
    world = RefundWorld().shipped()
    world.wait(days=11)
    assert stands(world) == (RefundStage.AWAITING_GOODS, Owner.COURIER)
    world.wait(days=16)
    assert (world.case.closed_at is not None, "goods_given_up" in world.kinds) == (True, True)


def test_a_buyer_who_never_sends_the_goods_loses_the_claim() -> None:
    world = RefundWorld().agreed()
    world.wait(days=8)
    assert world.case.outcome is RefundOutcome.LAPSED


@pytest.mark.parametrize(
    ("ruling", "status", "outcome"),
    [
        (Intervention.FOR_BUYER, RefundStatus.SUCCEEDED, RefundOutcome.RULED_FOR_BUYER),
        (Intervention.FOR_SELLER, RefundStatus.CLOSED, RefundOutcome.RULED_FOR_SELLER),
    ],
)
def test_while_the_marketplace_rules_nobody_decides_and_its_ruling_ends_the_case(
    ruling: Intervention, status: RefundStatus, outcome: RefundOutcome
) -> None:
    world = RefundWorld().asked()
    world.market.intervention = Intervention.STEPPED_IN
    world.market.chat(world.now)
    world.read()
    assert stands(world) == (RefundStage.INTERVENED, Owner.SUPERVISOR)
    assert world.step(ALICE, steps.Agree()) == "PlatformRules"
    world.market.intervention = ruling
    world.market.move(status, world.now)
    world.read()
    assert world.case.outcome is outcome


def test_an_agreed_refund_that_the_buyer_withdrew_meanwhile_is_not_paid() -> None:
    world = refund_only().asked()
    world.step(ALICE, steps.Agree())
    world.market.withdraw(world.now)
    assert world.step(FAY, steps.ReleaseRefund(amount_fen=8900)) is None
    world.wait(minutes=1)
    assert (world.case.outcome, world.market.status) == (RefundOutcome.WITHDRAWN, RefundStatus.CLOSED)


def test_an_order_outlives_a_message_of_the_buyer_and_not_another_sum() -> None:
    chatted, changed = refund_only(executed_by="service").asked(), refund_only(executed_by="service").asked()
    for world in (chatted, changed):
        world.step(ALICE, steps.Agree())
    chatted.market.chat(START)
    changed.market.change(100, START)
    chatted.wait(minutes=1)
    changed.wait(minutes=1)
    assert chatted.case.outcome is RefundOutcome.REFUNDED
    assert (changed.case.outcome, changed.market.status) == (None, RefundStatus.ASKED)
    assert "order_void" in changed.kinds


def test_an_older_answer_changes_nothing() -> None:
    world = RefundWorld().shipped()
    before = world.case.view()
    world.late_reading(0)
    assert world.case.view() == before


@pytest.mark.parametrize("actor", [ADA, WAN, FAY])
def test_whoever_is_not_of_the_desk_does_not_answer_for_the_shop(actor: Actor) -> None:
    world = RefundWorld().asked()
    assert not {"agree", "refuse", "propose"} & set(rules.allowed_steps(world.case, actor, world.now))


def test_without_a_machine_a_person_does_it_by_hand_and_says_so() -> None:
    by_hand = Handling(executed_by="service", inspected_by="service", by_machine=False)
    world = RefundWorld(Market(handling=by_hand)).asked()
    assert world.step(ALICE, steps.Agree()) is None
    assert stands(world) == (RefundStage.BY_HAND, Owner.SERVICE)
    assert world.step(ALICE, steps.ConfirmDone(proof=TEXT)) is None
    assert stands(world) == (RefundStage.AWAITING_RETURN, Owner.BUYER)


@pytest.mark.covers(112)
def test_a_second_look_is_due_within_a_day() -> None:
    world = RefundWorld().inspected("undecided")
    due = due_for_people(world.case)
    assert due is not None
    assert due.at - world.now == timedelta(hours=24)


def test_a_case_ranks_by_what_it_waits_for_and_not_by_its_opening() -> None:
    world = RefundWorld().asked()
    due = due_for_people(world.case)
    assert due is not None
    assert due.at == world.case.stage_since
    assert due.at > START
