"""Telling the staff, over real HTTP and SMTP: at once, gathered, quietly, once, and loudly when it fails."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text, update
from temporalio.testing import WorkflowEnvironment

from db import office
from db.leaves import add_leave
from db.tables.notices import NoticeDelivery, NoticeTold
from domain.notice_channels import ChannelKind
from domain.notice_sending import DeliveryState
from domain.people import Role
from domain.review_case import steps
from tests.builders import House
from tests.workflows.conftest import Keep, Tell
from tests.workflows.notice_world import Staff
from tests.workflows.test_desk_story import written
from workflows.digest import Digest

ROBOTS = [ChannelKind.DINGTALK, ChannelKind.WECOM, ChannelKind.FEISHU]
DINGTALK = ChannelKind.DINGTALK


@pytest.fixture
def staff(env: WorkflowEnvironment, house: House) -> Staff:
    return Staff(house, env)


async def to_noon(staff: Staff, hour: int = 4) -> None:
    """To this hour of UTC; 4 is noon in Shanghai."""
    now = await staff.now()
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    await staff.env.sleep((then if then > now else then + timedelta(days=1)) - now)


@pytest.mark.covers(197)
async def test_what_is_urgent_comes_at_once_over_every_channel_and_only_once(staff: Staff, keep_history: Keep) -> None:
    channels = [await staff.robot(kind) for kind in ROBOTS] + [await staff.mail()]
    await staff.notice("bob")
    assert await staff.tick() == len(channels)
    assert await staff.tick() == 0
    for channel in channels:
        (told,) = await channel.arrived()
        assert "有一笔付款卡住" in told
    assert [notice.sent_at is not None for notice in await staff.notices()] == [True]
    await keep_history(f"notices:{staff.house.shop}:1", "Notices.one_urgent")


async def test_nothing_to_tell_asks_nobody(staff: Staff) -> None:
    await staff.robot(DINGTALK)
    assert (await staff.tick(), await staff.deliveries()) == (0, [])


@pytest.mark.covers(197)
async def test_what_is_not_urgent_comes_as_one_digest_in_working_hours(staff: Staff) -> None:
    await to_noon(staff)
    channel = await staff.mail()
    for kind in ("stale", "asked", "reply_waiting"):
        await staff.notice("bob", kind=kind)
    await staff.tick()
    assert await channel.arrived() == []
    with staff.env.auto_time_skipping_disabled():  # else the clock may leap out of the working hours
        await staff.house.parts.client.execute_workflow(Digest.run, staff.house.shop, id="d1", task_queue="cases")
    assert await staff.tick() == 1
    assert await channel.arrived() == ["【售后】有 3 件事等您处理"]


async def test_quiet_hours_hold_back_what_is_not_urgent_and_let_the_rest_pass(staff: Staff) -> None:
    await to_noon(staff, 16)
    channel = await staff.robot(DINGTALK)
    await staff.wants("bob", rules=[{"when": "at_once"}])
    await staff.notice("bob", kind="stale")
    await staff.notice("bob", kind="payout_stuck")
    assert await staff.tick() == 1
    assert ["付款" in told for told in await channel.arrived()] == [True]
    await to_noon(staff, 0)
    assert await staff.tick() == 1
    assert len(await channel.arrived()) == 2


async def test_whoever_is_on_leave_is_left_in_peace_also_by_what_is_urgent(staff: Staff) -> None:
    channel, now = await staff.robot(DINGTALK), await staff.now()
    async with staff.house.parts.sessions.begin() as session:
        until = now + timedelta(days=3)
        await add_leave(session, "tests", now, staff.person("bob"), now - timedelta(days=1), until, "annual")
    await staff.notice("bob")
    assert (await staff.tick(), await channel.arrived()) == (0, [])


async def test_a_shops_policy_decides_whether_urgent_things_pass_quiet_hours(staff: Staff) -> None:
    await to_noon(staff, 16)
    channel = await staff.robot(DINGTALK)
    async with staff.house.parts.sessions.begin() as session:
        policy = (await office.policy_in_force(session, "notices", staff.house.shop)).document.model_dump(mode="json")
        policy["urgent_passes_quiet_hours"] = False
        await office.put_policy(session, "notices", staff.house.shop, policy, "tests", "sleep", datetime.now(UTC))
    await staff.notice("bob")
    assert (await staff.tick(), await channel.arrived()) == (0, [])


@pytest.mark.covers(197)
async def test_a_group_hears_of_one_event_once_however_many_people_are_told(staff: Staff) -> None:
    group, gathered = (
        await staff.robot(DINGTALK, shop=True),
        await staff.robot(ChannelKind.WECOM, shop=True, least="normal"),
    )
    await staff.notice("bob", "lee")
    for _ in range(3):
        await staff.notice("bob", "lee", kind="stale")
    await staff.tick()
    assert [len(await one.arrived()) for one in (group, gathered)] == [1, 1]
    await staff.env.sleep(timedelta(minutes=11))
    await staff.tick()
    assert [len(await one.arrived()) for one in (group, gathered)] == [1, 2]
    assert await gathered.arrived() == [
        "【加急】店铺 演示店：有一笔付款卡住，请尽快核对",
        "【售后】店铺 演示店：案件长时间没有进展",
    ]


@pytest.mark.covers(197)
@pytest.mark.parametrize("kind", ROBOTS)
async def test_silence_is_recorded_as_unknown_and_never_repeated_there_but_told_elsewhere(
    staff: Staff, kind: ChannelKind
) -> None:
    robot, mail = await staff.robot(kind), await staff.mail()
    await staff.wants("bob", rules=[{"channels": [kind], "when": "at_once"}])
    await staff.house.sandbox.fault(f"{kind}.send", "timeout_after", seconds=10)
    await staff.notice("bob")
    await staff.tick()
    for _ in range(3):
        await staff.env.sleep(timedelta(hours=2))
        await staff.tick()
    assert await staff.states() == [DeliveryState.SENT, DeliveryState.UNKNOWN]
    assert [len(await one.arrived()) for one in (robot, mail)] == [1, 1]


async def test_what_surely_was_not_done_is_tried_again_with_growing_pauses(staff: Staff) -> None:
    robot = await staff.robot(DINGTALK)
    await staff.house.sandbox.fault("dingtalk.send", "system_error", count=2)
    await staff.notice("bob")
    for _ in range(4):
        await staff.tick()
        await staff.env.sleep(timedelta(minutes=2))
    (delivery,) = await staff.deliveries()
    assert (delivery.state, delivery.tries, len(await robot.arrived())) == (DeliveryState.SENT, 3, 1)


async def test_a_mailbox_that_is_not_there_is_given_up_at_once(staff: Staff) -> None:
    await staff.mail(address="nobody@example.com")
    await staff.notice("bob")
    await staff.tick()
    (delivery,) = await staff.deliveries()
    assert (delivery.state, delivery.code, delivery.tries) == (DeliveryState.FAILED, "550", 1)


async def test_a_claim_whose_sender_died_is_unknown_and_not_sent_again(staff: Staff) -> None:
    robot, mail = await staff.robot(DINGTALK), await staff.mail()
    await staff.wants("bob", rules=[{"channels": ["dingtalk"], "when": "at_once"}])
    await staff.house.sandbox.fault("dingtalk.send", "rate_limit", count=1)
    await staff.notice("bob")
    await staff.tick()
    async with staff.house.parts.sessions.begin() as session:
        claimed = {"state": "sending", "claimed_at": await staff.now(), "next_try_at": None}
        await session.execute(update(NoticeDelivery).values(**claimed))
    await staff.env.sleep(timedelta(minutes=4))
    await staff.tick()
    assert await staff.states() == [DeliveryState.SENT, DeliveryState.UNKNOWN]
    assert [len(await one.arrived()) for one in (robot, mail)] == [0, 1]


async def test_a_robots_limit_is_kept_and_what_is_above_it_comes_a_minute_later(staff: Staff) -> None:
    robot = await staff.robot(ChannelKind.WECOM)
    for _ in range(25):
        await staff.notice("bob")
    await staff.tick()
    put_off = {d.next_try_at - d.queued_at for d in await staff.deliveries() if d.next_try_at is not None}
    assert (len(await robot.arrived()), min(put_off) > timedelta(seconds=50)) == (18, True)
    assert (await robot.row()).failing_since is None


@pytest.mark.covers(197)
async def test_nobody_hears_of_a_case_that_closed_before_the_message_left(tell: Tell, staff: Staff) -> None:
    await to_noon(staff, 16)
    channel = await staff.robot(DINGTALK)
    await staff.wants("bob", rules=[{"when": "at_once"}])
    story = await tell()
    await story.settled()
    number = (await story.view()).opening.case
    await staff.notice("bob", kind="stale", case=number)
    await staff.tick()
    words = await staff.house.text("done")
    await story.step("bob", steps.Close(outcome="refused", why=words))
    await story.closed()
    await written(story)
    await to_noon(staff, 1)
    await staff.tick()
    assert (await staff.states(), await channel.arrived()) == ([DeliveryState.DROPPED], [])


@pytest.mark.covers(197)
async def test_when_a_channel_keeps_failing_administrators_hear_of_it_another_way(staff: Staff) -> None:
    async with staff.house.parts.sessions.begin() as session:
        await office.grant(session, "tests", datetime.now(UTC), staff.person("lee"), Role.ADMIN, staff.house.shop)
    robot, mail = await staff.robot(DINGTALK), await staff.mail("lee")
    await staff.house.sandbox.fault("dingtalk.send", "system_error", count=None)
    await staff.notice("bob")
    for _ in range(4):
        await staff.tick()
        await staff.env.sleep(timedelta(minutes=20))
    await staff.tick()
    assert ["通知渠道持续失败" in told for told in await mail.arrived()] == [True]
    assert (await robot.row()).alarmed_at is not None
    await staff.house.sandbox.delete("/control/faults")
    await staff.env.sleep(timedelta(minutes=20))
    await staff.tick()
    row = await robot.row()
    assert (row.failing_since, row.alarmed_at, len(await robot.arrived())) == (None, None, 1)


async def test_the_database_itself_refuses_to_tell_a_channel_the_same_twice(staff: Staff) -> None:
    await staff.robot(DINGTALK)
    await staff.notice("bob")
    await staff.tick()
    async with staff.house.parts.sessions.begin() as session:
        told = await session.scalar(select(NoticeTold))
        assert told is not None
        again = insert(NoticeTold).values(notice=told.notice, channel=told.channel, delivery=told.delivery)
        with pytest.raises(Exception, match="pk_notice_told"):
            await session.execute(again)


async def test_neither_token_nor_secret_stands_anywhere_in_the_clear(staff: Staff) -> None:
    robot = await staff.robot(DINGTALK)
    await staff.house.sandbox.fault("dingtalk.send", "http_500")
    await staff.notice("bob")
    await staff.tick()
    handle = staff.house.parts.client.get_workflow_handle(f"notices:{staff.house.shop}:1")
    history = (await handle.fetch_history()).to_json()
    async with staff.house.parts.sessions() as session:
        rows = " ".join(await session.scalars(text("SELECT row_to_json(notice_channel)::text FROM notice_channel")))
    assert robot.address.secret is not None
    assert not [key for key in (robot.address.to, robot.address.secret) if key in history + rows]
