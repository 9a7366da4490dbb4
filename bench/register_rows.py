"""The register as a house of many shops has it after some months: applications with their buyers, orders and parcels on
their way, and case files, written straight into the tables."""

import random
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import insert

from bench.queue_rows import Desk
from db.sessions import Sessions
from db.tables.buyers import Buyer, BuyerPerson, ShopOrder
from db.tables.cases import CaseFile
from db.tables.refunds import Refund, RefundLine, Shipment
from domain.case_numbers import mint
from domain.refund_case.market import RefundKind
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.register import WHY
from domain.refund_case.stages import Owner, RefundStage

OPEN_SHARE = 0.4
SENT_BACK_SHARE = 0.6
CHUNK = 1_000
# How open cases lie over the stages, and who has to move in each.
OPEN_STAGES = {
    (RefundStage.ASKING, Owner.SERVICE): 12,
    (RefundStage.DECIDING, Owner.SERVICE): 14,
    (RefundStage.AWAITING_RETURN, Owner.BUYER): 25,
    (RefundStage.IN_TRANSIT, Owner.COURIER): 25,
    (RefundStage.INSPECTING, Owner.WAREHOUSE): 12,
    (RefundStage.RELEASING, Owner.FINANCE): 8,
    (RefundStage.REFUSED, Owner.BUYER): 3,
    (RefundStage.INTERVENED, Owner.SUPERVISOR): 1,
}
OUTCOMES = [str(outcome) for outcome in RefundOutcome]
TABLES = (BuyerPerson, Buyer, ShopOrder, Refund, Shipment, CaseFile, RefundLine)

Rows = dict[type[Any], list[dict[str, Any]]]


async def write(sessions: Sessions, owner: str, count: int, desks: Sequence[Desk], seed: int) -> None:
    """Adds the cases, then lets the planner see them as it does after its own nightly look, which only the tables'
    owner may ask for: `owner` is its way in."""
    chance, now = random.Random(seed), datetime.now(UTC)
    for first in range(0, count, CHUNK):
        rows: Rows = {table: [] for table in TABLES}
        for _ in range(min(CHUNK, count - first)):
            _case(chance, chance.choice(desks), now, rows)
        async with sessions.begin() as session:
            for table in TABLES:
                if rows[table]:
                    await session.execute(insert(table), rows[table])
    async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as connection:
        await connection.execute("VACUUM ANALYZE")


def _case(chance: random.Random, desk: Desk, now: datetime, rows: Rows) -> None:
    person, buyer, order, refund = uuid4(), uuid4(), uuid4(), uuid4()
    external, number = str(chance.getrandbits(62)), mint(2026, secrets.token_bytes(8))
    is_open = chance.random() < OPEN_SHARE
    opened = now - timedelta(hours=chance.uniform(1, 300 if is_open else 4_000))
    amount = chance.randint(100, 50_000)
    rows[BuyerPerson].append({"id": person})
    rows[Buyer].append(
        {"id": buyer, "platform": desk.platform, "blind": secrets.token_bytes(32), "person": person, "nick": "chenchen"}
    )
    rows[ShopOrder].append(
        {
            "id": order, "shop": desk.shop, "external_id": external, "buyer": buyer, "item_title": "保温杯 500ml",
            "paid_fen": amount,
        }
    )  # fmt: skip
    kind = str(chance.choice(list(RefundKind)))
    rows[Refund].append(
        {
            "id": refund, "shop": desk.shop, "platform": desk.platform, "external_id": external,
            "order_external_id": external, "order": order, "buyer": buyer, "kind": kind, "reason": "商品质量问题",
            "amount_fen": amount, "paid_fen": amount, "quantity": 1, "status": "WAIT_SELLER_AGREE",
            "status_since": opened, "applied_at": opened, "source": "pull", "first_seen_at": opened, "seen_at": now,
        }
    )  # fmt: skip
    rows[Shipment] += _sent_back(chance, refund, opened)
    rows[CaseFile].append(_file(chance, desk, number, external, refund, opened, is_open))
    rows[RefundLine].append(_line(chance, desk, rows[CaseFile][-1], refund, kind, amount, now))


def _sent_back(chance: random.Random, refund: Any, opened: datetime) -> Iterator[dict[str, Any]]:
    if chance.random() < SENT_BACK_SHARE:
        yield {
            "id": uuid4(), "refund": refund, "direction": "back", "courier": "圆通",
            "waybill": f"YT{chance.getrandbits(40):012d}", "waybill_blind": secrets.token_bytes(32),
            "told_at": opened, "told_by": "buyer",
        }  # fmt: skip


def _file(
    chance: random.Random, desk: Desk, number: str, external: str, refund: Any, opened: datetime, is_open: bool
) -> dict[str, Any]:
    stage = chance.choices(list(OPEN_STAGES), list(OPEN_STAGES.values()))[0][0] if is_open else RefundStage.CLOSED
    closed = None if is_open else opened + timedelta(hours=chance.uniform(1, 400))
    return {
        "number": number, "kind": "refund", "workflow": f"refund:{desk.platform}:{desk.shop}:{external}", "run": 1,
        "shop": desk.shop, "platform": desk.platform, "external_id": external, "source_row": refund,
        "stage": str(stage), "severity": chance.randint(1, 4), "assignee": chance.choice(desk.agents),
        "due_at": opened + timedelta(hours=chance.uniform(1, 300)), "due_what": "act_before_deadline",
        "review_created_at": opened, "opened_at": opened, "outcome": chance.choice(OUTCOMES) if closed else None,
        "closed_at": closed, "version": chance.randint(3, 40), "person_step": chance.randint(0, 30), "state": {},
        "written_at": opened,
    }  # fmt: skip


def _line(
    chance: random.Random, desk: Desk, file: dict[str, Any], refund: Any, kind: str, amount: int, now: datetime
) -> dict[str, Any]:
    stage = RefundStage(file["stage"])
    owner = next((owner for known, owner in OPEN_STAGES if known is stage), Owner.NOBODY)
    deadline = now + timedelta(hours=chance.uniform(0.5, 240)) if file["closed_at"] is None else None
    return {
        "case": file["number"], "shop": desk.shop, "refund": refund, "stage": str(stage), "owner": str(owner),
        "since": file["opened_at"], "why": WHY[stage], "due_at": min(file["due_at"], deadline or file["due_at"]),
        "deadline_at": deadline, "deadline_source": "platform" if deadline else None,
        "then": "agreed" if deadline else None, "kind": kind, "amount_fen": amount, "refunded_fen": 0,
        "cause": "quality.broken", "loss_fen": 0, "assignee": file["assignee"], "outcome": file["outcome"],
        "closed_at": file["closed_at"],
    }  # fmt: skip
