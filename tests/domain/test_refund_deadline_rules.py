"""What holds for every refund case, whatever people, buyers, marketplaces and late messages do, in any order."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.policies.refund_rules import RefundStatus
from domain.refund_case import agenda, steps
from domain.refund_case.market import Handling, RefundKind
from domain.refund_case.orders import MarketAction
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from tests.domain.refund_world import ALICE, ANN, BOB, FAY, PARCEL, PLAIN, TEXT, WAN, Market, RefundWorld

PEOPLE = st.sampled_from([ALICE, ANN, BOB, FAY, WAN])
A_STEP = st.one_of(
    st.builds(steps.RecordReason, cause=st.just("quality.broken")),
    st.builds(steps.Explain, about=st.just(["usage"])),
    st.builds(steps.Propose, alternative=st.just("usage_help")),
    st.builds(steps.AnswerProposal, accepted=st.booleans()),
    st.builds(steps.EndTrial, satisfied=st.booleans()),
    st.builds(steps.Agree),
    st.builds(steps.Refuse, message=st.just(TEXT)),
    st.builds(steps.LetPass, why=st.just(TEXT)),
    st.builds(steps.ReleaseRefund, amount_fen=st.sampled_from([8900, 3000])),
    st.builds(steps.ReceiveParcel, parcel=st.just(PARCEL)),
    st.builds(steps.Inspect, result=st.sampled_from(["intact", "empty_parcel", "undecided"]), good=st.just(1)),
    st.builds(steps.FlagAbuse, why=st.just(TEXT)),
    st.builds(steps.RefundAtLoss, amount_fen=st.sampled_from([8900, 3000]), why=st.just(TEXT)),
    st.builds(steps.AskPlatform, what=st.just(TEXT)),
    st.builds(steps.AnswerRefusal, accepted=st.booleans()),
    st.builds(steps.WriteToBuyer, words=st.just(TEXT), photo=st.just("photo")),
    st.builds(steps.Hold, why=st.just(TEXT)),
    st.builds(steps.Resume),
    st.builds(steps.CheckRefund),
)
A_MOVE = st.one_of(
    st.tuples(st.just("step"), PEOPLE, A_STEP),
    st.tuples(st.just("wait"), st.integers(0, 120)),
    st.tuples(st.just("push")),
    st.tuples(st.just("late"), st.integers(0, 50)),
    st.tuples(st.just("ship")),
    st.tuples(st.just("chat")),
    st.tuples(st.just("change"), st.sampled_from([8900, 3000])),
    st.tuples(st.just("withdraw")),
    st.tuples(st.just("intervene")),
    st.tuples(st.just("rule")),
    st.tuples(st.just("down"), st.booleans()),
)
HANDLINGS = st.builds(
    Handling,
    executed_by=st.sampled_from(["finance", "service"]),
    inspected_by=st.sampled_from(["warehouse", "service"]),
    safe_asked=st.sampled_from(["agree", "let_pass"]),
    safe_returned=st.sampled_from(["refund", "let_pass"]),
    safe_up_to_fen=st.sampled_from([0, 5000, 10_000]),
    alternatives=st.just(["usage_help"]),
)
MARKETS = st.builds(
    Market,
    kind=st.sampled_from([RefundKind.REFUND, RefundKind.RETURN]),
    handling=HANDLINGS,
    cannot_refuse=st.booleans(),
)
thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def play(world: RefundWorld, moves: list[tuple[Any, ...]]) -> None:
    for move in moves:
        match move:
            case ("step", actor, step):
                world.step(actor, step)
            case ("wait", hours):
                world.wait(hours=hours)
            case ("push",):
                world.read()
            case ("late", which):
                world.late_reading(which)
            case ("change", fen):
                world.market.change(fen, world.now)
            case ("down", down):
                world.down = down
            case (name,):
                getattr(world.market, name)(world.now)
            case _:
                raise AssertionError(move)
    world.down = False
    world.market.rule(world.now, for_buyer=False)
    world.wait(days=60)


def answers_to(world: RefundWorld, at: datetime) -> list[str]:
    """What the record says was done about a deadline, by when the marketplace acted."""
    moment = at.isoformat()
    about = [e for e in world.case.unwritten if e.facts.get("at") == moment]
    started = next((e.seq for e in about if e.kind == "deadline_set"), None)
    decided = [e.kind for e in about if e.kind in {"deadline_let_pass", "deadline_not_reached"}]
    placed = [e.kind for e in world.case.unwritten if e.kind == "order_placed" and started and e.seq > started]
    return decided + placed if started else ["never heard of it"]


@pytest.mark.covers(98, 209)
@thorough
@given(MARKETS, st.lists(A_MOVE, max_size=25))
def test_no_deadline_passes_without_our_action_or_a_recorded_decision(
    market: Market, moves: list[tuple[Any, ...]]
) -> None:
    world = RefundWorld(market)
    play(world, moves)
    for deadline in market.acted:
        assert answers_to(world, deadline.at), f"{deadline} passed in silence"


@pytest.mark.covers(209)
@thorough
@given(MARKETS, st.lists(A_MOVE, max_size=25))
def test_every_case_ends_as_the_marketplace_says(market: Market, moves: list[tuple[Any, ...]]) -> None:
    world = RefundWorld(market)
    play(world, moves)
    case = world.case
    if case.held is None and stage_of(case) is not RefundStage.INSPECTING:
        assert case.closed_at is not None, f"still {stage_of(case)}: {agenda.agenda(case)}"
    assert case.outcome is not None
    assert case.reading.status is market.status
    assert (case.refunded_fen > 0) == (market.status is RefundStatus.SUCCEEDED)


@pytest.mark.covers(209)
@thorough
@given(MARKETS, st.lists(A_MOVE, max_size=25))
def test_nothing_is_ever_refused_by_a_rule_and_rules_act_half_an_hour_before_the_marketplace(
    market: Market, moves: list[tuple[Any, ...]]
) -> None:
    world = RefundWorld(market)
    play(world, moves)
    by_rule = [order for order in world.case.orders if not order.by]
    assert MarketAction.REFUSE not in {order.action for order in by_rule}
    for order in by_rule:
        assert order.amount_fen <= market.handling.safe_up_to_fen
    if "deadline_not_reached" not in world.kinds:
        ends = {e.facts["at"]: e.facts for e in world.case.unwritten if e.kind == "deadline_set"}
        for event in world.case.unwritten:
            if event.kind == "deadline_let_pass" and event.actor_kind == "timer":
                at = datetime.fromisoformat(event.facts["at"])
                assert at - event.at >= timedelta(minutes=30), (event, ends)


@pytest.mark.covers(111)
@thorough
@given(MARKETS, st.lists(A_MOVE, max_size=25))
def test_no_desk_gets_a_stage_back_that_it_has_left_unless_the_marketplace_moved(
    market: Market, moves: list[tuple[Any, ...]]
) -> None:
    """Service talks, the warehouse looks, finance pays: nobody's step sends a case back."""
    world, left = RefundWorld(market), set[RefundStage]()
    talking = {RefundStage.ASKING, RefundStage.TRYING, RefundStage.AWAITING_BUYER, RefundStage.DECIDING}
    for move in moves:
        before, status = stage_of(world.case), world.case.market
        play_one(world, move)
        after = stage_of(world.case)
        if world.case.market != status:
            left.clear()
        elif after is not before and owner_of(world.case) in {Owner.SERVICE, Owner.WAREHOUSE, Owner.FINANCE}:
            assert after in talking or after not in left, f"{before} went back to {after} by {move}"
            left.add(before)


def play_one(world: RefundWorld, move: tuple[Any, ...]) -> None:
    if move[0] == "step":
        world.step(move[1], move[2])


@thorough
@given(MARKETS, st.lists(A_MOVE, max_size=25))
@example(Market(), [("wait", 4 * 24 + 1), ("push",), ("push",)])
def test_a_deadline_is_warned_of_once_at_each_hour(market: Market, moves: list[tuple[Any, ...]]) -> None:
    world = RefundWorld(market)
    play(world, moves)
    warnings = [(e.facts["at"], e.facts["hours"]) for e in world.case.unwritten if e.kind == "deadline_warned"]
    assert len(warnings) == len(set(warnings))


@pytest.mark.covers(209)
def test_an_unanswered_application_warns_up_the_ladder_and_is_let_pass_on_record() -> None:
    world = RefundWorld()
    world.wait(days=5, minutes=5)
    events = [e for e in world.case.unwritten if e.kind.startswith("deadline_")]
    said = [(e.kind, e.facts.get("role")) for e in events[:5]]
    assert said == [
        ("deadline_set", None),
        ("deadline_warned", "agent"),
        ("deadline_warned", "lead"),
        ("deadline_warned", "supervisor"),
        ("deadline_let_pass", None),
    ]
    assert events[4].facts["reason"] == "the shop has set no rule"
    assert world.market.status is RefundStatus.RETURNING, "the marketplace agreed by itself"


@pytest.mark.covers(209)
def test_the_shops_rule_agrees_in_time_and_pays_back_what_came_back_in_order() -> None:
    rule = PLAIN.model_copy(update={"safe_asked": "agree", "safe_returned": "refund", "safe_up_to_fen": 10_000})
    world = RefundWorld(Market(handling=rule))
    world.wait(days=4, hours=23, minutes=30)
    assert world.market.status is RefundStatus.RETURNING
    world.market.ship(world.now)
    world.read()
    world.step(WAN, steps.ReceiveParcel(parcel=PARCEL))
    world.step(WAN, steps.Inspect(result="intact", good=2))
    world.wait(days=9, hours=23, minutes=30)
    assert (world.market.status, world.market.acted) == (RefundStatus.SUCCEEDED, [])


def test_an_empty_parcel_is_never_paid_by_a_rule() -> None:
    rule = PLAIN.model_copy(update={"safe_asked": "agree", "safe_returned": "refund", "safe_up_to_fen": 10_000})
    world = RefundWorld(Market(handling=rule)).inspected("empty_parcel")
    world.wait(days=10)
    assert not any(order.action is MarketAction.REFUND for order in world.case.orders)
    assert any("needs a person" in str(e.facts.get("reason")) for e in world.case.unwritten)


def test_a_marketplace_that_is_away_when_it_is_time_is_tried_until_it_answers() -> None:
    rule = PLAIN.model_copy(update={"safe_asked": "agree", "safe_up_to_fen": 10_000})
    world = RefundWorld(Market(handling=rule))
    world.wait(days=4, hours=23)
    world.down = True
    world.wait(minutes=40)
    world.down = False
    world.wait(minutes=15)
    assert "deadline_not_reached" in world.kinds
    assert (world.market.status, world.market.acted) == (RefundStatus.RETURNING, [])


def test_a_marketplace_that_ignores_its_own_deadline_is_named() -> None:
    world = RefundWorld()
    frozen = world.market.reading(world.now)
    world.market.reading = lambda now: frozen.model_copy(update={"at": now})  # type: ignore[method-assign]
    world.wait(days=5, hours=1)
    assert "deadline_ignored" in world.kinds
