"""One SMS to a buyer that nobody has to send by hand: inside hours and caps, and never twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.exceptions import ApplicationError

from activities.contacts import lock_person
from activities.gateway_errors import outside
from activities.holidays import calendar_around
from activities.marketplace_clients import Marketplaces
from activities.policies import Policies
from db.contacts import history_of
from db.sessions import Sessions
from db.tables.buyers import Buyer, ShopOrder
from db.tables.contacts import ContactAttempt, Message
from db.tables.office import Shop
from domain.contact_caps import ContactNotAllowed, may_contact_now
from domain.contact_terms import CallResult, Channel, ContactPurpose, PhoneKind
from domain.errors import Refusal
from domain.gate import GateMode
from domain.life_zones import life_zone
from domain.money import format_fen
from domain.outgoing import ClearedNotice, clear_notice
from domain.policies.texts import NoticeKind
from domain.review_case.facts import NoticeSent
from domain.wording import lint
from gateways.aliyun_sms import AliyunSms, SmsCredentials
from gateways.failures import AuthRevoked, GatewayFailure, Rejected
from settings import Settings

# Ours: a notice that can't be given within three days would only confuse.
WORTH_WAITING = timedelta(days=3)
BY_ITSELF = ""  # no person took this contact
# They say that money was sent and nothing else, so no cap counts them.
UNCOUNTED = frozenset({ContactPurpose.PAYMENT_NOTICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What to send about which case. `key` is that of the message: a second one under it is never sent. `order` is the
    order's row, `order_id` the marketplace's own id of it; `words` are those of the template beside shop, item, amount
    and contact. `kind` is its text in the policy, by which the words are cleared."""

    case: str
    shop: str
    key: str
    buyer: UUID | None
    order: UUID | None
    order_id: str
    kind: NoticeKind
    purpose: ContactPurpose
    template: str
    amount_fen: int = 0
    words: Mapping[str, str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Address:
    """How the buyer is reached by SMS: through the marketplace without knowing the phone, or by their own number."""

    order: str
    oaid: str | None
    phone: str | None

    @property
    def usable(self) -> bool:
        return self.oaid is not None or self.phone is not None


class MessengerNotSet(Exception):
    """The messenger's settings are missing; the message names them."""


def messenger(settings: Settings, http: httpx2.AsyncClient) -> AliyunSms | None:
    """None where none is set up."""
    secret = settings.sms_access_key_secret
    if not (settings.sms_access_key_id and secret.get_secret_value()):
        return None
    credentials = SmsCredentials(settings.sms_access_key_id, secret)
    return AliyunSms(http, settings.sms_url, credentials, seconds=settings.outside_timeout_seconds)


class Letters:
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

    async def send(self, letter: Letter) -> NoticeSent:
        """Messengers have no key that makes a repeat safe, so a row is written first; one that a crash left half done
        is never sent again, since nobody likes two."""
        begun = await self._begin(letter)
        if isinstance(begun, NoticeSent):
            return begun
        address, notice = begun
        try:
            with outside():
                outside_id = await self._send(letter, address, notice)
        except ApplicationError as error:
            cause = error.__cause__
            if isinstance(cause, Rejected | AuthRevoked):
                await self._finish(letter, "refused", code=cause.code)
                return NoticeSent(sent=False, why=f"the messenger refused: {cause.code}")
            if isinstance(cause, GatewayFailure) and not cause.maybe_done:
                await self._forget(letter)
            raise
        await self._finish(letter, "sent", outside_id=outside_id)
        return NoticeSent(sent=True, why=str(letter.purpose))

    async def _begin(self, letter: Letter) -> NoticeSent | tuple[Address, ClearedNotice]:
        """Under the lock on the person: hours, caps and stops, then the row that says a message is on its way."""
        async with self._sessions.begin() as session:
            person = await lock_person(session, letter.buyer)
            earlier = await session.scalar(select(Message).where(Message.key == letter.key))
            if earlier is not None:
                return NoticeSent(sent=earlier.status == "sent", why=f"a message was {earlier.status} before")
            order = await session.get(ShopOrder, letter.order) if letter.order else None
            address = await _address(session, letter, order)
            if not address.usable:
                return NoticeSent(sent=False, why="the buyer can't be reached by SMS")
            refused = await self._not_now(session, letter, order)
            if refused is not None:
                return refused
            try:
                notice = await self._words(session, letter, order)
            except Refusal as unfit:
                return NoticeSent(sent=False, why=unfit.message)
            await _keep(session, letter, person)
            return address, notice

    async def _not_now(self, session: AsyncSession, letter: Letter, order: ShopOrder | None) -> NoticeSent | None:
        policy, _ = await self._policies.contact(session, letter.shop)
        zone = life_zone((order.province or "") if order else "", policy)
        day = calendar_around(letter.now, policy).day(letter.now.astimezone(zone.tz).date())
        history = await history_of(session, letter.buyer, letter.now, letter.case)
        try:
            may_contact_now(Channel.SMS, letter.now, letter.case, history, policy, zone, day, purpose=letter.purpose)
        except ContactNotAllowed as refused:
            until = refused.facts.get("until")
            if isinstance(until, datetime) and until <= letter.now + WORTH_WAITING:
                return NoticeSent(sent=False, why=refused.message, again_at=until)
            return NoticeSent(sent=False, why=refused.message)
        return None

    async def _words(self, session: AsyncSession, letter: Letter, order: ShopOrder | None) -> ClearedNotice:
        """Raises WordsUnfit or ScriptIncomplete."""
        texts, _ = await self._policies.texts(session, letter.shop)
        shop = await session.get_one(Shop, letter.shop)
        item = (order.item_title or "")[:20] if order else ""
        if not item or lint(item, texts.wording, GateMode.ON_RESOLUTION, public=False):
            item = "您的订单"  # a title may praise itself in words that no message of ours uses
        words = {"shop": shop.name, "item": item, "amount": format_fen(letter.amount_fen), "contact": "在线客服"}
        return clear_notice(letter.kind, words | dict(letter.words), texts)

    async def _send(self, letter: Letter, address: Address, notice: ClearedNotice) -> str:
        sign = self._settings.sms_sign_name
        if address.oaid is not None:
            marketplace = await self._marketplaces.of(letter.shop)
            sent = await marketplace.sms.send(address.order, address.oaid, sign, letter.template, notice)
            return sent.request_id or ""
        if self._messenger is None or address.phone is None:
            raise MessengerNotSet(
                "AMENDS_SMS_ACCESS_KEY_ID and AMENDS_SMS_ACCESS_KEY_SECRET are not set: set them and restart the worker"
            )
        accepted = await self._messenger.send_sms(address.phone, sign, letter.template, notice, letter.key)
        return accepted.biz_id

    async def _finish(
        self, letter: Letter, status: str, *, outside_id: str | None = None, code: str | None = None
    ) -> None:
        async with self._sessions.begin() as session:
            mine = update(Message).where(Message.key == letter.key)
            sent_at = letter.now if status == "sent" else None
            await session.execute(mine.values(status=status, outside_id=outside_id, code=code, sent_at=sent_at))

    async def _forget(self, letter: Letter) -> None:
        """The messenger certainly did not take it: the next try may send."""
        async with self._sessions.begin() as session:
            await session.execute(delete(Message).where(Message.key == letter.key))
            touch = (ContactAttempt.case == letter.case) & (ContactAttempt.taken_by == BY_ITSELF)
            await session.execute(delete(ContactAttempt).where(touch, ContactAttempt.taken_at == letter.now))


async def _address(session: AsyncSession, letter: Letter, order: ShopOrder | None) -> Address:
    buyer = await session.get(Buyer, letter.buyer) if letter.buyer else None
    mobile = buyer is not None and buyer.phone_kind == PhoneKind.MOBILE
    return Address(letter.order_id, order.oaid if order else None, buyer.phone if buyer and mobile else None)


async def _keep(session: AsyncSession, letter: Letter, person: UUID | None) -> None:
    message = insert(Message).values(
        id=uuid4(),
        case=letter.case,
        key=letter.key,
        channel=Channel.SMS,
        status="sending",
        made_at=datetime.now(UTC),
    )
    await session.execute(message)
    if letter.purpose in UNCOUNTED:
        return
    # Counted downwards: the case numbers its own contacts upwards, and its next run goes on with that.
    least = select(func.least(func.min(ContactAttempt.number), 0)).where(ContactAttempt.case == letter.case)
    touch = insert(ContactAttempt).values(
        id=uuid4(),
        case=letter.case,
        number=(await session.scalar(least) or 0) - 1,
        shop=letter.shop,
        buyer_person=person,
        channel=Channel.SMS,
        outbound=True,
        taken_by=BY_ITSELF,
        taken_at=letter.now,
        ended_at=letter.now,
        result=CallResult.SENT,
        counted=True,
    )
    await session.execute(touch)
