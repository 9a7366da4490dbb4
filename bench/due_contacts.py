"""Contacts that fall due in the same minute, until each is offered to its agent, against bare workflows whose timers
fire at once and who then run as many activities that do nothing: same engine, settings and number kept in memory.

The shop's windows and spreading are set so that every contact is planned for one moment, which a real desk spreads.
Each review is read on the marketplace before its contact is offered, as always; the limit of its calls is lifted.
The bare timers fire once before and once after ours. How fast the processor was meanwhile is measured too: it changes
within minutes where others share it, and the ratio at one pace leaves that out.
"""

import argparse
import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import func, select

from bench.bare import BareEngine, bare_engine
from bench.figures import Figure, machine, ratio, table
from bench.ground import BY, CHINA, Ground, ground, settle
from bench.histories import Recorded, recorded
from bench.pace import Pace, watched
from bench.processes import Meter, parts, told
from bench.reviews import opening, review
from bench.start_cases import AT_ONCE, SELDOM, at_once, last_ready, until
from db import office
from db.tables.cases import CaseFile
from domain.queue_ranking import Rank, rank
from domain.review_case.agenda import Action
from domain.review_case.standing import facts_of
from domain.review_case.state import ReviewCaseState
from embedded.demo_cast import SELLER_NICK, SHOP

TARGET = 0.6
AGENTS = ("alice", "ann")
PAGE = 200
WARM_UP = 20
# Enough for the slowest machine on which this was tried; what waits for the moment costs nothing.
OPENED_A_SECOND, STARTED_A_SECOND = 15, 40
SPARE = timedelta(seconds=30)
NO_LIMIT = {"AMENDS_MARKETPLACE_CALLS_PER_SECOND": "10000"}


@dataclass(frozen=True)
class Fired:
    """How long after the moment everything was done, what it cost, and how slow the processor was (see Pace)."""

    moment: datetime
    seconds: float
    count: int
    spent: dict[str, float]
    slowness: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def at_one_pace(self) -> float:
        return self.rate * self.slowness


def moment_after(count: int, a_second: int) -> datetime:
    """A full minute, far enough ahead that everything waits for it."""
    ahead = datetime.now(UTC) + SPARE + timedelta(seconds=count / a_second)
    return ahead.replace(second=0, microsecond=0) + timedelta(minutes=1)


async def call_only_at(found: Ground, moment: datetime) -> None:
    """Every buyer of the shop is free from this moment on, at whatever hour this runs, and nothing is spread."""
    opens, closes = moment.astimezone(CHINA), moment.astimezone(CHINA) + timedelta(hours=1)
    if closes.date() != opens.date():
        raise SystemExit("A window may not cross midnight in China; begin again in an hour.")
    window = [f"{opens:%H:%M}-{closes:%H:%M}"]

    def change(contact: dict[str, Any]) -> None:
        day = {"life_not_before": "00:00", "life_not_after": "23:59", "beijing_not_after": "23:59"}
        contact["hard_limits"] |= {"call": day, "sms": day, "im": day}
        contact["general_windows"]["windows"] = window
        contact["life_time"]["regions"] = {}
        contact["calendar"]["quiet"] |= {"rules": [], "dates": []}
        contact["persistence"]["spread_percent"] = 0
        for place in contact["address_hours"].values():
            place |= {"same_as": None, "workday": window, "weekend": window, "holiday": window}

    async with found.sessions.begin() as session:
        contact = (await office.policy_in_force(session, "contact", SHOP)).document.model_dump(mode="json")
        desk = (await office.policy_in_force(session, "desk", SHOP)).document.model_dump(mode="json")
        change(contact)
        desk["hours"]["week"] = {day: [{"open": "00:00", "close": "24:00"}] for day in desk["hours"]["week"]}
        for kind, document in (("contact", contact), ("desk", desk)):
            await office.put_policy(session, kind, SHOP, document, BY, "a benchmark runs", datetime.now(UTC))


async def open_cases(found: Ground, count: int) -> list[str]:
    """Of reviews that the sandbox knows; answers their keys once every contact is planned."""
    bulk = {"shop": SELLER_NICK, "reviews": [{"text": "用了一次就坏了", "result": "bad"} for _ in range(count)]}
    async with httpx2.AsyncClient(base_url=found.house.url("sandbox"), trust_env=False, timeout=60) as sandbox:
        oids = (await sandbox.post("/buyer/bulk_reviews", json=bulk)).raise_for_status().json()["oids"]
    before, left, keys = await cases(found, waiting=True), iter(oids), []
    async with found.web("alice", AT_ONCE) as web:

        async def start() -> None:
            answer = await web.post("/reviews", json=review() | {"order_id": str(next(left)), "rating": "bad"})
            keys.append(answer.raise_for_status().json()["external_id"])

        await at_once(count, start)
        await until(lambda: cases(found, waiting=True), before + count)
    return keys


async def cases(found: Ground, *, waiting: bool) -> int:
    """How many contacts wait for their moment, or are offered."""
    async with found.sessions() as session:
        due = CaseFile.due_what.startswith(Action.CONTACT_DUE)
        return await session.scalar(select(func.count()).where(due, CaseFile.waiting.is_(waiting))) or 0


async def fall_due(found: Ground, pace: Pace, count: int, before: int = 0) -> tuple[Fired, list[str]]:
    moment = moment_after(count, OPENED_A_SECOND)
    await call_only_at(found, moment)
    keys = await open_cases(found, count)
    await wait_for(moment)
    meter = Meter(parts(found.house))
    # Looking is work of its own, so it is done seldom: the cases themselves say when the last one was offered.
    await until(lambda: cases(found, waiting=False), before + count, SELDOM)
    seconds = (await last_ready(found) - moment).total_seconds()
    return Fired(moment, seconds, count, meter.spent(), pace.during(moment, seconds)), keys


async def fire(found: Ground, pace: Pace, bare: BareEngine, sample: Recorded, count: int) -> Fired:
    moment, before = moment_after(count, STARTED_A_SECOND), bare.finished()
    like = opening("A26-57XTE-9K2M8", "7c4f2b9e-3f0a-4a56-9a5e-0d7f0c0b1a2d")

    async def start() -> None:
        await bare.start_timer(opening(like.case, like.review_row), moment, sample.carried)

    async def finished() -> int:
        return bare.finished()

    await at_once(count, start)
    await wait_for(moment)
    meter = Meter(parts(found.house, **{"bare worker": bare.child.pid}))
    await until(finished, before + count)
    seconds = (datetime.now(UTC) - moment).total_seconds()
    return Fired(moment, seconds, count, meter.spent(), pace.during(moment, seconds))


async def wait_for(moment: datetime) -> None:
    left = (moment - datetime.now(UTC)).total_seconds()
    assert left > 0, "not everything was there in time; the machine is too slow for this count"
    await asyncio.sleep(left)


async def offered(found: Ground) -> tuple[list[str], list[str]]:
    """The cases that the queues of the agents show, page by page, and what they ought to show by the ranking alone."""
    shown: list[str] = []
    for login in AGENTS:
        async with found.web(login) as web:
            shown += await _queue(web)
    async with found.sessions() as session:
        rows = await session.execute(select(CaseFile.state, CaseFile.written_at).where(~CaseFile.waiting))
        states = [(ReviewCaseState.model_validate(state), at) for state, at in rows]
    wanted: list[str] = []
    for login in AGENTS:
        theirs = [(state, at) for state, at in states if state.assignee == str(found.people[login])]
        wanted += [number for _, number in sorted((_place(state, at), state.opening.case) for state, at in theirs)]
    return shown, wanted


def _place(state: ReviewCaseState, now: datetime) -> Rank:
    return rank(facts_of(state, now), now)


async def _queue(web: httpx2.AsyncClient) -> list[str]:
    lines: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
        page = (await web.get("/queue", params=asked)).raise_for_status().json()
        lines += page["cases"]
        cursor = page["next"]
        if cursor is None:
            return [line["number"] for line in lines if not line["waiting"]]


async def measure(count: int = 2_000) -> list[Figure]:
    async with ground(NO_LIMIT) as found, bare_engine(found) as bare, watched() as pace:
        warm, keys = await fall_due(found, pace, WARM_UP)
        await settle(2)
        sample = await recorded(found.client, f"review:sandbox:{SHOP}:{keys[0]}", since=warm.moment)
        plain = [await fire(found, pace, bare, sample, count)]
        await settle()
        ours, _ = await fall_due(found, pace, count, before=WARM_UP)
        await settle()
        plain.append(await fire(found, pace, bare, sample, count))
        shown, wanted = await offered(found)
    return _figures(ours, plain, sample.named, shown, wanted)


def _figures(ours: Fired, plain: list[Fired], activities: str, shown: list[str], wanted: list[str]) -> list[Figure]:
    bare = sum(one.rate for one in plain) / len(plain)
    bare_at_pace = sum(one.at_one_pace for one in plain) / len(plain)
    each = ", ".join(f"{one.rate:.1f}" for one in plain)
    in_order = shown == wanted and len(shown) == ours.count + WARM_UP
    return [
        ratio("contacts offered ÷ bare timers with as many activities, per second", ours.rate, bare, least=TARGET),
        ratio("the same at one pace of the processor", ours.at_one_pace, bare_at_pace),
        Figure("contacts offered per second", f"{ours.rate:.1f} (the last one {ours.seconds:.1f} s after its moment)"),
        Figure("bare timers per second", f"{bare:.1f} (before and after: {each})"),
        Figure("the same piece of work in ms of processor, while ours and while bare ones", _slowness(ours, plain)),
        Figure("offered in the order of the ranking", f"{len(shown):,} cases", "all", in_order),
        Figure("activities of a contact that falls due", activities),
        Figure("CPU of a contact", told(ours.spent, ours.count)),
        Figure("CPU of a bare timer", told(plain[0].spent, ours.count)),
    ]


def _slowness(ours: Fired, plain: list[Fired]) -> str:
    return f"{ours.slowness:.2f}; " + ", ".join(f"{one.slowness:.2f}" for one in plain)


def title(count: int) -> str:
    return f"{count:,} contacts due in the same minute, {machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000, help="contacts, and as many bare timers (%(default)s)")
    count = parser.parse_args().count
    print(table(title(count), asyncio.run(measure(count))))


if __name__ == "__main__":
    main()
