"""Hold, resume, hand over, reopen: what stops, what goes on with the time it had left, and what is never forgotten."""

from datetime import datetime, timedelta

import pytest

from domain.contact_terms import CallResult, Channel
from domain.escalation import EscalationKind
from domain.review_case import desk, progress, steps
from domain.review_case.agenda import LOG_WITHIN, Action, agenda, next_due
from domain.review_case.facts import Planned
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Clock, Offer, OfferStatus
from tests.domain.plain_case import reopened
from tests.domain.review_world import ALICE, BOB, START, TEXT, World
from tests.domain.test_replying import world

HOUR = timedelta(hours=1)


def contacting() -> World:
    """A call of Alice's is planned in two hours, and a clock runs out in four."""
    one = world()
    plan = Planned(due_at=one.now + 2 * HOUR, slot_ends_at=one.now + 3 * HOUR, channel=Channel.CALL, why="lunch")
    progress.planned(one.case, plan, one.now)
    one.case.clocks[EscalationKind.STALE] = Clock(since=one.now, due_at=one.now + 4 * HOUR)
    return one


def offered(one: World) -> Offer:
    offer = Offer(
        number=1, form="cash_alipay", amount_fen=500, maker="alice", at=one.now,
        valid_until=one.now + timedelta(days=3), status=OfferStatus.MADE,
    )  # fmt: skip
    one.case.offers.append(offer)
    return offer


def hold(one: World, hours: int) -> None:
    assert one.step(ALICE, steps.Hold(why=TEXT))
    one.now += hours * HOUR
    assert one.step(ALICE, steps.Resume())


def reckoned_anew(one: World, kind: EscalationKind) -> datetime:
    """Every clock runs for four hours."""
    one.pass_to(next(entry for entry in agenda(one.case) if (entry.action, entry.subject) == (Action.RECKON, kind)))
    due = one.case.clocks[kind].due_at
    assert due is not None
    return due


@pytest.mark.covers(198)
def test_a_held_case_waits_for_nothing_of_its_own_but_its_month() -> None:
    one = contacting()
    offered(one)
    assert one.step(ALICE, steps.Hold(why=TEXT))
    assert {entry.action for entry in agenda(one.case)} <= {Action.READ, Action.WANT_REPLY}


@pytest.mark.covers(198)
def test_a_clock_goes_on_with_the_time_it_had_left() -> None:
    one = contacting()
    one.now += HOUR
    hold(one, 50)
    assert reckoned_anew(one, EscalationKind.STALE) - one.now == 3 * HOUR


def test_a_clock_that_was_started_during_the_hold_has_all_its_time() -> None:
    one = contacting()
    assert one.step(ALICE, steps.Hold(why=TEXT))
    one.now += 10 * HOUR
    one.case.clocks[EscalationKind.ASKED] = Clock(since=one.now, due_at=one.now + HOUR)
    one.now += 5 * HOUR
    assert one.step(ALICE, steps.Resume())
    assert reckoned_anew(one, EscalationKind.ASKED) - one.now == 4 * HOUR


@pytest.mark.covers(198)
def test_an_open_offer_is_valid_for_as_much_longer_as_the_hold_lasted() -> None:
    one = contacting()
    offer = offered(one)
    until = offer.valid_until
    hold(one, 100)
    assert offer.valid_until - until == 100 * HOUR
    assert offer.open


def test_a_contact_that_was_taken_before_the_hold_can_still_be_logged_after_it() -> None:
    one = contacting()
    one.now += 2 * HOUR
    progress.contact_due(one.case, one.now)
    assert one.step(ALICE, steps.BeginContact())
    hold(one, 48)
    lapses = next(entry for entry in agenda(one.case) if entry.action is Action.CONTACT_LAPSED)
    assert lapses.at == one.now + LOG_WITHIN
    assert one.step(ALICE, steps.LogContact(result=CallResult.NO_ANSWER))


def test_a_resumed_case_plans_its_contact_anew_and_keeps_counting() -> None:
    one = contacting()
    hold(one, 24)
    assert Action.PLAN in {entry.action for entry in agenda(one.case) if entry.at <= one.now}
    assert one.case.contacts_planned == 1


def test_a_hold_with_an_end_resumes_by_itself() -> None:
    one = contacting()
    assert one.step(ALICE, steps.Hold(why=TEXT, until=one.now + 5 * HOUR))
    entry = next(due for due in agenda(one.case) if due.action is Action.RESUME)
    one.pass_to(entry)
    assert one.case.held is None
    assert next_due(one.case) is not None


@pytest.mark.parametrize("days", [0, 31])
def test_a_hold_into_the_past_or_beyond_a_month_is_refused(days: int) -> None:
    one = contacting()
    assert not one.step(ALICE, steps.Hold(why=TEXT, until=one.now + timedelta(days=days)))


@pytest.mark.covers(196)
def test_whoever_takes_over_finds_the_planned_contact_as_it_was() -> None:
    one = contacting()
    before = one.case.contact
    assert one.step(ALICE, steps.HandOver(to="ann"))
    assert (one.case.assignee, one.case.contact) == ("ann", before)


def closed_as(outcome: Outcome) -> World:
    one = contacting()
    assert one.step(ALICE, steps.AttachEvidence(kind="platform_chat", text=TEXT))
    if outcome is Outcome.MALICIOUS_REPORTED:
        assert one.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
        assert one.step(BOB, steps.DecideMalicious(malicious=True, why=TEXT))
        assert one.step(BOB, steps.SkipReport(why=TEXT))
    one.case.outcome = outcome
    progress.closed(one.case, one.now)
    return one


@pytest.mark.covers(198)
def test_a_reopened_case_goes_on_with_its_contacts_numbers_and_evidence() -> None:
    one = closed_as(Outcome.REFUSED)
    case = reopened(one)
    assert case.contacts_planned == one.case.contacts_planned
    assert case.version > one.case.version
    assert [piece.kind for piece in case.malice.evidence] == ["platform_chat"]
    assert EscalationKind.UNASSIGNED in case.clocks


def test_a_malicious_case_that_is_reopened_keeps_its_money_frozen_until_somebody_looks_again() -> None:
    case = reopened(closed_as(Outcome.MALICIOUS_REPORTED))
    assert case.suspected
    assert case.malice.report is None
    assert EscalationKind.DECISION_WAITING in case.clocks


def test_the_month_is_that_of_the_review_and_no_hold_makes_it_longer() -> None:
    one = contacting()
    assert one.step(ALICE, steps.Hold(why=TEXT))
    assert one.case.identity is not None
    assert one.case.identity.persistence_ends_at == START + timedelta(days=30)
    assert max(entry.at for entry in agenda(one.case)) <= one.case.identity.persistence_ends_at


def test_a_hold_that_is_over_ends_no_second_time_by_the_first_rules_either() -> None:
    one = contacting()
    one.case.edition = 0
    desk.resume_by_timer(one.case, one.now)
    assert one.case.unwritten[-1].kind != "resumed"
