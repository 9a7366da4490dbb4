"""A person's own words for the public, looked at while they are still at hand.

The case looks at them once more; but what it answers stands in the engine's history, so only here a refusal may repeat
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from api.house import House
from api.live import live_state
from api.step_bodies import StepBody
from db.buyers import private_words
from db.reply_templates import shown_by_the_marketplace
from db.tables.buyers import Review
from db.tables.cases import CaseFile
from domain.errors import Refusal
from domain.gate import GateMode
from domain.outgoing import clear
from domain.platforms import Platform
from domain.public_reply import check
from domain.refund_case import rules as refund_rules
from domain.refund_case.steps import Refuse, WriteToBuyer
from domain.review_case.claims import shown_by
from domain.review_case.steps import PostReply
from gateways.top_refund_actions import MESSAGE_BYTES, MESSAGE_CHARS

STEP = str(PostReply.model_fields["step"].default)


class TextTooLong(Refusal):
    """More than the marketplace takes."""

    code = "TextTooLong"


@dataclass(frozen=True)
class Words:
    """A field of a step that the buyer reads on the marketplace, and what that takes: characters or bytes (TOP-10480,
    TOP-125)."""

    field: str
    least_chars: int
    most_chars: int | None = None
    most_bytes: int | None = None

    def check(self, text: str) -> None:
        """Raises TextTooLong."""
        if self.most_chars is not None and not self.least_chars <= len(text) <= self.most_chars:
            raise TextTooLong(
                f"{self.field} has {len(text)} characters; the marketplace takes {self.least_chars} to "
                f"{self.most_chars}.",
                field=self.field,
            )
        if self.most_bytes is not None and len(text.encode()) > self.most_bytes:
            raise TextTooLong(
                f"{self.field} has {len(text.encode())} bytes; the marketplace takes {self.most_bytes}, which are "
                f"{self.most_bytes // 3} Chinese characters.",
                field=self.field,
            )


TO_THE_BUYER: Mapping[str, Words] = {
    refund_rules.name_of(Refuse): Words("message", *MESSAGE_CHARS),
    refund_rules.name_of(WriteToBuyer): Words("words", 1, most_bytes=MESSAGE_BYTES),
}


async def check_public_words(house: House, row: CaseFile, body: StepBody) -> None:
    """Raises ReplyUnfit or WordsUnfit, naming the words and what to say instead, and TextTooLong. Steps whose words
    stay in the house pass."""
    if body.step_name in TO_THE_BUYER:
        await _check_words_to_buyer(house, row, body)
    text = getattr(body, "text", None) if body.step_name == STEP else None
    if text is None:
        return
    state, _ = await live_state(house, row)
    async with house.reads() as session:
        review = await session.get_one(Review, row.source_row)
        texts, _ = await house.policies.texts(session, row.shop)
        platforms, _ = await house.policies.platforms(session, row.shop)
        private = await private_words(session, review.buyer)
        shown = {*shown_by(state), *await shown_by_the_marketplace(session, review)}
    check(text, platforms.rules(Platform(row.platform)), texts, private, shown)


async def _check_words_to_buyer(house: House, row: CaseFile, body: StepBody) -> None:
    words = TO_THE_BUYER[body.step_name]
    text = getattr(body, words.field)
    words.check(text)
    async with house.reads() as session:
        texts, _ = await house.policies.texts(session, row.shop)
    clear(text, texts.wording, GateMode.ON_RESOLUTION)
