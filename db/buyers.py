"""Buyers and the pseudonymous person behind them.

A buyer is known by a keyed blind index of the platform's buyer id. Phones, wallet accounts and platform ids lead to one
person; where two persons turn out to be the same, the one with the lowest id stays and the other points to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.sealing import KeyRing
from db.sessions import rows
from db.tables.buyers import Buyer, BuyerLink, BuyerPerson, Payee, Review
from db.tables.cases import CaseFile
from db.tables.refunds import Refund
from domain.errors import Refusal
from domain.payees import check_account
from domain.phones import Phone, PhoneKind, phone_kind
from domain.platforms import Platform
from domain.sealed import PayeeRef, PhoneRef

# Where a nick is a member's name, which nobody else has. Elsewhere many buyers share one.
ONE_OF_A_NICK = frozenset({Platform.TAOBAO, Platform.TMALL, Platform.SANDBOX})
# Numbers that belong to one person for long. Privacy numbers are lent out anew, landlines and 400 numbers are shared.
PERSONAL_PHONES = frozenset({PhoneKind.MOBILE, PhoneKind.FOREIGN})
_MERGING = 0x6D65726765  # "merge": the advisory lock that lets one transaction at a time merge persons
# Built once: every review and every refund that comes in asks them.
_LINKS, _PEOPLE = BuyerLink.metadata.tables["buyer_link"], BuyerPerson.metadata.tables["buyer_person"]
_LINKED = (
    select(BuyerLink.blind, func.coalesce(BuyerPerson.merged_into, BuyerPerson.id).label("person"))
    .join(BuyerPerson, BuyerPerson.id == BuyerLink.person)
    .where(BuyerLink.blind.in_(bindparam("blinds", expanding=True)))
)
_NEW_LINKS = insert(_LINKS).on_conflict_do_nothing().returning(_LINKS.c.blind)
_NEW_PERSON = insert(_PEOPLE)
_BUYERS = Buyer.metadata.tables["buyer"]
_NEW_BUYER = insert(_BUYERS).on_conflict_do_nothing().returning(_BUYERS.c.id)


class BuyerUnknown(Refusal):
    """There is no buyer with this id."""

    code = "BuyerUnknown"


@dataclass(frozen=True, slots=True)
class BuyerFacts:
    """What a marketplace or a person told of a buyer. `platform_id` is the nick or the open uid, whichever the
    marketplace keeps stable; phone and account may be masked, then they identify nobody."""

    platform: str
    platform_id: str
    nick: str | None = None
    name: str | None = None
    phone: str | None = None
    account: str | None = None


async def keep_buyer(session: AsyncSession, ring: KeyRing, facts: BuyerFacts) -> UUID:
    """The id of the buyer's row, made or completed: what is known stays, and an erased buyer gets nothing back."""
    phone = phone_kind(facts.phone)
    blind = ring.blind(f"buyer:{facts.platform}", facts.platform_id)
    links = {blind: "platform"} | _contact_links(ring, phone, facts.account)
    person = await _person_behind(session, links, _name_link(ring, facts))
    row = {
        "id": uuid4(),
        "platform": facts.platform,
        "blind": blind,
        "person": person,
        "platform_id": facts.platform_id,
        "nick": facts.nick,
        "name": facts.name,
        "phone": _dialled(phone),
        "phone_kind": phone.kind if facts.phone else None,
        "phone_tail": tail_of(ring, phone.number),
    }
    new: UUID | None = (await rows(session, _NEW_BUYER, row)).scalar()
    return new or await _completed(session, ring, blind, facts, phone)


async def _completed(session: AsyncSession, ring: KeyRing, blind: bytes, facts: BuyerFacts, phone: Phone) -> UUID:
    """Two transactions that complete one buyer at a time write the same values, so no lock is needed."""
    found = select(Buyer).where(Buyer.platform == facts.platform, Buyer.blind == blind)
    buyer = (await session.scalars(found.execution_options(populate_existing=True))).one()
    if buyer.erased_at is None:
        buyer.nick = buyer.nick or facts.nick
        buyer.name = buyer.name or facts.name
        if buyer.phone is None and facts.phone:
            buyer.phone, buyer.phone_kind = _dialled(phone), phone.kind
            buyer.phone_tail = tail_of(ring, phone.number)
        await session.flush()
    return buyer.id


async def buyer_of_case(session: AsyncSession, case: str) -> UUID | None:
    """The buyer whose review or application a case is about."""
    wrote = select(Review.buyer).join(CaseFile, CaseFile.source_row == Review.id).where(CaseFile.number == case)
    asked = select(Refund.buyer).join(CaseFile, CaseFile.source_row == Refund.id).where(CaseFile.number == case)
    found: UUID | None = await session.scalar(select(func.coalesce(wrote.scalar_subquery(), asked.scalar_subquery())))
    return found


async def person_of(session: AsyncSession, buyer: UUID) -> UUID:
    """The person behind a buyer, after all merging. Raises BuyerUnknown."""
    found = await session.scalar(
        select(func.coalesce(BuyerPerson.merged_into, BuyerPerson.id))
        .join(Buyer, Buyer.person == BuyerPerson.id)
        .where(Buyer.id == buyer)
    )
    if found is None:
        raise BuyerUnknown(f"There is no buyer {buyer}; read the case again.")
    return found


async def aliases_of(session: AsyncSession, person: UUID) -> list[UUID]:
    """Every person id that means this person: rows written before a merge carry the old one."""
    root = select(func.coalesce(BuyerPerson.merged_into, BuyerPerson.id)).where(BuyerPerson.id == person)
    found = select(BuyerPerson.id).where(
        or_(BuyerPerson.id == root.scalar_subquery(), BuyerPerson.merged_into == root.scalar_subquery())
    )
    return list(await session.scalars(found))


async def set_phone(session: AsyncSession, ring: KeyRing, buyer_id: UUID, raw: str) -> PhoneRef:
    """Seal a number that a person of the desk entered, and link it. The reference's id is the buyer's."""
    phone = phone_kind(raw)
    buyer = await _buyer(session, buyer_id)
    buyer.phone, buyer.phone_kind = _dialled(phone), phone.kind
    buyer.phone_tail = tail_of(ring, phone.number)
    await session.flush()
    links = {buyer.blind: "platform"} | _contact_links(ring, phone, None)
    await _person_behind(session, links)
    return PhoneRef(id=str(buyer_id), kind=phone.kind)


async def keep_payee(
    session: AsyncSession,
    ring: KeyRing,
    buyer_id: UUID,
    kind: str,
    account: str,
    name: str | None,
    by: str,
    now: datetime,
) -> PayeeRef:
    """Seal a wallet account and link it. The same account of the same buyer and the same holder is one row. Raises
    PayeeUnfit for what can't be such an account."""
    check_account(kind, account, name)
    buyer = await _buyer(session, buyer_id)
    blind = ring.blind("payee", f"{kind}\x00{_plain(account)}\x00{(name or '').strip()}")
    row = insert(Payee).values(
        id=uuid4(), buyer=buyer_id, kind=kind, account=account.strip(), name=name, blind=blind, made_by=by, made_at=now
    )
    made = await session.scalar(row.on_conflict_do_nothing().returning(Payee.id))
    if made is None:
        made = await session.scalar(select(Payee.id).where(Payee.buyer == buyer_id, Payee.blind == blind))
    await _person_behind(session, {buyer.blind: "platform"} | _account_link(ring, account))
    return PayeeRef(id=str(made), kind=kind)


async def private_words(session: AsyncSession, buyer_id: UUID | None) -> tuple[str, ...]:
    """What of a review's buyer never stands in public."""
    buyer = await session.get(Buyer, buyer_id) if buyer_id else None
    if buyer is None:
        return ()
    return tuple(word for word in (buyer.nick, buyer.name, buyer.phone) if word)


def tail_of(ring: KeyRing, number: str | None) -> bytes | None:
    """The blind index of a number's last four digits, by which a caller is found; None for what has none."""
    digits = "".join(sign for sign in number or "" if sign.isdigit())
    return ring.blind("tail", digits[-4:]) if len(digits) >= 7 else None


async def _buyer(session: AsyncSession, buyer_id: UUID) -> Buyer:
    buyer = await session.get(Buyer, buyer_id)
    if buyer is None:
        raise BuyerUnknown(f"There is no buyer {buyer_id}; read the case again.")
    return buyer


def _dialled(phone: Phone) -> str | None:
    """What is kept of a number: digits, and its extension behind `ext`."""
    return f"{phone.number}ext{phone.extension}" if phone.number and phone.extension else phone.number


def _plain(account: str) -> str:
    return account.strip().lower()


def nick_blind(ring: KeyRing, platform: str, nick: str) -> bytes | None:
    """Where a nick leads; None where it tells nobody apart: on a marketplace that gives it twice, or masked."""
    alone = platform in ONE_OF_A_NICK and nick.strip() and "*" not in nick
    return ring.blind(f"nick:{platform}", nick.strip()) if alone else None


def _name_link(ring: KeyRing, facts: BuyerFacts) -> dict[bytes, str]:
    blind = nick_blind(ring, facts.platform, facts.nick or "")
    return {blind: "nick"} if blind is not None else {}


def _contact_links(ring: KeyRing, phone: Phone, account: str | None) -> dict[bytes, str]:
    links = _account_link(ring, account) if account else {}
    if phone.kind in PERSONAL_PHONES and phone.number:
        links[ring.blind("phone", phone.number)] = "phone"
    return links


def _account_link(ring: KeyRing, account: str) -> dict[bytes, str]:
    """An account that is a phone number links as that phone; a masked one links nothing."""
    plain = _plain(account)
    phone = phone_kind(plain)
    if phone.kind is PhoneKind.MOBILE and phone.number:
        return {ring.blind("phone", phone.number): "phone"}
    return {} if "*" in plain or not plain else {ring.blind("account", plain): "account"}


async def _person_behind(
    session: AsyncSession, links: Mapping[bytes, str], names: Mapping[bytes, str] | None = None
) -> UUID:
    """The one person that all links lead to; missing links are added and persons that meet here are merged. `names`
    lead to this person from now on as well, unless they lead to another; nobody is merged by a name."""
    wanted = {**links, **(names or {})}
    there = await _linked(session, wanted)
    known = {blind: person for blind, person in there.items() if blind in links}
    person = min(known.values(), default=None) or await _new_person(session)
    # Sorted, so that two transactions with the same links never wait for each other crosswise.
    missing = [
        {"blind": blind, "kind": wanted[blind], "person": person} for blind in sorted(wanted) if blind not in there
    ]
    if missing:
        added = await rows(session, _NEW_LINKS, missing)
        if len(added.all()) < len(missing):  # somebody else was faster with one of them
            known = await _linked(session, links)
    met = set(known.values()) | {person}
    return person if len(met) == 1 else await _merge(session, met)


async def _linked(session: AsyncSession, links: Mapping[bytes, str]) -> dict[bytes, UUID]:
    """Per link its person, after merging."""
    return {row.blind: row.person for row in await rows(session, _LINKED, {"blinds": list(links)})}


async def _new_person(session: AsyncSession) -> UUID:
    person = uuid4()
    await rows(session, _NEW_PERSON, {"id": person})
    return person


async def _merge(session: AsyncSession, persons: set[UUID]) -> UUID:
    """One merge at a time, so that every pointer leads straight to its root."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MERGING})
    found = select(func.coalesce(BuyerPerson.merged_into, BuyerPerson.id)).where(BuyerPerson.id.in_(persons))
    roots = set(await session.scalars(found))
    stays = min(roots)
    gone = roots - {stays}
    await session.execute(
        update(BuyerPerson)
        .where(or_(BuyerPerson.id.in_(gone), BuyerPerson.merged_into.in_(gone)))
        .values(merged_into=stays)
        .execution_options(synchronize_session=False)
    )
    return stays
