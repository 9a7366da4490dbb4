"""A record without its workflows: a shop, cases whose events are chained as the projector does, and whoever may spoil
them."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from db import chain, office
from db.buyers import BuyerFacts
from db.heads import make_head
from db.reviews import ReviewFacts, keep_review
from db.sealing import KeyRing
from db.sessions import Sessions
from db.signatures import Signer
from db.tables.cases import CaseFile
from db.tables.record import CaseEvent

SHOP = "demo"
ONE, TWO = "A26-00000-0000W", "A26-10000-0000M"


def signer(seed: bytes = b"s") -> Signer:
    made = Signer.parse(base64.b64encode(seed * 32).decode())
    assert made is not None
    return made


async def open_shop(session: AsyncSession, now: datetime, code: str = SHOP) -> None:
    facts: dict[str, Any] = {"code": code, "name": "Demo", "platform": "sandbox", "jurisdiction": "none"}
    await office.add_shop(session, "tests", now, **facts, cut_off_at=now - timedelta(days=60))


async def add_case(session: AsyncSession, ring: KeyRing, number: str, now: datetime, events: int = 3) -> None:
    """An open case of a review by Chen, with that many events a minute apart."""
    oid = uuid4().hex
    buyer = BuyerFacts("sandbox", f"chen-{oid}", nick="chenchen", name="陈晓", phone="13800138000")
    facts = ReviewFacts(
        SHOP, "sandbox", oid, f"tid-{oid}", "bad", "用了一次就坏了", now, buyer, "pull", address="杭州市文一西路1号"
    )
    kept = await keep_review(session, ring, facts, now)
    await session.execute(
        insert(CaseFile).values(
            number=number, kind="review", workflow=f"review:sandbox:{SHOP}:{oid}", run=1, shop=SHOP, platform="sandbox",
            external_id=oid, source_row=kept.row, stage="contacting", grade="bad", severity=1, due_at=now, due_what="",
            review_created_at=now, opened_at=now, version=0, person_step=0, state={}, written_at=now,
        )
    )  # fmt: skip
    await add_events(session, number, [{"n": n} for n in range(1, events + 1)], now)


async def add_events(session: AsyncSession, number: str, facts: Sequence[dict[str, Any]], now: datetime) -> None:
    """One event for each of the facts, behind those that are there."""
    rows = await session.execute(
        text("SELECT seq, hash FROM case_event WHERE case_number = :n ORDER BY seq DESC LIMIT 1"), {"n": number}
    )
    last = rows.first()
    seq, previous = (last.seq, last.hash) if last else (0, chain.FIRST)
    for fact in facts:
        seq += 1
        line = {
            "case": number, "seq": seq, "at": now + timedelta(minutes=seq), "kind": "noted", "actor_kind": "person",
            "actor": "alice", "policy": None, "facts": fact,
        }  # fmt: skip
        current = chain.link(previous, line)
        await session.execute(insert(CaseEvent).values(**line, previous=previous, hash=current))
        previous = current
    await session.execute(text("UPDATE case_file SET version = :v WHERE number = :n"), {"v": seq, "n": number})


async def spoil(owner: AsyncEngine, table: str, *statements: str) -> None:
    """Change what nobody may change, as somebody with the owner's rights can."""
    async with owner.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
        for statement in statements:
            await connection.execute(text(statement))
        await connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER append_only"))


async def reckon_anew(owner: AsyncEngine, case: str) -> None:
    """Forge the case's first event and every hash after it, so that the chain itself holds."""
    fields = ("seq", "at", "kind", "actor_kind", "actor", "policy", "facts")
    async with owner.begin() as connection:
        await connection.execute(text("ALTER TABLE case_event DISABLE TRIGGER append_only"))
        found = await connection.execute(
            text("SELECT * FROM case_event WHERE case_number = :n ORDER BY seq"), {"n": case}
        )
        previous = chain.FIRST
        for row in found.mappings().all():
            line = {"case": case} | {name: row[name] for name in fields}
            line["actor"] = "mallory"
            current = chain.link(previous, line)
            await connection.execute(
                text(
                    "UPDATE case_event SET actor = 'mallory', previous = :p, hash = :h "
                    "WHERE case_number = :n AND seq = :s"
                ),
                {"p": previous, "h": current, "n": case, "s": row["seq"]},
            )
            previous = current
        await connection.execute(text("ALTER TABLE case_event ENABLE TRIGGER append_only"))


async def sign_anew(owner: AsyncEngine, sessions: Sessions, by: Signer, now: datetime) -> None:
    """Throw all heads away and make a new one over what stands there now."""
    await spoil(owner, "record_tip", "DELETE FROM record_tip")
    await spoil(owner, "record_head", "DELETE FROM record_head")
    async with sessions.begin() as session:
        await make_head(session, by, now)
