"""Deadlines of refunds that fall in the same minute: nobody decides, so the shop's rule agrees to each of them before
the marketplace acts. Every application is read again first, answered, and read back. No clock but the sandbox's is
moved: a run takes a quarter of an hour longer than opening the cases does.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import func, select

from bench.figures import Figure, machine, quantile, table
from bench.ground import BY, Ground, ground
from bench.processes import Meter, parts, told
from bench.refund_soak import BACK
from db import office
from db.tables.cases import CaseFile
from db.tables.record import CaseEvent
from db.tables.refunds import RefundLine
from domain.policies.refund_rules import Consequence, RefundStatus
from domain.refund_case.state import RefundCaseState
from domain.refund_deadlines import MARGIN, SPREAD_SECONDS, Deadline, DeadlineSource, act_at
from embedded.demo_cast import SELLER_NICK, SHOP

BEFORE = timedelta(minutes=30)
ASKED_FOR = timedelta(days=5)  # how long the sandbox waits for the seller's answer
OPENED_A_SECOND = 3
SPARE = timedelta(minutes=2)
AT_ONCE = 8
LOOK_EVERY_SECONDS = 2.0
TURN_BACK_SECONDS = 10
ENVIRONMENT = {"AMENDS_INTAKE_SECONDS": "5", "AMENDS_MARKETPLACE_CALLS_PER_SECOND": "200"}


@dataclass(frozen=True)
class Acted:
    """One deadline: when it was the case's turn, and when the marketplace had done what it was told."""

    deadline: datetime
    turn: datetime
    done: datetime | None


async def set_rule(found: Ground) -> None:
    """The shop agrees by itself when nobody has decided, whatever the sum."""
    async with found.sessions.begin() as session:
        policy = (await office.policy_in_force(session, "refunds", SHOP)).document.model_dump(mode="json")
        policy["safe"] |= {"asked": "agree", "up_to_fen": 1_000_000}
        policy |= {"return_addresses": [BACK]}
        await office.put_policy(session, "refunds", SHOP, policy, BY, "a benchmark runs", datetime.now(UTC))


def moment_after(count: int) -> datetime:
    """A full minute, far enough ahead that every case waits when the first one's turn comes."""
    first = BEFORE + MARGIN + timedelta(seconds=SPREAD_SECONDS)
    ahead = datetime.now(UTC) + first + SPARE + timedelta(seconds=count / OPENED_A_SECOND)
    return ahead.replace(second=0, microsecond=0) + timedelta(minutes=1)


async def apply(sandbox: httpx2.AsyncClient, count: int, moment: datetime) -> None:
    """Buyers apply five days before the moment by the marketplace's clock, which is turned back again and again so that
    all of their deadlines lie in one minute; then it shows the time again."""
    done = asyncio.Event()

    async def post(path: str, **body: Any) -> Any:
        return (await sandbox.post(path, json=body)).raise_for_status().json()

    async def turn_back() -> None:
        while not done.is_set():
            await post("/control/clock", now=(moment - ASKED_FOR).isoformat())
            try:
                await asyncio.wait_for(done.wait(), TURN_BACK_SECONDS)
            except TimeoutError:
                continue

    async def one(number: int) -> None:
        async with slots:
            items = [{"title": "Kettle, 1.5 l", "price": "89.00"}]
            phone = f"139{number:08d}"
            order = await post(
                "/buyer/orders", shop=SELLER_NICK, buyer_nick=f"b{number}", phone=phone, items=items, finish=True
            )
            oid, back = order["orders"][0]["oid_text"], number % 2 == 0
            await post(f"/buyer/orders/{oid}/refund", amount="89.00", reason="商品质量问题", with_return=back)

    slots = asyncio.Semaphore(AT_ONCE)
    await post("/control/clock", now=(moment - ASKED_FOR).isoformat())
    turning = asyncio.create_task(turn_back())
    await asyncio.gather(*(one(number) for number in range(count)))
    done.set()
    await turning
    await post("/control/clock", now=datetime.now(UTC).isoformat())


async def waiting(found: Ground) -> int:
    """How many cases have their deadline in the register."""
    async with found.sessions() as session:
        return await session.scalar(select(func.count()).where(RefundLine.deadline_at.is_not(None))) or 0


async def decided(found: Ground) -> int:
    """How many applications were answered, as the cases' records say."""
    async with found.sessions() as session:
        return await session.scalar(select(func.count()).where(CaseEvent.kind == "order_done")) or 0


async def acted(found: Ground, moment: datetime) -> list[Acted]:
    async with found.sessions() as session:
        files = await session.scalars(select(CaseFile).where(CaseFile.kind == "refund"))
        states = [RefundCaseState.model_validate(file.state) for file in files]
        at = await session.execute(
            select(CaseEvent.case, func.min(CaseEvent.at))
            .where(CaseEvent.kind == "order_done")
            .group_by(CaseEvent.case)
        )
        done: dict[str, datetime] = {row[0]: row[1] for row in at}
        set_to = await session.execute(
            select(CaseEvent.case, CaseEvent.facts).where(CaseEvent.kind == "deadline_set").order_by(CaseEvent.seq)
        )
        deadlines = {case: datetime.fromisoformat(facts["at"]) for case, facts in reversed(list(set_to))}
    return [_acted(state, deadlines[state.opening.case], done.get(state.opening.case)) for state in states]


def _acted(state: RefundCaseState, at: datetime, done: datetime | None) -> Acted:
    """The first deadline of a case is the one that was applied for."""
    assert state.identity is not None, "a case with a deadline is registered"
    asked = Deadline(status=RefundStatus.ASKED, at=at, then=Consequence.AGREED, source=DeadlineSource.PLATFORM)
    return Acted(at, act_at(asked, int(BEFORE.total_seconds() // 60), state.identity.case_serial), done)


async def until(look: Any, wanted: int, ends: datetime) -> None:
    """Looks again and again, and no longer than to the end."""
    while await look() < wanted and datetime.now(UTC) < ends:  # noqa: ASYNC110 it happens in another process
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def measure(count: int) -> list[Figure]:
    async with ground(ENVIRONMENT) as found:
        await set_rule(found)
        moment = moment_after(count)
        print(f"  deadlines at {moment:%H:%M} UTC", flush=True)
        async with httpx2.AsyncClient(base_url=found.house.url("sandbox"), trust_env=False, timeout=60) as sandbox:
            await apply(sandbox, count, moment)
        async with found.web("root") as web:
            (await web.patch(f"/shops/{SHOP}", json={"intake": True})).raise_for_status()
        first = moment - BEFORE - MARGIN - timedelta(seconds=SPREAD_SECONDS)
        await until(lambda: waiting(found), count, first)
        waited = await waiting(found)
        await asyncio.sleep(max((first - datetime.now(UTC)).total_seconds(), 0))
        meter = Meter(parts(found.house))
        await until(lambda: decided(found), count, moment)
        spent, ones = meter.spent(), await acted(found, moment)
    return figures(ones, count, waited, told(spent, count))


def figures(ones: Sequence[Acted], count: int, waited: int, cost: str) -> list[Figure]:
    done = [one for one in ones if one.done is not None]
    in_time = [one for one in done if one.done is not None and one.deadline - one.done >= BEFORE]
    left = [(one.deadline - one.done).total_seconds() for one in done if one.done is not None]
    late = [(one.done - one.turn).total_seconds() for one in done if one.done is not None]
    minutes = len({one.deadline.replace(second=0) for one in ones})
    told_late = f"p50 {quantile(late, 0.5):.1f} / p99 {quantile(late, 0.99):.1f} s" if late else "none"
    return [
        Figure("deadlines, in how many minutes", f"{len(ones)} in {minutes}, {waited} waited for", "1", minutes == 1),
        Figure("acted on 30 minutes before", f"{len(in_time)} of {count}", "all", len(in_time) == count),
        Figure("the last one, before its deadline", f"{min(left) / 60:.1f} min" if left else "never", "≥ 30 min"),
        Figure("from its turn to seen done", told_late),
        Figure("CPU of one", cost),
    ]  # fmt: skip


def title(count: int) -> str:
    return f"{count} deadlines in the same minute; {machine()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000, help="applications (%(default)s)")
    count = parser.parse_args().count
    print(title(count), flush=True)
    found = asyncio.run(measure(count))
    print(table(title(count), found))
    return 1 if any(figure.met is False for figure in found) else 0


if __name__ == "__main__":
    sys.exit(main())
