"""Case files as a house of many shops has them after some months, written straight into the table."""

import json
import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from db.tables.cases import CaseFile
from domain.case_numbers import mint
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Opening, ReviewCaseState, Stage

OPEN_SHARE = 0.4
UNASSIGNED_SHARE = 0.05
CONFIRMED_SHARE = 0.5
OPEN_STAGES = {
    Stage.CONTACTING: 70,
    Stage.OFFERING: 8,
    Stage.AMENDING: 10,
    Stage.REPLYING: 6,
    Stage.PAYING: 1,
    Stage.SUSPECTED: 1,
}
OUTCOMES = [str(outcome) for outcome in Outcome]
COLUMNS = [column.key for column in CaseFile.__table__.columns if column.key not in ("serial", "buyer_person")]


@dataclass(frozen=True)
class Desk:
    """A shop with those who work in it."""

    shop: str
    platform: str
    agents: Sequence[UUID]


def rows(count: int, desks: Sequence[Desk], causes: Sequence[str], seed: int) -> Iterator[tuple[Any, ...]]:
    """`count` case files. Causes fall off as they do in life: the first is common, the last is rare."""
    chance = random.Random(seed)
    weights = [1 / (place + 1) for place in range(len(causes))]
    now = datetime.now(UTC)
    for _ in range(count):
        desk = chance.choice(desks)
        cause = chance.choices(causes, weights)[0]
        yield _row(chance, desk, cause, now)


def _row(chance: random.Random, desk: Desk, cause: str, now: datetime) -> tuple[Any, ...]:
    is_open = chance.random() < OPEN_SHARE
    opened = now - timedelta(hours=chance.uniform(1, 720 if is_open else 4_000))
    assignee = None if is_open and chance.random() < UNASSIGNED_SHARE else chance.choice(desk.agents)
    stage = Stage.CLOSED if not is_open else _stage(chance, assignee)
    closed = None if is_open else opened + timedelta(hours=chance.uniform(1, 720))
    number, external = mint(2026, secrets.token_bytes(8)), str(chance.getrandbits(62))
    due = now + timedelta(hours=chance.uniform(-4, 200)) if is_open else opened
    outcome = chance.choice(OUTCOMES) if closed else None
    state = _state(number, desk, external, opened, chance)
    return (
        number, "review", f"review:{desk.platform}:{desk.shop}:{external}", 1, desk.shop, desk.platform, external,
        uuid4(), str(stage), chance.choice(("bad", "bad", "neutral")), cause, chance.random() < CONFIRMED_SHARE,
        chance.randint(1, 4), assignee, due, "contact_due", due > now,
        due - timedelta(hours=chance.uniform(0, 12)) if due <= now else due,
        opened - timedelta(hours=chance.uniform(2, 170)), opened - timedelta(hours=2), opened, outcome, closed,
        500 if outcome == Outcome.AMENDED_PAID else 0, chance.randint(3, 40), chance.randint(0, 30), state, now,
    )  # fmt: skip


def _stage(chance: random.Random, assignee: UUID | None) -> Stage:
    if assignee is None:
        return Stage.UNASSIGNED
    return chance.choices(list(OPEN_STAGES), list(OPEN_STAGES.values()))[0]


def _state(number: str, desk: Desk, external: str, opened: datetime, chance: random.Random) -> str:
    """As wide as a real one, so that a page of the table holds as few rows."""
    opening = Opening(
        case=number, platform=desk.platform, shop=desk.shop, external_id=external, review_row=str(uuid4())
    )
    state = ReviewCaseState(opening=opening, opened_at=opened).model_dump(mode="json")
    return json.dumps(state | {"attempts": [{"by": str(uuid4()), "at": opened.isoformat()}] * chance.randint(0, 12)})


async def write(conninfo: str, found: Iterator[tuple[Any, ...]]) -> None:
    """Adds the rows, then lets the planner see them as it does after its own nightly look."""
    copy = f"COPY case_file ({', '.join(COLUMNS)}) FROM STDIN"
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        async with connection.cursor() as cursor, cursor.copy(copy) as writer:
            for row in found:
                await writer.write_row(row)
        await connection.execute("VACUUM ANALYZE case_file")
