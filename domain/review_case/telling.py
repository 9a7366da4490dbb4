"""What the buyer told: the details of a vague review, the original chat, and when they want to be reached."""

from datetime import datetime

from domain.people import Actor
from domain.policies.hours import Window
from domain.review_case import agreement_steps as steps
from domain.review_case.agreements import Chat, Details
from domain.review_case.desk import replan
from domain.review_case.facts import Prepared
from domain.review_case.permissions import require
from domain.review_case.recording import record
from domain.review_case.refusals import BadTime, ChatFull, NothingDescribed
from domain.review_case.state import ReviewCaseState

# Ours: each piece is a reference in the state of the case, which must stay small.
MOST_CHATS = 50


def record_details(
    case: ReviewCaseState, actor: Actor, step: steps.RecordDetails, now: datetime, found: Prepared
) -> None:
    said = case.agreements
    said.details = Details(description=step.description, order=step.order, by=actor.person, at=now)
    said.details_wanted = False
    record(case, actor, now, "details_recorded", description=step.description, order=step.order)


def check_chat(case: ReviewCaseState, actor: Actor, step: steps.AttachChat, now: datetime) -> None:
    room = len(case.agreements.chats) < MOST_CHATS
    require(room, ChatFull, f"A case keeps {MOST_CHATS} pieces of chat; write the rest as a note, or leave it out.")
    said = step.said_at is None or step.said_at <= now
    require(said, BadTime, "Nothing was said in the future; send when it was.")


def attach_chat(case: ReviewCaseState, actor: Actor, step: steps.AttachChat, now: datetime, found: Prepared) -> None:
    chats = case.agreements.chats
    piece = Chat(
        number=len(chats) + 1, text=step.text, by=actor.person, at=now, speaker=step.speaker, said_at=step.said_at
    )
    chats.append(piece)
    record(
        case, actor, now, "chat_attached",
        chat=piece.number, text=step.text, speaker=step.speaker, said_at=step.said_at,
    )  # fmt: skip


def check_description(case: ReviewCaseState, actor: Actor, step: steps.DescribeBuyer, now: datetime) -> None:
    anything = any(one is not None for one in (step.occupation, step.address_type, step.hours))
    require(anything, NothingDescribed, "Say what was learned: occupation, address_type or hours.")
    require(
        bool(step.hours) or not step.written, NothingDescribed, "Say which hours the buyer wrote, or leave written."
    )
    for text in step.hours or []:
        try:
            Window.model_validate(text)
        except ValueError:
            raise BadTime(
                f"{text!r} is no stretch of a day; write one like 19:00-21:00, none across midnight."
            ) from None


def describe(case: ReviewCaseState, actor: Actor, step: steps.DescribeBuyer, now: datetime, found: Prepared) -> None:
    """A contact that waits for its hour is planned anew."""
    said = case.agreements
    if step.hours is not None:
        said.hours, said.hours_written = list(step.hours), step.written
    record(
        case, actor, now, "buyer_described",
        occupation=step.occupation, address_type=step.address_type, hours=step.hours, written=step.written or None,
    )  # fmt: skip
    if case.contact is not None and not case.contact.due:
        replan(case, now)
