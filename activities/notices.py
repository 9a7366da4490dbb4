"""The final notice to the buyer: at most one, inside the hours and caps, never sent twice."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.contacts import lock_person, zone_of
from activities.gateway_errors import outside
from activities.holidays import calendar_around
from activities.marketplace_clients import Marketplaces
from activities.policies import Policies
from activities.requests import NoticeRequest
from db.contacts import history_of
from db.sessions import Sessions
from db.tables.buyers import Buyer, Review, ShopOrder
from db.tables.contacts import ContactAttempt, Message
from db.tables.office import Shop
from domain.contact_caps import ContactNotAllowed, may_contact_now
from domain.contact_terms import CallResult, Channel, ContactPurpose, PhoneKind
from domain.errors import Refusal
from domain.gate import GateMode
from domain.money import format_fen
from domain.outgoing import ClearedNotice, clear_notice
from domain.policies.texts import NoticeKind
from domain.review_case.facts import NoticeSent
from domain.review_case.outcomes import SOLVED
from domain.wording import lint
from gateways.aliyun_sms import AliyunSms
from gateways.failures import AuthRevoked, GatewayFailure, Rejected
from settings import Settings

# Ours: a notice that can't be given within three days would only confuse.
WORTH_WAITING = timedelta(days=3)
BY_ITSELF = ""  # no person took this contact
PURPOSES = {NoticeKind.PAYMENT: ContactPurpose.PAYMENT_NOTICE, NoticeKind.FOLLOW_UP: ContactPurpose.FOLLOW_UP}


@dataclass(frozen=True, slots=True)
class Address:
    """How the buyer is reached by SMS: through the marketplace without knowing the phone, or by their own number."""

    order: str
    oaid: str | None
    phone: str | None

    @property
    def usable(self) -> bool:
        return self.oaid is not None or self.phone is not None


class NoticeActivities:
    def __init__(
        self,
        settings: Settings,
        sessions: Sessions,
        policies: Policies,
        marketplaces: Marketplaces,
        messenger: AliyunSms | None,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._policies = policies
        self._marketplaces = marketplaces
        self._messenger = messenger

    @activity.defn
    async def notify(self, request: NoticeRequest) -> NoticeSent:
        """Tell the buyer how it ended. Messengers have no key that makes a repeat safe, so a row is written first; one
        that a crash left half done is never sent again, since nobody likes two."""
        kind = _kind(request)
        if kind is None:
            return NoticeSent(sent=False, why=f"nothing to tell after {request.outcome}")
        begun = await self._begin(request, kind)
        if isinstance(begun, NoticeSent):
            return begun
        address, notice = begun
        try:
            with outside():
                outside_id = await self._send(request, kind, address, notice)
        except ApplicationError as error:
            cause = error.__cause__
            if isinstance(cause, Rejected | AuthRevoked):
                await self._finish(request, "refused", code=cause.code)
                return NoticeSent(sent=False, why=f"the messenger refused: {cause.code}")
            if isinstance(cause, GatewayFailure) and not cause.maybe_done:
                await self._forget(request)
            raise
        await self._finish(request, "sent", outside_id=outside_id)
        return NoticeSent(sent=True, why=str(kind))

    async def _begin(self, request: NoticeRequest, kind: NoticeKind) -> NoticeSent | tuple[Address, ClearedNotice]:
        """Under the lock on the person: hours, caps and stops, then the row that says a message is on its way."""
        async with self._sessions.begin() as session:
            review = await session.get_one(Review, UUID(request.review_row))
            person = await lock_person(session, review.buyer)
            earlier = await session.scalar(select(Message).where(Message.key == _key(request)))
            if earlier is not None:
                return NoticeSent(sent=earlier.status == "sent", why=f"a message was {earlier.status} before")
            order = await session.get(ShopOrder, review.order) if review.order else None
            address = await _address(session, review, order)
            if not address.usable:
                return NoticeSent(sent=False, why="the buyer can't be reached by SMS")
            refused = await self._not_now(session, request, kind, review)
            if refused is not None:
                return refused
            try:
                notice = await self._words(session, request, kind, order)
            except Refusal as unfit:
                return NoticeSent(sent=False, why=unfit.message)
            await _keep(session, request, kind, person)
            return address, notice

    async def _not_now(
        self, session: AsyncSession, request: NoticeRequest, kind: NoticeKind, review: Review
    ) -> NoticeSent | None:
        policy, _ = await self._policies.contact(session, request.shop)
        zone = await zone_of(session, review, policy)
        day = calendar_around(request.now, policy).day(request.now.astimezone(zone.tz).date())
        history = await history_of(session, review.buyer, request.now)
        try:
            may_contact_now(Channel.SMS, request.now, request.case, history, policy, zone, day, purpose=PURPOSES[kind])
        except ContactNotAllowed as refused:
            until = refused.facts.get("until")
            if isinstance(until, datetime) and until <= request.now + WORTH_WAITING:
                return NoticeSent(sent=False, why=refused.message, again_at=until)
            return NoticeSent(sent=False, why=refused.message)
        return None

    async def _words(
        self, session: AsyncSession, request: NoticeRequest, kind: NoticeKind, order: ShopOrder | None
    ) -> ClearedNotice:
        """Raises WordsUnfit or ScriptIncomplete."""
        texts, _ = await self._policies.texts(session, request.shop)
        shop = await session.get_one(Shop, request.shop)
        item = (order.item_title or "")[:20] if order else ""
        if not item or lint(item, texts.wording, GateMode.ON_RESOLUTION, public=False):
            item = "您的订单"  # a title may praise itself in words that no message of ours uses
        words = {"shop": shop.name, "item": item, "amount": format_fen(request.paid_fen), "contact": "在线客服"}
        return clear_notice(kind, words, texts)

    async def _send(self, request: NoticeRequest, kind: NoticeKind, address: Address, notice: ClearedNotice) -> str:
        payment = kind is NoticeKind.PAYMENT
        template = self._settings.sms_template_payment if payment else self._settings.sms_template_follow_up
        sign = self._settings.sms_sign_name
        if address.oaid is not None:
            marketplace = await self._marketplaces.of(request.shop)
            sent = await marketplace.sms.send(address.order, address.oaid, sign, template, notice)
            return sent.request_id or ""
        if self._messenger is None or address.phone is None:
            raise MessengerNotSet(
                "AMENDS_SMS_ACCESS_KEY_ID and AMENDS_SMS_ACCESS_KEY_SECRET are not set: set them and restart the worker"
            )
        accepted = await self._messenger.send_sms(address.phone, sign, template, notice, _key(request))
        return accepted.biz_id

    async def _finish(
        self, request: NoticeRequest, status: str, *, outside_id: str | None = None, code: str | None = None
    ) -> None:
        async with self._sessions.begin() as session:
            mine = update(Message).where(Message.key == _key(request))
            sent_at = request.now if status == "sent" else None
            await session.execute(mine.values(status=status, outside_id=outside_id, code=code, sent_at=sent_at))

    async def _forget(self, request: NoticeRequest) -> None:
        """The messenger certainly did not take it: the next try may send."""
        async with self._sessions.begin() as session:
            await session.execute(delete(Message).where(Message.key == _key(request)))
            touch = (ContactAttempt.case == request.case) & (ContactAttempt.taken_by == BY_ITSELF)
            await session.execute(delete(ContactAttempt).where(touch, ContactAttempt.taken_at == request.now))


class MessengerNotSet(Exception):
    """The messenger's settings are missing; the message names them."""


def _kind(request: NoticeRequest) -> NoticeKind | None:
    """A buyer who wants no contact still hears that money was sent, and nothing else."""
    if request.paid_fen:
        return NoticeKind.PAYMENT
    if request.outcome in SOLVED and not request.stopped:
        return NoticeKind.FOLLOW_UP
    return None


def _key(request: NoticeRequest) -> str:
    return f"{request.case}:final:{request.outcome}"


async def _address(session: AsyncSession, review: Review, order: ShopOrder | None) -> Address:
    buyer = await session.get(Buyer, review.buyer) if review.buyer else None
    mobile = buyer is not None and buyer.phone_kind == PhoneKind.MOBILE
    return Address(review.order_external_id, order.oaid if order else None, buyer.phone if buyer and mobile else None)


async def _keep(session: AsyncSession, request: NoticeRequest, kind: NoticeKind, person: UUID | None) -> None:
    message = insert(Message).values(
        id=uuid4(),
        case=request.case,
        key=_key(request),
        channel=Channel.SMS,
        status="sending",
        made_at=datetime.now(UTC),
    )
    await session.execute(message)
    if kind is NoticeKind.PAYMENT:
        return  # exempt from caps: it says that money was sent and nothing else
    # Counted downwards: the case numbers its own contacts upwards, and its next run goes on with that.
    least = select(func.least(func.min(ContactAttempt.number), 0)).where(ContactAttempt.case == request.case)
    touch = insert(ContactAttempt).values(
        id=uuid4(),
        case=request.case,
        number=(await session.scalar(least) or 0) - 1,
        shop=request.shop,
        buyer_person=person,
        channel=Channel.SMS,
        outbound=True,
        taken_by=BY_ITSELF,
        taken_at=request.now,
        ended_at=request.now,
        result=CallResult.SENT,
        counted=True,
    )
    await session.execute(touch)
