"""What the ranking is told of a case."""

from datetime import timedelta

from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.queue_ranking import rank
from domain.review_case import desk, steps
from domain.review_case.facts import Prepared
from domain.review_case.standing import facts_of
from domain.review_case.state import Attempt, ContactWait, ReviewCaseState
from tests.domain.review_world import ALICE, BOB, START, TEXT
from tests.domain.test_desk_of_a_case import opened

LATER = START + timedelta(hours=6)


def with_contact(due: bool) -> ReviewCaseState:
    case = opened()
    case.contact = ContactWait(number=1, channel=Channel.CALL, due_at=LATER, slot_ends_at=LATER, why="", due=due)
    return case


def test_a_contact_that_waits_for_its_hour_waits_in_the_queue() -> None:
    case = with_contact(due=False)

    assert rank(facts_of(case, LATER), START).waiting
    assert not rank(facts_of(case, LATER), LATER).waiting


def test_a_held_case_waits_whatever_is_due_in_it() -> None:
    case = with_contact(due=True)
    desk.hold(case, BOB, steps.Hold(why=TEXT), START, Prepared())

    assert rank(facts_of(case, LATER), LATER + timedelta(days=9)).waiting


def test_misses_and_the_last_talk_are_counted_and_the_buyers_own_calls_are_not() -> None:
    case = opened()
    results = [(CallResult.NO_ANSWER, None, False), (CallResult.BUSY, None, True), (CallResult.DECLINED, None, False)]
    talks = [(CallResult.CONNECTED, TalkOutcome.UNDECIDED, False), *results]
    case.attempts = [
        Attempt(number=n, channel=Channel.CALL, at=START, by=ALICE.person, result=result, talk=talk, inbound=inbound)
        for n, (result, talk, inbound) in enumerate(talks, 1)
    ]
    facts = facts_of(case, LATER)

    assert (facts.misses, facts.talk) == (2, TalkOutcome.UNDECIDED)


def test_the_end_of_the_month_is_a_deadline_of_every_case() -> None:
    case = opened()
    assert case.identity is not None

    assert case.identity.persistence_ends_at in facts_of(case, LATER).deadlines
