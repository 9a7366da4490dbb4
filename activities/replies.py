"""The public reply: prepared from the cause's template, and the words a person chose instead, checked the same way."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.policies import Policies
from activities.refusals import refusing
from activities.requests import ReplyRequest, ReplyWordsRequest
from db.buyers import private_words
from db.sealed_texts import open_text, seal_text
from db.sessions import Sessions
from db.tables.buyers import Review
from db.tables.cases import CaseFile
from db.tables.office import Shop
from domain.errors import Refusal
from domain.platforms import Platform, may_reply
from domain.policies.platforms import PlatformRules
from domain.public_reply import ReplyFacts, check, prepare
from domain.review_case.facts import Prepared, ReplyText

MALICIOUS = "malicious"


class ReplyActivities:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies

    @activity.defn
    async def prepare(self, request: ReplyRequest) -> ReplyText:
        """A reply for a person to confirm, or why the marketplace takes none."""
        async with self._sessions.begin() as session:
            review = await session.get_one(Review, UUID(request.review_row))
            texts, version = await self._policies.texts(session, request.shop)
            rules = await self._rules(session, request.shop, review.platform)
            try:
                may_reply(rules, review.created_at, request.now)
                text = prepare(_template(request), await _facts(session, review, request.now), rules, texts)
            except Refusal as refusal:
                return ReplyText(impossible=refusal.message, policy=version)
            return ReplyText(text=await seal_text(session, "reply", text, request.now), policy=version)

    @activity.defn
    async def check_words(self, request: ReplyWordsRequest) -> Prepared:
        """Whether a person's own words may stand in public. Raises ReplyUnfit (non-retryable)."""
        step, own = request.step, request.post.text
        async with self._sessions.begin() as session:
            texts, version = await self._policies.texts(session, step.shop)
            if own is None:
                return Prepared(policy=version)
            file = await session.get_one(CaseFile, step.case)
            review = await session.get_one(Review, file.source_row)
            rules = await self._rules(session, step.shop, review.platform)
            private = await private_words(session, review)
            with refusing():
                check(await open_text(session, own.id) or "", rules, texts, private)
            return Prepared(policy=version)

    async def _rules(self, session: AsyncSession, shop: str, platform: str) -> PlatformRules:
        platforms, _ = await self._policies.platforms(session, shop)
        return platforms.rules(Platform(platform))


def _template(request: ReplyRequest) -> str:
    return MALICIOUS if request.malicious else request.cause or ""


async def _facts(session: AsyncSession, review: Review, now: datetime) -> ReplyFacts:
    shop = await session.get_one(Shop, review.shop)
    written = review.created_at.astimezone(ZoneInfo(shop.zone))
    return ReplyFacts(date=f"{written.month}月{written.day}日")
