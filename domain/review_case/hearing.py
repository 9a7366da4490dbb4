"""A message that the buyer sent by themselves: kept, answered by a person, and the end of contact where it says so."""

from datetime import datetime

from domain.case_clocks import begin
from domain.contact_terms import CallResult, StopSignal
from domain.disputes import flags
from domain.escalation import EscalationKind
from domain.people import Actor, ActorKind
from domain.review_case.agreements import Chat, Heard
from domain.review_case.contacting import stop
from domain.review_case.desk import replan
from domain.review_case.facts import BuyerMessage
from domain.review_case.recording import record
from domain.review_case.state import Attempt, Clock, ReviewCaseState
from domain.review_case.telling import MOST_CHATS

# Messengers deliver at least once; a repeat comes soon, so only the latest are remembered.
REMEMBERED = 20


def received(case: ReviewCaseState, message: BuyerMessage, now: datetime) -> None:
    """A message that is known already changes nothing."""
    said = case.agreements
    if any(heard.text == message.text.id for heard in said.heard):
        return
    by = Actor(kind=ActorKind.SYSTEM, person=message.by)
    ending = case.outcome is not None
    number = None if message.opt_out or ending else case.contacts_planned + 1
    heard = Heard(text=message.text.id, channel=message.channel, by=message.by, at=now, number=number)
    said.heard = [*said.heard, heard][-REMEMBERED:]
    if len(said.chats) < MOST_CHATS:
        said.chats.append(Chat(number=len(said.chats) + 1, text=message.text, by=message.by, at=now))
    record(case, by, now, "buyer_wrote", channel=message.channel, text=message.text, opt_out=message.opt_out or None)
    flags.suggest(case, by, message.risks, message.text, now)
    if message.opt_out:
        _opt_out(case, by, now)
    elif number is not None:
        _wants_an_answer(case, message, number, now)
    elif case.edition >= 1 and case.closed_at is None and case.merged is None:
        # A merged case's buyer is heard by the case that goes on.
        case.clocks.setdefault(EscalationKind.BUYER_WROTE, Clock(since=now))


def _opt_out(case: ReviewCaseState, by: Actor, now: datetime) -> None:
    if case.edition >= 1:
        case.clocks.pop(EscalationKind.BUYER_WROTE, None)
    if case.stopped is None and case.outcome is None:
        stop(case, by, StopSignal.BUYER_OPT_OUT, now)


def _wants_an_answer(case: ReviewCaseState, message: BuyerMessage, number: int, now: datetime) -> None:
    """It counts against no cap and breaks a silence, so where none was to be made a contact may be planned again."""
    case.contacts_planned = number
    case.attempts.append(
        Attempt(
            number=number, channel=message.channel, at=now, by=message.by, result=CallResult.CONNECTED, inbound=True
        )
    )
    begin(case, EscalationKind.BUYER_WROTE, Clock(since=now))
    if case.contact is None and case.stopped is None:
        replan(case, now)


def waits(case: ReviewCaseState) -> bool:
    """Whether the buyer waits for an answer that somebody on the ladder may still see to. Where the review is bad again
    the case's next run, which calls them, must not wait as well."""
    clock = case.clocks.get(EscalationKind.BUYER_WROTE)
    return clock is not None and not clock.over and not case.relapsed


def unlogged(case: ReviewCaseState) -> list[Heard]:
    """Messages that planning does not know of yet."""
    return [heard for heard in case.agreements.heard if heard.number is not None and not heard.logged]


def logged(case: ReviewCaseState, number: int) -> None:
    for heard in case.agreements.heard:
        heard.logged = heard.logged or heard.number == number
