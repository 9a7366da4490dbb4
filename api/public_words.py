"""A person's own words for the public, looked at while they are still at hand.

The case looks at them once more; but what it answers stands in the engine's history, so only here a refusal may repeat
them.
"""

from api.house import House
from api.live import live_state
from api.step_bodies import StepBody
from db.buyers import private_words
from db.reply_templates import shown_by_the_marketplace
from db.tables.buyers import Review
from db.tables.cases import CaseFile
from domain.platforms import Platform
from domain.public_reply import check
from domain.review_case.claims import shown_by
from domain.review_case.steps import PostReply

STEP = str(PostReply.model_fields["step"].default)


async def check_public_words(house: House, row: CaseFile, body: StepBody) -> None:
    """Raises ReplyUnfit, naming the words and what to say instead. Every other step passes."""
    text = getattr(body, "text", None) if body.step_name == STEP else None
    if text is None:
        return
    state, _ = await live_state(house, row)
    async with house.reads() as session:
        review = await session.get_one(Review, row.source_row)
        texts, _ = await house.policies.texts(session, row.shop)
        platforms, _ = await house.policies.platforms(session, row.shop)
        private = await private_words(session, review)
        shown = {*shown_by(state), *await shown_by_the_marketplace(session, review)}
    check(text, platforms.rules(Platform(row.platform)), texts, private, shown)
