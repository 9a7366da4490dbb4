"""Other systems hear what happens, over real HTTP: signed, in order, again when it fails, and nobody's name."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from temporalio.testing import WorkflowEnvironment

from db import webhooks
from domain.contact_terms import CallResult, TalkOutcome
from domain.review_case import steps
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told
from tests.workflows.test_desk_story import written
from tests.workflows.webhook_world import Listeners

BUYER = ("陈晓", "13800138000", "文一西路", "chen@example.com", "质量堪忧", "nick-")


@pytest.fixture
def listeners(env: WorkflowEnvironment, house: House) -> Listeners:
    return Listeners(house, env)


async def opened(tell: Tell) -> Told:
    """A case that has come to rest, with all of it written."""
    story = await tell()
    await story.until(lambda case: case.contact is not None)
    await written(story)
    return story


def events_of(heard: list[dict[str, Any]]) -> list[str]:
    return [body["type"] for body in heard]


@pytest.mark.covers(184, 205)
async def test_a_listener_hears_every_event_of_a_case_once_signed_and_in_order(
    tell: Tell, listeners: Listeners, keep_history: Keep
) -> None:
    everything, closings = await listeners.listen(), await listeners.listen("*.closed", "refund.*")
    story = await opened(tell)
    await story.step("bob", steps.Close(outcome="refused", why=await listeners.house.text("done")))
    await story.closed()
    await written(story)
    await listeners.quiet()
    heard, events = await everything.heard(), await story.events()
    assert events_of(heard) == [f"review.{one.kind}" for one in events]
    assert [body["data"]["seq"] for body in heard] == [one.seq for one in events]
    assert events_of(await closings.heard()) == ["review.closed"]
    assert len({body["id"] for body in heard}) == len(heard)
    assert await listeners.tick() == 0
    await keep_history(f"webhooks:{listeners.house.shop}:1", "Webhooks.two_listeners")


@pytest.mark.covers(203, 205)
async def test_what_is_said_holds_facts_and_references_and_nothing_of_the_buyer(
    tell: Tell, listeners: Listeners
) -> None:
    listener = await listeners.listen()
    story = await tell()
    await story.call(CallResult.CONNECTED, TalkOutcome.UNDECIDED, explained=True)
    await story.step("bob", steps.SetPayee(payee=await listeners.house.payee(story.opening)))
    await story.step("bob", steps.Note(text=await listeners.house.text("陈晓 called from 13800138000")))
    await written(story)
    await listeners.quiet()
    heard = str(await listener.heard())
    assert "review.noted" in heard
    assert not [name for name in (*BUYER, "digest") if name in heard]


async def test_a_shop_without_listeners_pays_no_statement(tell: Tell, house: House) -> None:
    said: list[str] = []
    engine = house.parts.sessions.kw["bind"].sync_engine

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    await opened(tell)
    event.remove(engine, "before_cursor_execute", note)
    about = [statement for statement in said if "webhook" in statement]
    assert about
    assert not [statement for statement in about if "case_event.hash" not in statement]


@pytest.mark.covers(205)
async def test_after_a_failure_the_next_events_of_the_case_wait_and_those_of_others_do_not(
    tell: Tell, listeners: Listeners
) -> None:
    listener = await listeners.listen("*.noted")
    story, other = await opened(tell), await opened(tell)
    for one in (story, story, other):
        await one.step("bob", steps.Note(text=await listeners.house.text("a word")))
        await written(one)
    await listener.fault("http_500")
    await listeners.tick()
    await listeners.tick()
    before = [body["data"]["case"] for body in await listener.heard()]
    waits = {one.case for one in await listener.deliveries() if one.code == "500"}
    await listeners.env.sleep(timedelta(minutes=1))
    await listeners.quiet()
    heard = [(body["data"]["case"], body["data"]["seq"]) for body in await listener.heard()]
    mine = [seq for case, seq in heard if case == story.opening.case]
    assert (len(waits), len(set(before)), waits & set(before)) == (1, 1, set())
    assert (len(heard), mine) == (3, sorted(mine))
    assert (await listener.row()).failing_since is None


@pytest.mark.covers(205)
async def test_a_delivery_that_nobody_answered_comes_again_under_the_same_id(tell: Tell, listeners: Listeners) -> None:
    listener = await listeners.listen("*.assigned")
    await opened(tell)
    await listener.fault("timeout_after", seconds=10)
    await listeners.tick()
    await listeners.env.sleep(timedelta(minutes=1))
    await listeners.quiet()
    heard = await listener.heard()
    assert (len(heard), len({body["id"] for body in heard}), heard[0] == heard[1]) == (2, 1, True)


async def ticks_for(listeners: Listeners, span: timedelta, every: timedelta) -> None:
    for _ in range(int(span / every)):
        await listeners.tick()
        await listeners.env.sleep(every)


@pytest.mark.covers(205)
async def test_what_fails_for_a_day_is_given_up_and_can_be_sent_again(tell: Tell, listeners: Listeners) -> None:
    listener = await listeners.listen("*.assigned")
    story = await opened(tell)
    began = await listeners.now()
    await listener.fault("http_500", count=None)
    await ticks_for(listeners, timedelta(hours=26), timedelta(hours=2))
    (given_up,) = await listener.deliveries()
    await listeners.house.sandbox.delete("/control/faults")
    async with listeners.house.parts.sessions.begin() as session:
        again = await webhooks.redeliver_since(
            session, "tests", await listeners.now(), listeners.house.shop, listener.id, began - timedelta(days=1),
            all_of_them=False,
        )  # fmt: skip
    await listeners.quiet()
    (heard,) = await listener.heard()
    assert (given_up.state, given_up.code, again) == ("failed", "500", 1)
    assert (heard["id"], heard["data"]["case"]) == (str(given_up.id), story.opening.case)


@pytest.mark.covers(205)
async def test_a_listener_that_fails_for_days_is_switched_off_with_a_notice_and_gets_what_it_missed(
    tell: Tell, listeners: Listeners
) -> None:
    listener = await listeners.listen("*.noted")
    story = await opened(tell)
    await listener.fault("http_500", count=None)

    async def note() -> None:
        await story.step("bob", steps.Note(text=await listeners.house.text("a word")))
        await written(story)

    for _ in range(2):
        await note()
        await ticks_for(listeners, timedelta(hours=25), timedelta(hours=5))
    await note()
    await listeners.tick()
    off = await listener.row()
    await note()
    states = await listener.states()
    await listeners.house.sandbox.delete("/control/faults")
    shop = listeners.house.shop
    async with listeners.house.parts.sessions.begin() as session:
        await webhooks.set_webhook(session, "tests", await listeners.now(), shop, listener.id, {"active": True})
        await webhooks.redeliver_since(
            session, "tests", await listeners.now(), shop, listener.id, (await story.events())[0].at,
            all_of_them=False,
        )  # fmt: skip
    await listeners.quiet()
    assert (off.active, off.switched_off_at is not None, "missed" in states) == (False, True, True)
    assert events_of(await listener.heard()) == ["review.noted"] * 4


@pytest.mark.covers(205)
async def test_a_listener_that_refuses_the_signature_is_asked_again(tell: Tell, listeners: Listeners) -> None:
    listener = await listeners.listen("*.assigned", knows=False)
    await opened(tell)
    await listeners.tick()
    (refused,) = await listener.deliveries()
    assert (refused.state, refused.code) == ("queued", "401")


@pytest.mark.covers(205)
async def test_both_secrets_sign_while_one_is_changed_and_later_only_the_new_one(
    tell: Tell, listeners: Listeners
) -> None:
    listener, shop = await listeners.listen("*.noted"), listeners.house.shop
    async with listeners.house.parts.sessions.begin() as session:
        now = await listeners.now()
        new = await webhooks.rotate_secret(session, "tests", now, shop, listener.id, timedelta(hours=1))
    signatures = []
    for _ in range(2):
        async with listeners.house.parts.sessions.begin() as session:
            await webhooks.ping(session, await listeners.now(), shop, listener.id)
        await listeners.tick()
        found = await listeners.house.sandbox.get(f"/control/hooks/{listener.name}")
        signatures.append(found[0]["signatures"])
        await listeners.house.sandbox.post("/control/hooks", name=listener.name, secret=new)
        await listeners.env.sleep(timedelta(hours=2))
    assert signatures == [2, 1]


async def test_a_claim_of_a_worker_that_died_goes_again(tell: Tell, listeners: Listeners) -> None:
    listener = await listeners.listen("*.assigned")
    await opened(tell)
    async with listeners.house.parts.sessions.begin() as session:
        (delivery,) = await listener.deliveries()
        row = await session.get_one(type(delivery), delivery.id)
        row.state, row.next_try_at, row.claimed_at = "sending", None, await listeners.now()
    assert await listeners.tick() == 0
    await listeners.env.sleep(timedelta(minutes=3))
    assert await listeners.tick() == 1
    assert len(await listener.heard()) == 1
