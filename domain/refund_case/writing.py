"""Writing to an application: said once, seen to be there, and no part of any decision."""

from datetime import datetime, timedelta

from domain.case_record import record
from domain.people import PLATFORM, Actor
from domain.refund_case import steps
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.messages import Message, MessageStatus
from domain.refund_case.permissions import going_on, require, working
from domain.refund_case.refusals import MessageUnderWay
from domain.refund_case.state import RefundCaseState

AGAIN = timedelta(minutes=2)
AT_LEAST_EVERY = timedelta(minutes=30)
GIVE_UP_AFTER = 10
ENDS = {
    MessageStatus.WRITTEN: "message_written",
    MessageStatus.BY_HAND: "message_by_hand",
    MessageStatus.REFUSED: "message_refused",
}


def may_write(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)
    going_on(case)
    require(
        case.open_message is None, MessageUnderWay, "The last message is not there yet; wait for it, or look again."
    )


def write(case: RefundCaseState, actor: Actor, step: steps.WriteToBuyer, now: datetime, found: RefundPrepared) -> None:
    by_machine = case.handling.by_machine
    message = Message(
        number=len(case.messages) + 1, words=step.words, photo=step.photo, by=actor.person, at=now,
        status=MessageStatus.WAITING if by_machine else MessageStatus.BY_HAND,
    )  # fmt: skip
    case.messages.append(message)
    record(
        case, actor, now, "message_ordered",
        message=message.number, words=step.words, photo=step.photo, digests=found.digests or None,
        by_hand=None if by_machine else True,
    )  # fmt: skip


def written(
    case: RefundCaseState, number: int, status: MessageStatus | None, trouble: str | None, now: datetime
) -> None:
    """What became of it; None: the marketplace did not answer, and it is tried again."""
    message = case.messages[number - 1]
    if message.status is not MessageStatus.WAITING:
        return
    message.tries += 1
    if status is None and message.tries < GIVE_UP_AFTER:
        message.again_at = now + min(AGAIN * message.tries, AT_LEAST_EVERY)
        return
    message.status, message.trouble = status or MessageStatus.BY_HAND, trouble
    record(case, PLATFORM, now, ENDS[message.status], message=number, trouble=trouble)
