"""What a refund case tells its buyer by itself: that a parcel is late, before they ask (R140), and how it ended (S002:
it lowers complaints); each once."""

from uuid import UUID

from temporalio import activity

from activities.letters import Letter, Letters
from activities.refund_requests import RefundNoticeRequest, TellRequest
from db.sessions import Sessions
from db.tables.refunds import Refund
from domain.contact_terms import ContactPurpose
from domain.policies.texts import NoticeKind
from domain.refund_case.outcomes import PAID_BACK, RefundOutcome
from domain.review_case.facts import NoticeSent
from domain.tracking import Leg
from settings import Settings

# What the buyer reads; of the other outcomes the marketplace has told them by itself, or there is nothing to tell.
RESULTS = {
    RefundOutcome.REFUNDED: "退款已完成",
    RefundOutcome.REFUNDED_BY_PLATFORM: "退款已完成",
    RefundOutcome.RULED_FOR_BUYER: "退款已完成",
    RefundOutcome.EXCHANGED: "换货已完成",
    RefundOutcome.REFUSED: "申请未通过，如有疑问请随时联系我们",
}


# The buyer keeps the goods for something that we gave in place of a refund (S002: tell the result, thank again).
GIVEN = "约定的补偿已发放，感谢您的理解"
PARCELS = {Leg.ORDER: "包裹", Leg.BACK: "退回包裹", Leg.OUT: "补发包裹"}


class RefundNoticeActivities:
    def __init__(self, settings: Settings, sessions: Sessions, letters: Letters) -> None:
        self._sessions = sessions
        self._letters = letters
        self._template = settings.sms_template_refund
        self._tellings = {
            NoticeKind.DELAY: settings.sms_template_delay,
            NoticeKind.KEEP_PACKAGING: settings.sms_template_keep_packaging,
        }

    @activity.defn
    async def notify_refund(self, request: RefundNoticeRequest) -> NoticeSent:
        """Tell the buyer how it ended. That money is back counts against no cap; the rest is a contact like any."""
        result = GIVEN if request.given_fen else RESULTS.get(request.outcome)
        if result is None:
            return NoticeSent(sent=False, why=f"nothing to tell after {request.outcome}")
        async with self._sessions() as session:
            row = await session.get_one(Refund, UUID(request.refund_row))
        money = request.outcome in PAID_BACK or request.paid_fen > 0
        letter = Letter(
            case=request.case,
            shop=request.shop,
            key=f"{request.case}:final:{request.outcome}",
            buyer=row.buyer,
            order=row.order,
            order_id=row.order_external_id,
            kind=NoticeKind.REFUND,
            purpose=ContactPurpose.PAYMENT_NOTICE if money else ContactPurpose.FOLLOW_UP,
            template=self._template,
            amount_fen=request.refunded_fen or request.given_fen,
            words={"result": result},
            now=request.now,
        )
        return await self._letters.send(letter)

    @activity.defn
    async def tell_buyer(self, request: TellRequest) -> NoticeSent:
        """A contact like any other: inside hours and caps, and not to a buyer who wants none."""
        async with self._sessions() as session:
            row = await session.get_one(Refund, UUID(request.refund_row))
        letter = Letter(
            case=request.case,
            shop=request.shop,
            key=f"{request.case}:{request.kind}:{request.subject}",
            buyer=row.buyer,
            order=row.order,
            order_id=row.order_external_id,
            kind=request.kind,
            purpose=ContactPurpose.FOLLOW_UP,
            template=self._tellings[request.kind],
            words={"result": PARCELS[request.leg]},
            now=request.now,
        )
        return await self._letters.send(letter)
