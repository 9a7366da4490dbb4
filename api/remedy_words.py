"""What is proposed, promised, granted or recorded as a remedy, looked at while its words are at hand."""

from collections.abc import Mapping

from api.house import House
from api.step_bodies import StepBody
from db.tables.cases import CaseFile
from domain.fake_reviews import forbid_fake_reviews
from domain.review_case import agreement_steps
from domain.review_case.rules import name_of
from domain.review_case.steps import MakeOffer

# Not notes, chats and talks: there a person may write down what somebody else has said or threatened.
REMEDIES: Mapping[str, str] = {
    name_of(agreement_steps.AskDecision): "what",
    name_of(agreement_steps.Decide): "answer",
    name_of(agreement_steps.MakePromise): "what",
    name_of(agreement_steps.RecordFix): "what",
    name_of(MakeOffer): "reason",
}


async def check_remedy_words(house: House, row: CaseFile, body: StepBody) -> None:
    """Raises FakeReviewForbidden. Every other step passes."""
    field = REMEDIES.get(body.step_name)
    words = getattr(body, field) if field else None
    if words is None:
        return
    async with house.reads() as session:
        texts, _ = await house.policies.texts(session, row.shop)
    forbid_fake_reviews(words, texts.wording)
