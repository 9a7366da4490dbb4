"""Contacts of one person: what planning asks the database, in few statements that are built once, since every contact
of every case asks them; the lock on the person; and stops."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, Row, Select, String, Uuid, bindparam, func, null, or_, select, text, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from db.sessions import rows
from db.surges import in_surge
from db.tables.buyers import Buyer, BuyerPerson, Review, ShopOrder
from db.tables.cases import CaseKey
from db.tables.contacts import ContactAttempt, ContactStopRow
from db.tables.refunds import Refund
from domain.contact_history import ContactHistory, ContactStop, ContactTouch
from domain.contact_terms import AddressType, CallResult, Channel, Occupation, PhoneKind, StopSignal, TalkOutcome

REMEMBERED = timedelta(days=90)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('contact:' || :person, 0))")


@dataclass(frozen=True, slots=True)
class BuyerAtHand:
    """What a review's order, buyer and shop tell planning; `buyer` None: nobody is known behind the review. `surge`:
    the shop has more to do than hands."""

    buyer: UUID | None
    province: str
    address_type: AddressType
    sms_by_platform: bool
    occupation: Occupation | None
    phone: PhoneKind
    surge: bool


_AT_HAND = (
    select(
        Review.buyer,
        ShopOrder.province,
        ShopOrder.address_type,
        ShopOrder.oaid.is_not(None).label("has_oaid"),
        Buyer.occupation,
        Buyer.phone_kind,
        in_surge(Review.shop).label("surge"),
    )
    .outerjoin(ShopOrder, ShopOrder.id == Review.order)
    .outerjoin(Buyer, Buyer.id == Review.buyer)
    .where(Review.id == bindparam("review", type_=Uuid))
)


_AT_HAND_OF_REFUND = (
    select(
        Refund.buyer,
        ShopOrder.province,
        ShopOrder.address_type,
        ShopOrder.oaid.is_not(None).label("has_oaid"),
        Buyer.occupation,
        Buyer.phone_kind,
        in_surge(Refund.shop).label("surge"),
    )
    .outerjoin(ShopOrder, ShopOrder.id == Refund.order)
    .outerjoin(Buyer, Buyer.id == Refund.buyer)
    .where(Refund.id == bindparam("review", type_=Uuid))
)


async def buyer_at_hand(session: AsyncSession, review: UUID, now: datetime) -> BuyerAtHand:
    """Of a review, or of an application. Raises NoResultFound for one that is not there."""
    row = (await rows(session, _AT_HAND, {"review": review, "now": now})).one_or_none()
    if row is None:
        row = (await rows(session, _AT_HAND_OF_REFUND, {"review": review, "now": now})).one()
    return BuyerAtHand(
        buyer=row.buyer,
        province=row.province or "",
        address_type=AddressType(row.address_type) if row.address_type else AddressType.UNKNOWN,
        sms_by_platform=bool(row.has_oaid),
        occupation=Occupation(row.occupation) if row.occupation else None,
        phone=PhoneKind(row.phone_kind) if row.phone_kind else PhoneKind.INVALID,
        surge=row.surge,
    )


def _of_person(*columns: Any, person: InstrumentedAttribute[Any], case: InstrumentedAttribute[str]) -> Select[Any]:
    """Rows of a buyer's person under every id that means this person, with the case that goes on in place of theirs."""
    root = (
        select(func.coalesce(BuyerPerson.merged_into, BuyerPerson.id))
        .join(Buyer, Buyer.person == BuyerPerson.id)
        .where(Buyer.id == bindparam("buyer", type_=Uuid))
        .scalar_subquery()
    )
    same = aliased(BuyerPerson)
    people = select(same.id).where(or_(same.id == root, same.merged_into == root))
    found = select(func.coalesce(CaseKey.merged_into, case).label("case_number"), *columns).where(person.in_(people))
    return found.outerjoin(CaseKey, (CaseKey.case == case) & CaseKey.merged_into.is_not(None))


_SINCE = bindparam("since", type_=DateTime(timezone=True))
_THIS_CASE = bindparam("this_case", type_=String)
_TOUCHES = _of_person(
    ContactAttempt.taken_at.label("at"),
    ContactAttempt.channel,
    ContactAttempt.result,
    ContactAttempt.talk,
    ContactAttempt.counted,
    ContactAttempt.outbound,
    ContactAttempt.asked_to_amend,
    # The house numbers its own letters downwards (activities/letters.py).
    (ContactAttempt.number < 0).label("letter"),
    null().label("signal"),
    person=ContactAttempt.buyer_person,
    case=ContactAttempt.case,
).where(
    # A case's own contacts count as long as it lives: its month may be longer than what is remembered of others.
    or_(ContactAttempt.taken_at > _SINCE, func.coalesce(CaseKey.merged_into, ContactAttempt.case) == _THIS_CASE)
)
_STOPS = _of_person(
    ContactStopRow.at, *[null()] * 7, ContactStopRow.signal,
    person=ContactStopRow.buyer_person, case=ContactStopRow.case,
).where(ContactStopRow.lifted_at.is_(None))  # fmt: skip
# One question, since every planning and every contact asks it.
_HISTORY = union_all(_TOUCHES, _STOPS)


async def history_of(session: AsyncSession, buyer: UUID | None, now: datetime, case: str) -> ContactHistory:
    """What a person has been through with us, over every case, shop and channel: in the last 90 days, and ever in
    `case`. A stop is never forgotten."""
    if buyer is None:
        return ContactHistory()
    asked = {"buyer": buyer, "since": now - REMEMBERED, "this_case": case}
    found = (await rows(session, _HISTORY, asked)).all()
    return ContactHistory(
        touches=tuple(_touch(row) for row in found if row.signal is None),
        stops=tuple(
            ContactStop(at=row.at, case=row.case_number, signal=StopSignal(row.signal)) for row in found if row.signal
        ),
    )


async def lock_contacts_of(session: AsyncSession, person: UUID) -> None:
    """Serialises every contact of one person, over cases, shops and channels, until the transaction ends."""
    await rows(session, _LOCK, {"person": str(person)})


async def keep_stop(
    session: AsyncSession, person: UUID | None, case: str, signal: StopSignal, step: str, now: datetime
) -> None:
    """Outbound contact with the person has ended. Repeating it under the same step changes nothing."""
    row = insert(ContactStopRow).values(id=uuid4(), buyer_person=person, case=case, signal=signal, at=now, step=step)
    await session.execute(row.on_conflict_do_nothing(index_elements=["case_number", "step"]))


def _touch(row: Row[Any]) -> ContactTouch:
    return ContactTouch(
        at=row.at,
        channel=Channel(row.channel),
        case=row.case_number,
        result=CallResult(row.result) if row.result else None,
        talk=TalkOutcome(row.talk) if row.talk else None,
        counted=row.counted,
        outbound=row.outbound,
        asks_to_amend=row.asked_to_amend,
        letter=row.letter,
    )
