"""The final notice of a review case to its buyer: at most one."""

from uuid import UUID

from temporalio import activity

from activities.letters import Letter, Letters
from activities.requests import NoticeRequest
from db.sessions import Sessions
from db.tables.buyers import Review
from domain.contact_terms import ContactPurpose
from domain.policies.texts import NoticeKind
from domain.review_case.facts import NoticeSent
from domain.review_case.outcomes import SOLVED
from settings import Settings

PURPOSES = {NoticeKind.PAYMENT: ContactPurpose.PAYMENT_NOTICE, NoticeKind.FOLLOW_UP: ContactPurpose.FOLLOW_UP}


class NoticeActivities:
    def __init__(self, settings: Settings, sessions: Sessions, letters: Letters) -> None:
        self._sessions = sessions
        self._letters = letters
        self._templates = {
            NoticeKind.PAYMENT: settings.sms_template_payment,
            NoticeKind.FOLLOW_UP: settings.sms_template_follow_up,
        }

    @activity.defn
    async def notify(self, request: NoticeRequest) -> NoticeSent:
        """Tell the buyer how it ended."""
        kind = _kind(request)
        if kind is None:
            return NoticeSent(sent=False, why=f"nothing to tell after {request.outcome}")
        async with self._sessions() as session:
            review = await session.get_one(Review, UUID(request.review_row))
        letter = Letter(
            case=request.case,
            shop=request.shop,
            key=f"{request.case}:final:{request.outcome}",
            buyer=review.buyer,
            order=review.order,
            order_id=review.order_external_id,
            kind=kind,
            purpose=PURPOSES[kind],
            template=self._templates[kind],
            amount_fen=request.paid_fen,
            words={},
            now=request.now,
        )
        sent = await self._letters.send(letter)
        return sent.model_copy(update={"why": str(kind)}) if sent.why == letter.purpose else sent


def _kind(request: NoticeRequest) -> NoticeKind | None:
    """A buyer who wants no contact still hears that money was sent, and nothing else."""
    if request.paid_fen:
        return NoticeKind.PAYMENT
    if request.outcome in SOLVED and not request.stopped:
        return NoticeKind.FOLLOW_UP
    return None
