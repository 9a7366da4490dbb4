"""A case replayed for a quarrel about attitude: words, contacts and every step of the service in one time line."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.timeline import TimelineLine, timeline
from db.tables.buyers import SealedText
from db.tables.cases import CaseFile
from db.tables.contacts import Message

# More than any case has; a replay is looked at as a whole.
AT_MOST = 5000


class Track(StrEnum):
    """What kind of thing happened: words, a contact by voice or message, or a step of the service."""

    CHAT = "chat"
    CONTACT = "contact"
    STEP = "step"


class Moment(BaseModel):
    """`at` is when it happened; where words were entered later, `entered_at` says when."""

    at: datetime
    track: Track
    who: str = Field(description="`buyer`, `desk`, a person's name, or empty where nobody acted in person")
    kind: str
    says: str
    words: str | None = Field(
        default=None, description="what was said or written; null where it is not shown or erased"
    )
    seq: int | None = Field(description="its event in the case's record; null for what was sent by machine")
    entered_at: datetime | None = None


CHAT = frozenset({"chat_attached", "buyer_wrote", "reply_posted"})
BUYER = "buyer"


async def replay(session: AsyncSession, case: CaseFile, *, with_words: bool) -> list[Moment]:
    events = await timeline(session, case.number, 0, AT_MOST, with_words)
    found = [_moment(event) for event in events]
    found += await _sent(session, case.number, with_words)
    return sorted(found, key=lambda one: (one.at, one.seq or 0))


def _moment(event: TimelineLine) -> Moment:
    track = Track.CHAT if event.kind in CHAT else Track.CONTACT if _is_contact(event.kind) else Track.STEP
    said_at = event.facts.get("said_at")
    words = "\n".join(text for text in event.texts.values() if text) or None
    return Moment(
        at=datetime.fromisoformat(said_at) if said_at else event.at, track=track, who=_who(event), kind=event.kind,
        says=event.says, words=words, seq=event.seq, entered_at=event.at if said_at else None,
    )  # fmt: skip


def _is_contact(kind: str) -> bool:
    return kind.startswith(("contact_", "follow_up_")) or kind == "callback_agreed"


def _who(event: TimelineLine) -> str:
    if event.kind == "buyer_wrote":
        return BUYER
    return str(event.facts.get("speaker") or event.actor)


async def _sent(session: AsyncSession, case: str, with_words: bool) -> list[Moment]:
    """Messages that went to the buyer by machine."""
    rows = select(Message, SealedText.body).outerjoin(SealedText, SealedText.id == Message.text)
    found = await session.execute(rows.where(Message.case == case).limit(AT_MOST))
    return [_message(message, body if with_words else None) for message, body in found]


def _message(message: Message, body: str | None) -> Moment:
    says = f"Message by {message.channel}: {message.status}."
    at = message.sent_at or message.made_at
    return Moment(at=at, track=Track.CHAT, who="", kind="message", says=says, words=body, seq=None)
