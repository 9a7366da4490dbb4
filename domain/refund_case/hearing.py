"""A message that the buyer sent by themselves: kept, answered by a person, and the end of calls where it says so."""

from datetime import datetime

from domain.case_clocks import Clock
from domain.case_record import record
from domain.contact_terms import CallResult
from domain.disputes import flags
from domain.escalation import EscalationKind
from domain.people import Actor, ActorKind
from domain.refund_case import calls
from domain.refund_case.state import RefundCaseState
from domain.review_case.agreements import Heard
from domain.review_case.facts import BuyerMessage
from domain.review_case.hearing import REMEMBERED
from domain.review_case.state import Attempt


def received(case: RefundCaseState, message: BuyerMessage, now: datetime) -> None:
    """A message that is known already changes nothing."""
    known = any(heard.text == message.text.id for heard in case.calls.heard)
    if known or case.closed_at is not None:
        return
    by = Actor(kind=ActorKind.SYSTEM, person=message.by)
    number = None if message.opt_out or case.outcome is not None else case.calls.planned + 1
    heard = Heard(text=message.text.id, channel=message.channel, by=message.by, at=now, number=number)
    case.calls.heard = [*case.calls.heard, heard][-REMEMBERED:]
    record(case, by, now, "buyer_wrote", channel=message.channel, text=message.text, opt_out=message.opt_out or None)
    flags.suggest(case, by, message.risks, message.text, now)
    if message.opt_out:
        calls.opted_out(case, by, now)
        return
    case.clocks.setdefault(EscalationKind.BUYER_WROTE, Clock(since=now))
    if number is not None:
        _counts_as_contact(case, message, number, now)


def _counts_as_contact(case: RefundCaseState, message: BuyerMessage, number: int, now: datetime) -> None:
    """Against no cap; it breaks a silence, so where no call was to be made one may be planned again."""
    case.calls.planned = number
    case.calls.attempts.append(
        Attempt(
            number=number, channel=message.channel, at=now, by=message.by, result=CallResult.CONNECTED, inbound=True
        )
    )
    if case.calls.contact is None and case.calls.stopped is None:
        case.calls.hopeless, case.calls.plan_again_at = False, now


def unlogged(case: RefundCaseState) -> list[Heard]:
    """Messages that planning does not know of yet."""
    return [heard for heard in case.calls.heard if heard.number is not None and not heard.logged]


def logged(case: RefundCaseState, number: int) -> None:
    for heard in case.calls.heard:
        heard.logged = heard.logged or heard.number == number


def waits(case: RefundCaseState) -> bool:
    """Whether the buyer waits for an answer that somebody on the ladder may still see to."""
    clock = case.clocks.get(EscalationKind.BUYER_WROTE)
    return clock is not None and not clock.over
