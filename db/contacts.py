"""Contacts of one person: what planning asks the database, in few statements that are built once, since every contact
of every case asks them; the lock on the person; and stops."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    DateTime,
    Select,
    String,
    Uuid,
    bindparam,
    func,
    null,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

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


_BEHIND = bindparam("behind", type_=Uuid)


def _at_hand(source: type[Review] | type[Refund]) -> Select[*tuple[Any, ...]]:
    found = select(
        source.buyer,
        ShopOrder.province,
        ShopOrder.address_type,
        ShopOrder.oaid.is_not(None).label("has_oaid"),
        Buyer.occupation,
        Buyer.phone_kind,
        in_surge(source.shop).label("surge"),
    )
    found = found.outerjoin(ShopOrder, ShopOrder.id == source.order).outerjoin(Buyer, Buyer.id == source.buyer)
    return found.where(source.id == _BEHIND)


AT_HAND = union_all(_at_hand(Review), _at_hand(Refund))


def at_hand_in(row: Any) -> BuyerAtHand:
    """What a row of AT_HAND tells."""
    return BuyerAtHand(
        buyer=row.buyer,
        province=row.province or "",
        address_type=AddressType(row.address_type) if row.address_type else AddressType.UNKNOWN,
        sms_by_platform=bool(row.has_oaid),
        occupation=Occupation(row.occupation) if row.occupation else None,
        phone=PhoneKind(row.phone_kind) if row.phone_kind else PhoneKind.INVALID,
        surge=row.surge,
    )


def _history_of(buyer: ColumnElement[UUID]) -> CompoundSelect[Any]:
    """Touches and stops of a buyer's person under every id that means this person, each with the case that goes on in
    place of its own. One question, since every planning and every contact asks it."""
    root = (
        select(func.coalesce(BuyerPerson.merged_into, BuyerPerson.id))
        .join(Buyer, Buyer.person == BuyerPerson.id)
        .where(Buyer.id == buyer)
        .scalar_subquery()
    )
    same = aliased(BuyerPerson)
    people = select(same.id).where(or_(same.id == root, same.merged_into == root))

    def found(source: type[ContactAttempt] | type[ContactStopRow], *columns: Any) -> Select[Any]:
        goes_on = func.coalesce(CaseKey.merged_into, source.case)
        wanted = select(goes_on.label("case_number"), *columns).where(source.buyer_person.in_(people))
        return wanted.outerjoin(CaseKey, (CaseKey.case == source.case) & CaseKey.merged_into.is_not(None))

    touches = found(
        ContactAttempt,
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
    ).where(
        # A case's own contacts count as long as it lives: its month may be longer than what is remembered of others.
        or_(
            ContactAttempt.taken_at > bindparam("since", type_=DateTime(timezone=True)),
            func.coalesce(CaseKey.merged_into, ContactAttempt.case) == bindparam("this_case", type_=String),
        )
    )
    stops = found(ContactStopRow, ContactStopRow.at, *[null()] * 7, ContactStopRow.signal)
    return union_all(touches, stops.where(ContactStopRow.lifted_at.is_(None)))


_HISTORY = _history_of(bindparam("buyer", type_=Uuid))
HISTORY_BEHIND = _history_of(
    func.coalesce(
        select(Review.buyer).where(Review.id == _BEHIND).scalar_subquery(),
        select(Refund.buyer).where(Refund.id == _BEHIND).scalar_subquery(),
    )
)


async def history_of(session: AsyncSession, buyer: UUID | None, now: datetime, case: str) -> ContactHistory:
    """What a person has been through with us, over every case, shop and channel: in the last 90 days, and ever in
    `case`. A stop is never forgotten."""
    if buyer is None:
        return ContactHistory()
    asked = {"buyer": buyer, "since": now - REMEMBERED, "this_case": case}
    return history_in((await rows(session, _HISTORY, asked)).all())


def history_in(found: Sequence[Any]) -> ContactHistory:
    """What rows of such a question tell."""
    return ContactHistory(
        touches=tuple(_touch(row) for row in found if row.signal is None),
        stops=tuple(
            ContactStop(at=row.at, case=row.case_number, signal=StopSignal(row.signal)) for row in found if row.signal
        ),
    )


async def asks_in_merged(session: AsyncSession, case: str) -> int:
    """In how many contacts of the cases merged into this one the review was mentioned."""
    merged = select(CaseKey.case).where(CaseKey.merged_into == case)
    asked = select(func.count()).where(ContactAttempt.case.in_(merged), ContactAttempt.asked_to_amend)
    return await session.scalar(asked) or 0


async def lock_contacts_of(session: AsyncSession, person: UUID) -> None:
    """Serialises every contact of one person, over cases, shops and channels, until the transaction ends."""
    await rows(session, _LOCK, {"person": str(person)})


async def keep_stop(
    session: AsyncSession, person: UUID | None, case: str, signal: StopSignal, step: str, now: datetime
) -> None:
    """Outbound contact with the person has ended. Repeating it under the same step changes nothing."""
    row = insert(ContactStopRow).values(id=uuid4(), buyer_person=person, case=case, signal=signal, at=now, step=step)
    await session.execute(row.on_conflict_do_nothing(index_elements=["case_number", "step"]))


def _touch(row: Any) -> ContactTouch:
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
