"""The gate and the payout in one case: what is promised is kept, and what is under way is waited for."""

from datetime import timedelta

import pytest

from domain.gate import GateMode
from domain.payouts import PayoutStatus
from domain.platforms import AmendMode
from domain.review_case import closing, paying, steps
from domain.review_case.agenda import Action, agenda, ready_to_pay
from domain.review_case.facts import PayoutOpened, PayoutReport
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Amendment, OfferStatus, ReviewCaseState
from domain.sealed import PayeeRef
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, START, TEXT, World
from tests.domain.test_resting import accepted

A_DAY = timedelta(days=1)
SHUT = PayoutOpened(missing=["acknowledgement_expired"], ours=True)


@pytest.fixture
def world() -> World:
    """Accepted, amended, and the account is known: only the gate is left."""
    one = accepted(a_plain_case())
    one.case.cause, one.case.payee = "quality.broken", PayeeRef(id="one", kind="ALIPAY_LOGON_ID")
    one.case.amendment = Amendment(mode=AmendMode.EDIT_RESULT, at=START, by="machine", evidence="")
    assert ready_to_pay(one.case)
    return one


def when(case: ReviewCaseState, action: Action) -> list[timedelta]:
    return [due.at - START for due in agenda(case) if due.action is action]


def open_gate(world: World, **more: object) -> None:
    found = PayoutOpened(key="k", amount_fen=500, gate="after_amendment", gate_facts={"mode": "after_amendment"})
    paying.payout_opened(world.case, found.model_copy(update=more), world.now)


def test_a_gate_that_only_we_hold_shut_outlasts_the_month(world: World) -> None:
    world.now = START + 40 * A_DAY
    paying.payout_opened(world.case, SHUT.model_copy(update={"again_at": world.now + A_DAY}), world.now)
    assert min(when(world.case, Action.PAY)) == 41 * A_DAY
    assert min(when(world.case, Action.END)) > 41 * A_DAY


def test_a_gate_that_the_case_itself_holds_shut_ends_with_the_month(world: World) -> None:
    world.now = START + 40 * A_DAY
    paying.payout_opened(world.case, PayoutOpened(missing=["reservation"]), world.now)
    assert min(when(world.case, Action.END)) < 30 * A_DAY


def test_a_changed_gate_is_asked_at_once(world: World) -> None:
    paying.payout_opened(world.case, SHUT, world.now)
    paying.gate_changed(world.case, GateMode.AFTER_AMENDMENT, world.now + timedelta(minutes=5))
    assert when(world.case, Action.PAY) == [world.now + timedelta(minutes=5) - START]


def test_a_case_follows_its_shop_to_on_resolution_and_needs_no_amendment_any_more(world: World) -> None:
    world.case.amendment = None
    assert not ready_to_pay(world.case)
    paying.gate_changed(world.case, GateMode.ON_RESOLUTION, world.now)
    assert ready_to_pay(world.case)
    paying.gate_changed(world.case, GateMode.AFTER_AMENDMENT, world.now)
    assert ready_to_pay(world.case), "what was promised is not made harder"


@pytest.mark.covers(200)
def test_a_transfer_under_way_at_the_month_s_end_is_waited_for(world: World) -> None:
    open_gate(world)
    world.now = START + 31 * A_DAY
    assert when(world.case, Action.END) == []
    report = PayoutReport(key="k", status=PayoutStatus.PAID, at=world.now)
    paying.payout_reported(world.case, report, world.now)
    assert (world.case.outcome, world.case.offers[0].status) == (Outcome.AMENDED_PAID, OfferStatus.FULFILLED)


def test_the_record_says_which_gate_opened_and_what_it_rested_on(world: World) -> None:
    open_gate(world)
    event = world.case.unwritten[-1]
    assert (event.kind, event.facts["gate"], event.facts["gate_facts"]) == (
        "payout_started",
        "after_amendment",
        {"mode": "after_amendment"},
    )


@pytest.mark.covers(68)
def test_a_case_that_ended_while_its_gate_was_asked_starts_no_payout(world: World) -> None:
    closing.end(world.case, BOB, Outcome.WITHDRAWN, world.now)
    open_gate(world)
    assert (world.case.payouts, paying.begun(world.case, "k")) == ([], False)


def test_nor_does_one_that_came_under_suspicion_and_once_that_is_cleared_the_same_number_is_used(world: World) -> None:
    assert world.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    open_gate(world)
    assert not paying.begun(world.case, "k")
    assert when(world.case, Action.PAY) == []
    assert world.step(BOB, steps.DecideMalicious(malicious=False, why=TEXT))
    assert when(world.case, Action.PAY) != []
    open_gate(world)
    assert paying.begun(world.case, "k")
