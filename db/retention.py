"""Which cases are due to be forgotten, and forgetting them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from db.attachments import erase_attachments
from db.audit import record
from db.complaints import forget_complaints
from db.sealed_references import references
from db.tables.buyers import Buyer, BuyerLink, Payee, Review, SealedText, ShopOrder
from db.tables.cases import CaseFile
from db.tables.complaints import Complaint
from db.tables.contacts import Message
from db.tables.couriers import CourierClaim
from db.tables.money import Payout
from db.tables.record import CaseEvent
from db.tables.refunds import Parcel, Refund, Shipment, ShipmentScan
from db.tables.retention import ErasedCase, ErasureRun
from db.tables.vault import Attachment, LegalHold
from domain.errors import Refusal
from domain.policies.retention import Forget, RetentionPolicy

A_ROUND = 50


class BuyerStillNeeded(Refusal):
    """A case of the buyer is open or under a legal hold, so the buyer can't be erased yet."""

    code = "BuyerStillNeeded"


@dataclass
class Forgotten:
    """What a round came to. `files` are hashes of files whose bytes nobody needs any more."""

    cases: list[str] = field(default_factory=list)
    texts: int = 0
    buyers: int = 0
    attachments: int = 0
    files: list[str] = field(default_factory=list)


async def due_cases(session: AsyncSession, shop: str, policy: RetentionPolicy, now: datetime, limit: int) -> list[str]:
    """Closed for longer than the policy keeps them, not forgotten since, and under no hold; the oldest first."""
    evidence = CaseFile.state["malice"]["evidence"].astext
    no_evidence = or_(evidence.is_(None), evidence == "[]")
    old = or_(
        CaseFile.closed_at < policy.evidence_before(now),
        no_evidence & (CaseFile.closed_at < policy.closed_before(now)),
    )
    done = exists().where(ErasedCase.case == CaseFile.number, ErasedCase.at >= CaseFile.closed_at)
    found = select(CaseFile.number).where(CaseFile.shop == shop, old, ~done, ~_held())
    return list(await session.scalars(found.order_by(CaseFile.closed_at, CaseFile.number).limit(limit)))


async def held_cases(session: AsyncSession, shop: str, policy: RetentionPolicy, now: datetime) -> list[str]:
    """Cases that would be due were they not held."""
    found = select(CaseFile.number).where(
        CaseFile.shop == shop, CaseFile.closed_at < policy.closed_before(now), _held()
    )
    return list(await session.scalars(found.order_by(CaseFile.number).limit(1000)))


async def forget(
    session: AsyncSession, shop: str, cases: Sequence[str], how: Forget, policy: str, by: str, now: datetime
) -> Forgotten:
    """Take names, numbers, addresses, accounts, words and files of these cases, and of each buyer of whom no other case
    needs them. Events, histories and their hashes stand. The files' bytes are the caller's to take, before this
    transaction ends."""
    run, done = uuid4(), Forgotten()
    for number in cases:
        await _forget_case(session, number, by, now, done)
    for buyer in await _free_buyers(session, cases):
        await _forget_buyer(session, buyer, how, now)
        done.buyers += 1
    counts = {"cases": len(done.cases), "texts": done.texts, "files": done.attachments, "buyers": done.buyers}
    row = {"id": run, "shop": shop, "at": now, "by": by, "policy": policy, "forget": how} | counts
    await session.execute(insert(ErasureRun).values(**row))
    for number in done.cases:
        erased = upsert(ErasedCase).values(case=number, run=run, at=now)
        await session.execute(
            erased.on_conflict_do_update(index_elements=["case_number"], set_={"run": run, "at": now})
        )
    facts = counts | {"run": str(run), "forget": how, "policy": policy, "numbers": done.cases}
    await record(session, by, now, "buyers.forgotten", shop, facts)
    return done


async def cases_of_buyer(session: AsyncSession, buyer: UUID) -> list[str]:
    """All cases of a buyer, to be forgotten together. Raises BuyerStillNeeded."""
    rows = (await session.execute(select(CaseFile.number, CaseFile.closed_at, _held()).where(_of(buyer)))).all()
    needed = [row[0] for row in rows if row[1] is None or row[2]]
    if needed:
        raise BuyerStillNeeded(
            f"Case {needed[0]} of this buyer is open or under a legal hold: close it or have the hold lifted first.",
            case=needed[0],
        )
    return [row[0] for row in rows]


def _held() -> ColumnElement[bool]:
    return exists().where(LegalHold.case == CaseFile.number, LegalHold.lifted_at.is_(None))


def _of(buyer: UUID) -> ColumnElement[bool]:
    return CaseFile.source_row.in_(
        select(Review.id).where(Review.buyer == buyer).union(select(Refund.id).where(Refund.buyer == buyer))
    )


async def _forget_case(session: AsyncSession, number: str, by: str, now: datetime, done: Forgotten) -> None:
    case = await session.get_one(CaseFile, number, with_for_update=True)
    texts = await _texts(session, case)
    gone = update(SealedText).where(SealedText.id.in_(texts), SealedText.erased_at.is_(None))
    erased = await session.scalars(
        gone.values(body=None, salt=None, erased_at=now)
        .returning(SealedText.id)
        .execution_options(synchronize_session=False)
    )
    done.texts += len(erased.all())
    found = select(Attachment).where(Attachment.case == number, Attachment.erased_at.is_(None))
    attachments = list(await session.scalars(found))
    done.files += await erase_attachments(session, attachments, by, now, {})
    done.attachments += len(attachments)
    await session.execute(update(Payout).where(Payout.case == number).values(wire=None, ticket=None, said=None))
    await session.execute(update(Parcel).where(Parcel.case == number).values(waybill=None))
    await session.execute(update(Shipment).where(Shipment.refund == case.source_row).values(waybill=None))
    await session.execute(update(CourierClaim).where(CourierClaim.case == number).values(remark=None))
    scanned = ShipmentScan.shipment.in_(select(Shipment.id).where(Shipment.refund == case.source_row))
    await session.execute(update(ShipmentScan).where(scanned).values(words=None))
    orders = (
        select(Review.order)
        .where(Review.id == case.source_row)
        .union(select(Refund.order).where(Refund.id == case.source_row))
    )
    await session.execute(update(ShopOrder).where(ShopOrder.id.in_(orders)).values(address=None, oaid=None))
    done.cases.append(number)


async def _texts(session: AsyncSession, case: CaseFile) -> set[UUID]:
    """Every text that the case, its review or refund, its messages and its parcels speak of."""
    facts = list(await session.scalars(select(CaseEvent.facts).where(CaseEvent.case == case.number)))
    wanted = {UUID(id) for id, _ in references([*facts, case.state])}
    rows = [
        select(Review.text).where(Review.id == case.source_row),
        select(Refund.note).where(Refund.id == case.source_row),
        select(Message.text).where(Message.case == case.number),
        select(Parcel.note).where(Parcel.case == case.number),
    ]
    for one in rows:
        wanted |= {id for id in await session.scalars(one) if id is not None}
    return wanted


async def _free_buyers(session: AsyncSession, cases: Sequence[str]) -> list[UUID]:
    """The buyers of these cases of whom every case is forgotten."""
    rows = select(CaseFile.source_row).where(CaseFile.number.in_(cases))
    buyers = select(Review.buyer).where(Review.id.in_(rows)).union(select(Refund.buyer).where(Refund.id.in_(rows)))
    free = []
    for buyer in {buyer for buyer in await session.scalars(buyers) if buyer is not None}:
        done = exists().where(ErasedCase.case == CaseFile.number, ErasedCase.at >= CaseFile.closed_at)
        kept = select(func.count()).select_from(CaseFile).where(_of(buyer), CaseFile.number.not_in(cases), ~done)
        if not await session.scalar(kept):
            free.append(buyer)
    return sorted(free)


async def _forget_buyer(session: AsyncSession, id: UUID, how: Forget, now: datetime) -> None:
    buyer = await session.get_one(Buyer, id, with_for_update=True)
    buyer.platform_id = buyer.nick = buyer.name = buyer.phone = buyer.occupation = None
    buyer.phone_tail, buyer.erased_at = None, now
    await forget_complaints(session, Complaint.buyer == id, now)
    await session.execute(update(Payee).where(Payee.buyer == id).values(account=None, name=None))
    if how is Forget.ERASE:
        old, buyer.blind = buyer.blind, os.urandom(32)
        await session.flush()
        others = exists().where(Buyer.person == buyer.person, Buyer.id != id, Buyer.erased_at.is_(None))
        mine = delete(BuyerLink).where(BuyerLink.person == buyer.person)
        # Links of a person who is known elsewhere too are that other buyer's as well.
        name = BuyerLink.kind == "nick"  # another buyer's leads here again when the marketplace tells of them next
        await session.execute(mine.where((BuyerLink.blind == old) | name | ~others))
    await session.flush()
