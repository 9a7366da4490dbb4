"""What the way in keeps of a review, its order and its buyer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from db.buyers import BuyerFacts, aliases_of, keep_buyer, keep_payee, person_of, set_phone
from db.reviews import Kept, ReviewFacts, keep_review
from db.sealed_texts import open_text, seal_text
from db.sealing import KeyRing, commitment
from db.sessions import Sessions
from db.tables.buyers import Buyer, Review, SealedText, ShopOrder
from db.tables.office import Shop
from domain.phones import PhoneKind

CHEN = BuyerFacts("sandbox", "chen-1", nick="chen", name="陈", phone="13800138000", account="chen@example.com")
Keep = Callable[[ReviewFacts], Awaitable[Kept]]
KeepBuyer = Callable[[BuyerFacts], Awaitable[UUID]]


@pytest.fixture
def facts(now: datetime) -> ReviewFacts:
    return ReviewFacts("demo", "sandbox", "r1", "o1", "bad", "坏了 😡", now, CHEN, "pull", item_title="水壶")


@pytest.fixture
async def shop(open_session: Sessions, now: datetime) -> str:
    row = Shop(code="demo", name="Demo", platform="sandbox", jurisdiction="none", seller_nick="demo", cut_off_at=now)
    row.zone, row.gate_mode = "Asia/Shanghai", "after_amendment"
    async with open_session.begin() as session:
        session.add(row)
    return "demo"


@pytest.fixture
def keep(shop: str, open_session: Sessions, ring: KeyRing, now: datetime) -> Keep:
    async def kept(facts: ReviewFacts) -> Kept:
        async with open_session.begin() as session:
            return await keep_review(session, ring, facts, now)

    return kept


@pytest.fixture
def keep_person(open_session: Sessions, ring: KeyRing) -> KeepBuyer:
    """Keeps a buyer and returns the person behind."""

    async def kept(facts: BuyerFacts) -> UUID:
        async with open_session.begin() as session:
            return await person_of(session, await keep_buyer(session, ring, facts))

    return kept


async def test_a_text_is_opened_by_its_reference(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        ref = await seal_text(session, "note", "记一笔 😀", now)
    async with open_session() as session:
        row = (await session.scalars(select(SealedText))).one()
        assert await open_text(session, ref.id) == "记一笔 😀"
        assert row.salt is not None
        assert ref.digest == commitment(row.salt, "记一笔 😀")


async def test_an_erased_text_opens_as_nothing(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        ref = await seal_text(session, "note", "gone", now)
        await session.execute(text("UPDATE sealed_text SET body = NULL, salt = NULL"))
    async with open_session() as session:
        assert await open_text(session, ref.id) is None


async def test_a_review_seen_again_is_neither_new_nor_changed(keep: Keep, facts: ReviewFacts) -> None:
    first, again = await keep(facts), await keep(replace(facts, source="push"))
    assert (first.new, again.new, again.changed) == (True, False, False)
    assert first.row == again.row


async def test_a_changed_review_keeps_its_first_text_and_the_new_grade(
    keep: Keep, facts: ReviewFacts, open_session: Sessions
) -> None:
    await keep(facts)
    changed = await keep(replace(facts, grade="good", text="很好"))
    async with open_session() as session:
        row = (await session.scalars(select(Review))).one()
        assert changed.changed
        assert row.grade == "good"
        assert await open_text(session, row.text) == "坏了 😡"


async def test_an_appended_review_is_changed(keep: Keep, facts: ReviewFacts) -> None:
    await keep(facts)
    assert (await keep(replace(facts, append="更坏了"))).changed


async def test_one_review_that_comes_by_many_ways_at_once_is_new_once(
    keep: Keep, facts: ReviewFacts, open_session: Sessions
) -> None:
    kept = await asyncio.gather(*(keep(facts) for _ in range(8)))
    async with open_session() as session:
        counts = [await session.scalar(select(func.count()).select_from(t)) for t in (Review, SealedText, Buyer)]
    assert [one.new for one in kept].count(True) == 1
    assert counts == [1, 1, 1]


async def test_an_order_is_completed_and_never_overwritten(
    keep: Keep, facts: ReviewFacts, open_session: Sessions
) -> None:
    await keep(facts)
    await keep(replace(facts, external_id="r2", item_title="茶壶", paid_fen=9900))
    async with open_session() as session:
        order = (await session.scalars(select(ShopOrder))).one()
    assert (order.item_title, order.paid_fen) == ("水壶", 9900)


async def test_a_nul_and_a_broken_surrogate_are_stored_as_a_replacement_sign(
    keep: Keep, facts: ReviewFacts, open_session: Sessions
) -> None:
    kept = await keep(replace(facts, text="a\x00b\ud83d", item_title="t\x00"))
    async with open_session() as session:
        row = await session.get_one(Review, kept.row)
        assert await open_text(session, row.text) == "a�b�"


async def test_buyers_behind_masked_ids_are_told_apart_by_their_orders(
    keep: Keep, facts: ReviewFacts, open_session: Sessions
) -> None:
    masked = BuyerFacts("sandbox", "c**n")
    await keep(replace(facts, buyer=masked))
    await keep(replace(facts, buyer=masked, external_id="r2", order_external_id="o2"))
    async with open_session() as session:
        assert await session.scalar(select(func.count(Buyer.person.distinct()))) == 2


async def test_one_phone_leads_to_one_person_across_platforms(keep_person: KeepBuyer) -> None:
    first = await keep_person(CHEN)
    assert await keep_person(BuyerFacts("taobao", "c-77", phone="+86 138 0013 8000")) == first


@pytest.mark.parametrize("phone", ["138****8000", "13800138000-1234", "010-62345678"])
async def test_a_shared_or_masked_number_links_nobody(keep_person: KeepBuyer, phone: str) -> None:
    first = await keep_person(BuyerFacts("taobao", "a", phone=phone))
    assert await keep_person(BuyerFacts("taobao", "b", phone=phone)) != first


async def test_two_persons_who_meet_in_one_buyer_become_one(keep_person: KeepBuyer, open_session: Sessions) -> None:
    by_phone = await keep_person(BuyerFacts("taobao", "a", phone="13800138000"))
    by_account = await keep_person(BuyerFacts("taobao", "b", account="x@example.com"))
    met = await keep_person(BuyerFacts("taobao", "c", phone="13800138000", account="x@example.com"))
    async with open_session() as session:
        assert met == min(by_phone, by_account)
        assert {by_phone, by_account} <= set(await aliases_of(session, by_account))


async def test_many_merges_at_once_leave_one_person(keep_person: KeepBuyer) -> None:
    await asyncio.gather(*(keep_person(BuyerFacts("taobao", f"b{n}", phone=f"1380013800{n}")) for n in range(8)))
    chain = [BuyerFacts("taobao", f"b{n}", phone=f"1380013800{(n + 1) % 8}") for n in range(8)]
    await asyncio.gather(*(keep_person(facts) for facts in chain))
    assert len({await keep_person(facts) for facts in chain}) == 1


async def test_a_phone_that_an_agent_enters_is_sealed_and_links(
    keep_person: KeepBuyer, open_session: Sessions, ring: KeyRing
) -> None:
    known = await keep_person(BuyerFacts("taobao", "a", phone="13800138000"))
    async with open_session.begin() as session:
        buyer = await keep_buyer(session, ring, BuyerFacts("taobao", "b", phone="138****8000"))
        ref = await set_phone(session, ring, buyer, "138 0013 8000")
        assert ref.kind == PhoneKind.MOBILE
        assert await person_of(session, buyer) in await aliases_of(session, known)
    async with open_session() as session:
        stored = await session.scalar(text("SELECT phone FROM buyer WHERE id = :id"), {"id": buyer})
    assert b"13800138000" not in stored


async def test_one_account_of_one_buyer_is_one_payee(open_session: Sessions, ring: KeyRing, now: datetime) -> None:
    async with open_session.begin() as session:
        buyer = await keep_buyer(session, ring, CHEN)
        first = await keep_payee(session, ring, buyer, "ALIPAY_LOGON_ID", "a@example.com", "陈", "alice", now)
        again = await keep_payee(session, ring, buyer, "ALIPAY_LOGON_ID", " A@example.com", "陈", "bob", now)
    assert first == again


async def test_an_erased_buyer_gets_nothing_back_from_the_marketplace(
    open_session: Sessions, ring: KeyRing, now: datetime
) -> None:
    async with open_session.begin() as session:
        buyer = await session.get_one(Buyer, await keep_buyer(session, ring, CHEN))
        buyer.name, buyer.phone, buyer.nick, buyer.erased_at = None, None, None, now
    async with open_session.begin() as session:
        again = await session.get_one(Buyer, await keep_buyer(session, ring, CHEN))
    assert (again.id, again.name, again.phone) == (buyer.id, None, None)
