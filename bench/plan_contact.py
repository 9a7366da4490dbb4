"""Planning one contact with every cap, cool-down, shift and surge looked up, on the contact history of many buyers: the
activity as the worker runs it, without the engine around it."""

import argparse
import asyncio
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from activities.contacts import ContactActivities
from activities.policies import Policies
from activities.requests import PlanRequest
from bench.contact_rows import ContactCase, fill
from bench.figures import Figure, at_most, machine, table
from bench.ground import BY, Ground, ground, settle
from db import shifts
from db.tables.contacts import ContactAttempt
from domain.review_case.facts import Planned
from embedded.demo_cast import SHOP
from embedded.house import DATABASE

LIMIT_MS = 10
WARMING = 50
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
SHIFT = {"zone": "Asia/Shanghai", "week": {day: [{"open": "10:00", "close": "20:30"}] for day in WEEK}}


async def measure(buyers: int, times: int) -> list[Figure]:
    async with ground() as found:
        await found.house.worker.stop()
        now = datetime.now(UTC)
        cases = await fill(found.house.postgres.conninfo(DATABASE), SHOP, buyers, now)
        alice = found.people["alice"]
        async with found.sessions.begin() as session:
            await shifts.set_shift(session, BY, now, alice, SHIFT, date(2020, 1, 1))
        await settle()
        contacts = ContactActivities(found.sessions, Policies())
        for assignee in (None, alice):  # the driver and the database prepare a statement by what it is given
            await timed(contacts, cases[:WARMING], assignee, now)
        taken, answers = await timed(contacts, _some(cases, times), alice, now)
        free, _ = await timed(contacts, _some(cases, times), None, now)
        return [
            at_most("for an agent with a shift", taken, LIMIT_MS),
            at_most("before anybody is assigned", free, LIMIT_MS),
            Figure("what came of it", ", ".join(f"{count} {what}" for what, count in answers.most_common())),
            Figure("rows of contact history", f"{await _attempts(found):,}"),
        ]


def _some(cases: list[ContactCase], times: int) -> list[ContactCase]:
    return [cases[number % len(cases)] for number in range(times)]


async def timed(
    contacts: ContactActivities, cases: list[ContactCase], assignee: UUID | None, now: datetime
) -> tuple[list[float], Counter[str]]:
    """Seconds of each plan, one after the other, and what they answered."""
    taken: list[float] = []
    answers: Counter[str] = Counter()
    for case in cases:
        request = PlanRequest(
            case=case.case, shop=SHOP, review_row=str(case.review), review_created_at=case.created_at,
            window_ends_at=case.created_at + timedelta(days=30), assignee=str(assignee) if assignee else None,
            preference_at=None, preference_stated_at=None, online_seen_at=None, number=3, now=now,
        )  # fmt: skip
        began = time.perf_counter()
        planned: Planned = await contacts.plan(request)
        taken.append(time.perf_counter() - began)
        answers[planned.code or f"by {planned.channel}"] += 1
    return taken, answers


async def _attempts(found: Ground) -> int:
    async with found.sessions() as session:
        return await session.scalar(select(func.count()).select_from(ContactAttempt)) or 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buyers", type=int, default=10_000, help="buyers with a history (%(default)s)")
    parser.add_argument("--times", type=int, default=500, help="how many contacts are planned (%(default)s)")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.buyers, options.times))
    print(table(f"Planning one contact among {options.buyers:,} buyers, {machine()}", figures))


if __name__ == "__main__":
    main()
