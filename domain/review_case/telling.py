"""What the buyer told: the details of a vague review, and the original chat."""

from datetime import datetime

from domain.people import Actor
from domain.review_case import agreement_steps as steps
from domain.review_case.agreements import Chat, Details
from domain.review_case.facts import Prepared
from domain.review_case.permissions import require
from domain.review_case.recording import record
from domain.review_case.refusals import ChatFull
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


def attach_chat(case: ReviewCaseState, actor: Actor, step: steps.AttachChat, now: datetime, found: Prepared) -> None:
    chats = case.agreements.chats
    chats.append(Chat(number=len(chats) + 1, text=step.text, by=actor.person, at=now))
    record(case, actor, now, "chat_attached", chat=len(chats), text=step.text)
