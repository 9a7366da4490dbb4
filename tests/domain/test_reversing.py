"""Paid and bad again: recorded, counted once, shown to later offers, and never chased."""

from datetime import datetime, timedelta

import pytest

from domain.amendment import Reading
from domain.contact_terms import CallResult, Channel
from domain.payouts import PayoutStatus
from domain.platforms import AmendMode, Grade
from domain.review_case import paying, progress, reversing, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.facts import Opened, PayoutOpened, PayoutReport
from domain.review_case.outcomes import Outcome
from domain.review_case.reply import Reply, ReplyStatus
from domain.review_case.state import Amendment, Attempt, Opening, PayoutRef, ReviewCaseState
from tests.domain.plain_case import a_plain_case, an_identity
from tests.domain.review_world import ALICE, START, TEXT, World
from tests.domain.test_paying import open_gate
from tests.domain.test_paying import world as ready

world = ready
A_DAY = timedelta(days=1)


def left(outcome: Outcome = Outcome.AMENDED_PAID, mode: AmendMode | None = AmendMode.EDIT_RESULT) -> ReviewCaseState:
    """What a paid case leaves behind."""
    case = a_plain_case().case
    case.outcome, case.closed_at = outcome, START
    case.amendment = Amendment(mode=mode, at=START, by="machine", evidence="") if mode else None
    case.payouts = [PayoutRef(key="k", offer=1, amount_fen=500, payee="p", status=PayoutStatus.PAID, at=START)]
    return case


def next_run(before: ReviewCaseState, fen: int | None = 500) -> World:
    opening = Opening(case="A26-1", platform="sandbox", shop="demo", external_id="1", review_row="row", run=2)
    one = World(None, ReviewCaseState(opening=opening, opened_at=START + A_DAY), START + A_DAY)
    found = Opened(number="A26-1", identity=an_identity(), before=before, reversed_fen=fen)
    progress.opened(one.case, found, one.now)
    one.case.assignee = "alice"
    return one


def bad_again(one: World) -> None:
    seen = Reading(at=one.now, found=True, grade=Grade.BAD, other_row_readable=True)
    progress.read(one.case, seen, one.now)


def due(one: World) -> set[Action]:
    return {entry.action for entry in agenda(one.case) if entry.at <= one.now}


@pytest.mark.parametrize(
    ("before", "by_person", "fen"),
    [
        (left(), False, 500),
        (left(mode=None), False, 500),
        (left(mode=AmendMode.APPEND), False, None),
        (left(Outcome.SETTLED_KEPT, None), False, None),
        (left(Outcome.AMENDED_UNPAID), False, None),
        (left(), True, None),
        (None, False, None),
    ],
)
def test_what_was_paid_for_an_amendment_that_shows_to_be_gone(
    before: ReviewCaseState | None, by_person: bool, fen: int | None
) -> None:
    assert reversing.undone(before, by_person=by_person) == fen


def test_the_next_run_records_it_and_calls_nobody() -> None:
    one = next_run(left())
    reversal = one.case.reversal
    assert reversal is not None
    assert (reversal.paid_fen, reversal.run) == (500, 2)
    assert "reversed" in [event.kind for event in one.case.unwritten]
    for step in (steps.Hold(why=TEXT), steps.Resume()):
        assert one.step(ALICE, step)
    assert not {Action.PLAN, Action.CONTACT_DUE, Action.PAY} & {entry.action for entry in agenda(one.case)}


def test_what_is_left_is_the_public_reply_and_then_the_end() -> None:
    one = next_run(left())
    one.case.identity = an_identity().model_copy(update={"reply_due_at": START + 20 * A_DAY})
    assert Action.WANT_REPLY in due(one)
    one.case.reply = Reply(status=ReplyStatus.SKIPPED, wanted_at=one.now, why="")
    one.pass_to(next(entry for entry in agenda(one.case) if entry.action is Action.END))
    assert one.case.outcome is Outcome.REVERSED


def test_a_reply_that_stands_is_not_asked_for_again() -> None:
    before = left()
    before.reply = Reply(status=ReplyStatus.POSTED, wanted_at=START, why="", early=True)
    assert Action.END in due(next_run(before))


def test_a_buyer_who_comes_back_by_themselves_is_answered() -> None:
    one = next_run(left())
    one.now += A_DAY
    one.case.attempts.append(
        Attempt(number=9, channel=Channel.IM, at=one.now, by="alice", result=CallResult.CONNECTED, inbound=True)
    )
    one.case.plan_again_at = one.now
    assert Action.PLAN in due(one)


def test_nobody_is_paid_a_second_time_for_it() -> None:
    before = left()
    before.offers = []
    one = next_run(before)
    assert reversing.paid_fen(one.case) == 500
    assert not one.step(ALICE, steps.AnswerOffer(offer=1, accepted=True))


def test_a_transfer_that_arrives_after_the_amendment_is_gone_is_a_reversal(world: World) -> None:
    open_gate(world)
    bad_again(world)
    assert reversing.quiet(world.case)
    report = PayoutReport(key="k", status=PayoutStatus.PAID, at=world.now)
    paying.payout_reported(world.case, report, world.now)
    assert (world.case.outcome, world.case.reversal is not None) == (None, True)
    runs = [entry.action for entry in agenda(world.case) if entry.action in {Action.WANT_REPLY, Action.END}]
    assert runs
    assert Action.PLAN not in {entry.action for entry in agenda(world.case)}


def test_a_transfer_that_fails_after_the_amendment_is_gone_is_none(world: World) -> None:
    open_gate(world)
    bad_again(world)
    report = PayoutReport(key="k", status=PayoutStatus.FAILED, code="X", remedy="ask_buyer", at=world.now)
    paying.payout_reported(world.case, report, world.now)
    assert world.case.reversal is None


def test_an_offer_says_that_the_buyer_took_one_back_before() -> None:
    one = a_plain_case(buyer_reversals=2)
    inbound = {"result": "connected", "talk": "undecided", "explained": True, "inbound": True, "channel": "im"}
    assert one.step(ALICE, steps.LogContact.model_validate(inbound))
    assert one.step(ALICE, steps.MakeOffer(amount_fen=500))
    assert one.case.unwritten[-1].facts["buyer_reversals"] == 2


def test_payouts_from_before_the_rule_end_their_case_as_they_did(world: World) -> None:
    paying.payout_opened(world.case, PayoutOpened(key="k", amount_fen=500, gate="g"), world.now)
    bad_again(world)
    moment: datetime = world.now
    paying.payout_reported(world.case, PayoutReport(key="k", status=PayoutStatus.PAID, at=moment), moment)
    assert world.case.outcome is Outcome.SETTLED_KEPT
