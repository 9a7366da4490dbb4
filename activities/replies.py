"""The public reply: prepared from the cause's template, and the words a person chose instead, checked the same way."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.policies import Policies
from activities.refusals import refusing
from activities.reply_requests import ReplyRequest, ReplyWordsRequest
from db.buyers import private_words
from db.reply_templates import as_template, list_templates, reply_facts, shown_by_the_marketplace
from db.sealed_texts import open_text, seal_text
from db.sessions import Sessions
from db.tables.buyers import Review
from db.tables.cases import CaseFile
from domain.errors import Refusal
from domain.platforms import Platform, may_reply
from domain.policies.platforms import PlatformRules
from domain.policies.texts import TextsPolicy
from domain.public_reply import check
from domain.reply_library import Suggestion, causes_for, suggest
from domain.review_case.facts import Prepared, ReplyText


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
                best = await self._best(session, request, review, rules, texts)
            except Refusal as refusal:
                return ReplyText(impossible=refusal.message, policy=version)
            sealed = await seal_text(session, "reply", best.draft.text, request.now)
            left_out = len(best.draft.left_out)
            return ReplyText(text=sealed, template=best.template.id, left_out=left_out, policy=version)

    async def _best(
        self, session: AsyncSession, request: ReplyRequest, review: Review, rules: PlatformRules, texts: TextsPolicy
    ) -> Suggestion:
        """Of the shop's library and the policy, by what the case shows. Raises ReplyUnfit where none may be posted."""
        causes = causes_for(request.cause, malicious=request.malicious)
        library = [as_template(row) for row in await list_templates(session, request.shop, causes)]
        shown = [*request.shown, *await shown_by_the_marketplace(session, review)]
        facts = await reply_facts(session, review)
        best = suggest(library, causes, facts, rules, texts, shown)[0]
        check(best.draft.text, rules, texts, await private_words(session, review.buyer), shown, quoting=False)
        return best

    @activity.defn
    async def check_words(self, request: ReplyWordsRequest) -> Prepared:
        """Whether a person's own words may stand in public and claim nothing that the case does not show. Raises
        ReplyUnfit (non-retryable)."""
        step, own = request.step, request.post.text
        async with self._sessions.begin() as session:
            texts, version = await self._policies.texts(session, step.shop)
            if own is None:
                return Prepared(policy=version)
            file = await session.get_one(CaseFile, step.case)
            review = await session.get_one(Review, file.source_row)
            rules = await self._rules(session, step.shop, review.platform)
            private = await private_words(session, review.buyer)
            shown = [*request.shown, *await shown_by_the_marketplace(session, review)]
            with refusing():
                check(await open_text(session, own.id) or "", rules, texts, private, shown, quoting=False)
            return Prepared(policy=version)

    async def _rules(self, session: AsyncSession, shop: str, platform: str) -> PlatformRules:
        platforms, _ = await self._policies.platforms(session, shop)
        return platforms.rules(Platform(platform))
