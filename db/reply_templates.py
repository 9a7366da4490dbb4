"""The library of public replies: kept, changed and retired, each change a line of the office's record."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import AlreadyThere, NotThere, record
from db.refunds import PAID_BACK
from db.tables.buyers import Review
from db.tables.office import Shop
from db.tables.refunds import Refund
from db.tables.reply_templates import ReplyTemplate
from domain.claims import Claim
from domain.errors import Refusal
from domain.policies.public_replies import ReplySentence
from domain.public_reply import ReplyFacts
from domain.reply_library import Template

# A person reads what is suggested; more would be a search of its own.
AT_MOST = 200


class TemplateMoved(Refusal):
    """Somebody else changed the template meanwhile."""

    code = "StaleVersion"


async def list_templates(session: AsyncSession, shop: str, causes: Iterable[str] | None = None) -> list[ReplyTemplate]:
    """Those in use, by cause and title; None: of every cause."""
    of_causes: list[ColumnElement[bool]] = [] if causes is None else [ReplyTemplate.cause.in_(list(causes))]
    found = select(ReplyTemplate).where(ReplyTemplate.shop == shop, ReplyTemplate.retired_at.is_(None), *of_causes)
    return list(await session.scalars(found.order_by(ReplyTemplate.cause, ReplyTemplate.title).limit(AT_MOST)))


def as_template(row: ReplyTemplate) -> Template:
    sentences = tuple(ReplySentence.model_validate_json(json.dumps(one)) for one in row.sentences)
    return Template(str(row.id), row.cause, row.title, sentences)


async def save_template(
    session: AsyncSession,
    shop: str,
    cause: str,
    title: str,
    sentences: Sequence[ReplySentence],
    by: UUID,
    now: datetime,
) -> ReplyTemplate:
    """Raises AlreadyThere."""
    await _check_title(session, shop, cause, title)
    row = ReplyTemplate(id=uuid4(), shop=shop, cause=cause, title=title, version=1, saved_by=by, saved_at=now)
    row.sentences = _plain(sentences)
    session.add(row)
    await session.flush()
    await record(session, str(by), now, "reply.saved", str(row.id), _facts(row))
    return row


async def change_template(
    session: AsyncSession,
    shop: str,
    id: UUID,
    title: str,
    sentences: Sequence[ReplySentence],
    by: UUID,
    now: datetime,
    expected: int | None,
) -> ReplyTemplate:
    """Raises NotThere, AlreadyThere, and TemplateMoved when it is not at version `expected`."""
    row = await _in_use(session, shop, id, expected)
    if title != row.title:
        await _check_title(session, shop, row.cause, title)
    before = _facts(row)
    row.title, row.sentences, row.version = title, _plain(sentences), row.version + 1
    row.saved_by, row.saved_at = by, now
    await session.flush()
    await record(session, str(by), now, "reply.changed", str(row.id), {"old": before, "new": _facts(row)})
    return row


async def retire_template(session: AsyncSession, shop: str, id: UUID, by: UUID, now: datetime) -> None:
    """It is suggested no more. Raises NotThere."""
    row = await _in_use(session, shop, id, None)
    row.retired_at = now
    await session.flush()
    await record(session, str(by), now, "reply.retired", str(row.id), {"cause": row.cause, "title": row.title})


async def reply_facts(session: AsyncSession, review: Review) -> ReplyFacts:
    """What a reply to this review may tell, all of it public."""
    shop = await session.get_one(Shop, review.shop)
    written = review.created_at.astimezone(ZoneInfo(shop.zone))
    return ReplyFacts(date=f"{written.month}月{written.day}日")


async def shown_by_the_marketplace(session: AsyncSession, review: Review) -> list[Claim]:
    """Claims that a refund of the same order shows; the case itself knows nothing of it."""
    of_order = select(Refund.id).where(
        Refund.shop == review.shop,
        Refund.order_external_id == review.order_external_id,
        (Refund.status == PAID_BACK) | (Refund.paid_fen > 0),
    )
    return [Claim.REFUNDED] if await session.scalar(of_order.limit(1)) else []


async def _in_use(session: AsyncSession, shop: str, id: UUID, expected: int | None) -> ReplyTemplate:
    row = await session.get(ReplyTemplate, id, with_for_update=True)
    if row is None or row.shop != shop or row.retired_at is not None:
        raise NotThere(f"There is no such reply in the library of {shop!r}; look at the list again.")
    if expected is not None and expected != row.version:
        raise TemplateMoved(f"The reply is at version {row.version} now; read it again.", version=row.version)
    return row


async def _check_title(session: AsyncSession, shop: str, cause: str, title: str) -> None:
    same = select(ReplyTemplate.id).where(
        ReplyTemplate.shop == shop,
        ReplyTemplate.cause == cause,
        ReplyTemplate.title == title,
        ReplyTemplate.retired_at.is_(None),
    )
    if await session.scalar(same) is not None:
        raise AlreadyThere(f"A reply for {cause} is called {title!r} already; change that one.", field="title")


def _plain(sentences: Sequence[ReplySentence]) -> list[dict[str, object]]:
    return [one.model_dump(mode="json") for one in sentences]


def _facts(row: ReplyTemplate) -> dict[str, object]:
    return {
        "shop": row.shop,
        "cause": row.cause,
        "title": row.title,
        "sentences": row.sentences,
        "version": row.version,
    }
