"""Outcomes that can't be: of a contact that is somebody else's, not begun, logged before, or not over yet."""

from datetime import timedelta
from typing import Any

import pytest

from domain.contact_terms import CallResult, Channel, PhoneKind, TalkOutcome
from domain.errors import Refusal
from domain.people import Actor
from domain.review_case import progress, rules, steps
from domain.review_case.facts import Planned
from domain.sealed import PhoneRef
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, World

MISSED = steps.LogContact(result=CallResult.NO_ANSWER)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    """A case of Alice's with a contact that is due."""
    world = a_plain_case()
    world.now += HOUR
    ends = world.now + HOUR
    progress.planned(
        world.case, Planned(due_at=world.now, slot_ends_at=ends, channel=Channel.CALL, why="lunch"), world.now
    )
    progress.contact_due(world.case, world.now)
    return world


def refusal_of(world: World, step: steps.Step, actor: Actor = ALICE) -> str:
    """Its code; what is refused must leave the case as it was."""
    before = world.case.model_copy(deep=True)
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, steps.Command(actor=actor, step=step, digest="", sent_at=world.now), world.now)
    assert world.case == before
    return refused.value.code


def told(world: World) -> str:
    """Why a contact may not be begun now, and what to do instead."""
    command = steps.Command(actor=ALICE, step=steps.BeginContact(), digest="", sent_at=world.now)
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, command, world.now)
    assert refused.value.code == "WrongStage"
    return refused.value.message


def test_a_contact_begun_too_early_hears_when_and_why_it_is_due_and_what_to_do_until_then() -> None:
    world = a_plain_case()
    due = world.now + HOUR
    planned = Planned(due_at=due, slot_ends_at=due + HOUR, channel=Channel.CALL, why="Lunch.")
    progress.planned(world.case, planned, world.now)

    message = told(world)
    assert all(part in message for part in (due.isoformat(), "Lunch. Begin it then", "inbound"))


def test_where_no_contact_is_planned_the_ways_to_one_are_named(world: World) -> None:
    world.step(ALICE, steps.BeginContact())
    world.step(ALICE, MISSED)

    message = told(world)
    assert all(part in message for part in ("No contact is planned now.", "inbound", "schedule_callback"))


def test_the_outcome_of_a_contact_that_nobody_began_is_refused(world: World) -> None:
    assert refusal_of(world, MISSED) == "ContactNotBegun"


@pytest.mark.covers(36)
def test_the_outcome_of_somebody_elses_contact_is_theirs_to_log(world: World) -> None:
    world.step(ALICE, steps.BeginContact())

    assert refusal_of(world, MISSED, BOB) == "ContactTaken"


def test_an_outcome_is_logged_once(world: World) -> None:
    world.step(ALICE, steps.BeginContact())
    world.step(ALICE, MISSED)

    assert refusal_of(world, MISSED) == "ContactLogged"


@pytest.mark.parametrize("off", [2 * MINUTE, -HOUR], ids=["in the future", "before it was begun"])
def test_an_outcome_of_another_time_is_refused(world: World, off: timedelta) -> None:
    world.step(ALICE, steps.BeginContact())

    assert refusal_of(world, MISSED.model_copy(update={"at": world.now + off})) == "BadTime"


@pytest.mark.parametrize("off", [2 * MINUTE, -timedelta(days=400)], ids=["in the future", "before the review"])
def test_a_buyers_own_call_lies_between_the_review_and_now(world: World, off: timedelta) -> None:
    called = {"result": CallResult.CONNECTED, "talk": TalkOutcome.UNDECIDED, "inbound": True, "channel": Channel.CALL}

    assert refusal_of(world, steps.LogContact.model_validate(called | {"at": world.now + off})) == "BadTime"


def test_a_contact_may_be_logged_later_and_counts_from_when_it_was_over(world: World) -> None:
    world.step(ALICE, steps.BeginContact())
    over = world.now + 5 * MINUTE
    world.now += HOUR

    assert world.step(ALICE, MISSED.model_copy(update={"at": over}))
    assert (world.case.attempts[-1].at, world.case.first_contact_at) == (over, over)


@pytest.mark.parametrize("kind", [PhoneKind.INVALID, PhoneKind.MASKED])
def test_what_nobody_can_dial_is_not_taken_for_a_phone_number(world: World, kind: PhoneKind) -> None:
    assert refusal_of(world, steps.SetPhone(phone=PhoneRef(id="", kind=kind))) == "NotAPhone"


NOBODY = [
    result for result in CallResult if result not in {CallResult.CONNECTED, CallResult.SENT}
]  # fmt: skip
CAME = {"inbound": True, "channel": Channel.CALL}


def logged(world: World, result: CallResult, **more: Any) -> steps.LogContact:
    talk = TalkOutcome.UNDECIDED if result is CallResult.CONNECTED else None
    named = {"next_at": world.now + HOUR} if more.pop("agreed", False) else {}
    return steps.LogContact.model_validate({"result": result, "talk": talk} | named | more)


@pytest.mark.covers(32)
@pytest.mark.parametrize("result", NOBODY)
@pytest.mark.parametrize("said", [{"explained": True}, {"asked_to_amend": True}, {"agreed": True}], ids=str)
def test_nothing_is_said_to_a_buyer_who_was_not_reached(
    world: World, result: CallResult, said: dict[str, bool]
) -> None:
    world.case.agreements.accepted_at = world.now
    world.step(ALICE, steps.BeginContact())

    assert refusal_of(world, logged(world, result, **said)) == "NobodyReached"


def test_a_message_explains_and_asks_and_agrees_on_nothing(world: World) -> None:
    world.case.agreements.accepted_at = world.now
    world.step(ALICE, steps.BeginContact())

    assert refusal_of(world, logged(world, CallResult.SENT, agreed=True)) == "NobodyReached"
    assert world.step(ALICE, logged(world, CallResult.SENT, explained=True, asked_to_amend=True))


@pytest.mark.parametrize("result", [*NOBODY, CallResult.SENT])
def test_a_buyer_who_called_was_reached(world: World, result: CallResult) -> None:
    assert refusal_of(world, logged(world, result, **CAME)) == "NobodyReached"


def test_a_buyer_who_only_wrote_was_heard(world: World) -> None:
    assert world.step(ALICE, logged(world, CallResult.SENT, inbound=True, channel=Channel.IM))


def test_what_older_code_let_in_is_still_carried_out(world: World) -> None:
    world.step(ALICE, steps.BeginContact())
    step = logged(world, CallResult.NO_ANSWER, explained=True)
    command = steps.Command(actor=ALICE, step=step, digest="", sent_at=world.now)
    rules.check(world.case, command, world.now, accepted=True)
    assert refusal_of(world, step) == "NobodyReached"
