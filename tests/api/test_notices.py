"""Notices, preferences and channels over the api."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, update

from api.house import House
from db.tables.cases import Notice
from db.tables.notices import NoticeChannel, NoticeDelivery
from db.tables.office import Shop
from db.tables.teams import Team, TeamShop
from tests.api.conftest import Staff

TOKEN = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef"
ROBOT = {"kind": "dingtalk", "label": "值班群", "token": TOKEN, "secret": "SEC-a-secret"}


@pytest.fixture
def root(cast: dict[str, Staff]) -> dict[str, str]:
    return cast["root"].headers


async def add_notice(house: House, person: UUID, minutes: int = 0, **more: Any) -> UUID:
    row = {
        "id": uuid4(), "shop": "demo", "about": f"tests:{uuid4()}", "person": person, "kind": "stale", "level": 0,
        "at": house.now() + timedelta(minutes=minutes),
    }  # fmt: skip
    async with house.sessions.begin() as session:
        await session.execute(insert(Notice).values(**row | more))
    return UUID(str(row["id"]))


async def test_notices_are_counted_until_they_are_read_and_only_ones_own(
    web: httpx2.AsyncClient, house: House, cast: dict[str, Staff]
) -> None:
    mine, hers = cast["agent"], cast["lead"]
    first, _, _ = [await add_notice(house, mine.id, minutes) for minutes in (1, 2, 3)]
    other = await add_notice(house, hers.id)
    await add_notice(house, mine.id, dropped_at=house.now())
    counted = (await web.get("/notices/unread", headers=mine.headers)).json()
    read = {"notices": [str(first), str(other), str(uuid4())]}
    answers = [(await web.post("/notices/read", json=read, headers=mine.headers)).json() for _ in range(2)]
    until = {"until": (house.now() + timedelta(minutes=3)).isoformat()}
    rest = (await web.post("/notices/read", json=until, headers=mine.headers)).json()
    assert counted == {"unread": 3}
    assert answers == [{"read": 1, "unread": 2}, {"read": 0, "unread": 2}]
    assert rest == {"read": 2, "unread": 0}
    assert (await web.get("/notices/unread", headers=hers.headers)).json() == {"unread": 1}


async def test_preferences_begin_with_the_defaults_and_are_kept_as_a_whole(
    web: httpx2.AsyncClient, cast: dict[str, Staff]
) -> None:
    before = (await web.get("/me/notice-preferences", headers=cast["agent"].headers)).json()
    wanted = {
        "quiet": {"zone": "Europe/Berlin", "windows": [{"start": "21:30", "end": "07:00"}]},
        "rules": [{"kinds": ["stale"], "urgency": None, "channels": ["email"], "when": "digest"}],
    }
    put = await web.put("/me/notice-preferences", json=wanted, headers=cast["agent"].headers)
    again = (await web.get("/me/notice-preferences", headers=cast["agent"].headers)).json()
    assert before["quiet"]["windows"] == [{"start": "22:00", "end": "08:00"}]
    assert put.json() == again == wanted
    assert (await web.get("/me/notice-preferences", headers=cast["lead"].headers)).json() == before


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quiet": {"zone": "Mars/Base"}}, "body.quiet.zone"),
        ({"quiet": {"windows": [{"start": "08:00", "end": "08:00"}]}}, "body.quiet.windows.0"),
        ({"rules": [{"when": "sometimes"}]}, "body.rules.0.when"),
        ({"rules": [{"when": "digest", "channels": ["pigeon"]}]}, "body.rules.0.channels.0"),
        ({"rules": [{"when": "digest"}] * 41}, "body.rules"),
        ({"ring": True}, "body.ring"),
    ],
)
async def test_preferences_that_can_not_be_kept_are_refused_by_the_field(
    web: httpx2.AsyncClient, cast: dict[str, Staff], wrong: Any, field: str
) -> None:
    answer = await web.put("/me/notice-preferences", json=wrong, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_an_administrator_sets_what_others_hear_and_that_is_on_record(
    web: httpx2.AsyncClient, cast: dict[str, Staff], root: dict[str, str]
) -> None:
    path = f"/people/{cast['agent'].id}/notice-preferences"
    put = await web.put(path, json={"rules": []}, headers=root)
    await web.put(path, json={"rules": []}, headers=root)
    shown = (await web.get("/me/notice-preferences", headers=cast["agent"].headers)).json()
    events = (await web.get("/office/events?limit=1000&kind=notice_preferences.set", headers=root)).json()
    assert (put.status_code, shown["rules"]) == (200, [])
    assert [(e["actor"], e["subject"]) for e in events] == [(str(cast["root"].id), str(cast["agent"].id))]
    assert (await web.get(f"/people/{uuid4()}/notice-preferences", headers=root)).status_code == 404


async def test_a_channel_of_mine_is_added_changed_tried_and_removed_and_its_secrets_are_never_shown(
    web: httpx2.AsyncClient, cast: dict[str, Staff], root: dict[str, str]
) -> None:
    me = cast["agent"].headers
    added = await web.post("/me/channels", json=ROBOT, headers=me)
    path = f"/me/channels/{added.json()['id']}"
    changed = await web.patch(path, json={"label": "群 2", "active": False}, headers=me)
    tried = await web.post(f"{path}/test", headers=me)
    twice = await web.post(f"{path}/test", headers=me)
    log = (await web.get("/me/deliveries", headers=me)).json()
    gone = await web.delete(path, headers=me)
    events = await web.get("/office/events?limit=1000", headers=root)
    told = "".join(one.text for one in (added, changed, tried, events)) + str(log)
    assert [one.status_code for one in (added, changed, tried, twice, gone)] == [201, 200, 202, 409, 204]
    assert (twice.json()["code"], log["deliveries"][0]["what"]) == ("TrialWaiting", "test")
    assert log["deliveries"][0]["id"] == tried.json()["delivery"]
    kinds = [event["kind"] for event in events.json() if event["kind"].startswith("notice_channel")]
    assert kinds == ["notice_channel.added", "notice_channel.changed", "notice_channel.removed"]
    assert not [secret for secret in ("0123456789abcdef", "SEC-a-secret") if secret in told]
    assert (await web.get("/me/channels", headers=me)).json() == []
    (dropped,) = (await web.get("/me/deliveries?state=dropped", headers=me)).json()["deliveries"]
    assert dropped["code"] == "channel-removed"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "dingtalk"}, "token"),
        ({"kind": "dingtalk", "token": "kurz"}, "token"),
        ({"kind": "wecom", "token": "0123456789abcdef", "secret": "SEC"}, "secret"),
        ({"kind": "email", "token": "0123456789abcdef"}, "token"),
        ({"kind": "email"}, "address"),
        ({"kind": "email", "address": "anna@example.com"}, "kind"),
        ({"kind": "dingtalk", "token": "0123456789abcdef", "address": "a@b.cn"}, "address"),
    ],
)
async def test_a_channel_that_can_not_work_is_refused_by_the_field_without_repeating_it(
    web: httpx2.AsyncClient, cast: dict[str, Staff], wrong: Any, field: str
) -> None:
    answer = await web.post("/me/channels", json={"label": "x"} | wrong, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "BadChannel", field)
    assert "0123456789abcdef" not in answer.text


async def test_a_bad_mail_address_is_refused_where_mail_is_set_up(
    app: FastAPI, web: httpx2.AsyncClient, house: House, cast: dict[str, Staff]
) -> None:
    settings = house.settings.model_copy(update={"smtp_host": "127.0.0.1"})
    app.state.house = replace(house, settings=settings)
    bodies = [{"kind": "email", "label": "m", "address": to} for to in ("anna@", "anna@example.com")]
    answers = [await web.post("/me/channels", json=body, headers=cast["agent"].headers) for body in bodies]
    assert [(one.status_code, one.json().get("field")) for one in answers] == [(422, "address"), (201, None)]


async def test_a_robot_has_one_place_and_nobody_touches_anothers_channel(
    web: httpx2.AsyncClient, cast: dict[str, Staff]
) -> None:
    mine, hers = cast["agent"].headers, cast["lead"].headers
    added = (await web.post("/me/channels", json=ROBOT, headers=mine)).json()
    again = await web.post("/me/channels", json=ROBOT | {"label": "other"}, headers=hers)
    path = f"/me/channels/{added['id']}"
    theirs = [
        await web.patch(path, json={"active": False}, headers=hers),
        await web.delete(path, headers=hers),
        await web.post(f"{path}/test", headers=hers),
    ]
    assert (again.status_code, again.json()["code"]) == (409, "AlreadyThere")
    assert [one.status_code for one in theirs] == [404, 404, 404]


async def test_a_group_of_a_team_is_for_whoever_may_change_each_of_its_shops(
    web: httpx2.AsyncClient, house: House, cast: dict[str, Staff], root: dict[str, str]
) -> None:
    chief, body = cast["supervisor"].headers, ROBOT | {"team": "north", "least": "normal"}
    without = await web.post("/shops/demo/channels", json=body, headers=chief)
    async with house.sessions.begin() as session:
        (await session.get_one(Shop, "demo")).team = "north"
        await session.execute(insert(Team).values(code="north", name="North", outsourced=False))
        await session.execute(insert(TeamShop).values(team="north", shop="other"))
    refused = await web.post("/shops/demo/channels", json=body, headers=chief)
    added = await web.post("/shops/demo/channels", json=body, headers=root)
    listed = (await web.get("/shops/other/channels", headers=root)).json()
    change = await web.patch(f"/shops/demo/channels/{added.json()['id']}", json={"active": False}, headers=chief)
    assert (without.status_code, without.json()["field"]) == (422, "team")
    assert (refused.status_code, added.status_code, change.status_code) == (404, 201, 404)
    assert [(line["team"], line["shop"], line["least"]) for line in listed] == [("north", None, "normal")]


async def test_whoever_watches_the_house_sees_that_sending_stands_still_or_a_channel_fails(
    web: httpx2.AsyncClient, house: House, cast: dict[str, Staff]
) -> None:
    me = cast["agent"].headers
    added = (await web.post("/me/channels", json=ROBOT, headers=me)).json()
    await web.post(f"/me/channels/{added['id']}/test", headers=me)
    seen = [(await web.get("/ready")).json()["sending"]]
    async with house.sessions.begin() as session:
        await session.execute(update(NoticeDelivery).values(next_try_at=house.now() - timedelta(minutes=11)))
    seen.append((await web.get("/ready")).json()["sending"])
    async with house.sessions.begin() as session:
        ended = {"state": "failed", "next_try_at": None, "ended_at": house.now()}
        await session.execute(update(NoticeDelivery).values(**ended))
        ill = {"failing_since": house.now(), "alarmed_at": house.now()}
        await session.execute(update(NoticeChannel).values(**ill))
    seen.append((await web.get("/ready")).json()["sending"])
    assert seen == ["ok", "late", "failing"]


async def test_a_shops_group_is_its_leaders_affair(web: httpx2.AsyncClient, cast: dict[str, Staff]) -> None:
    chief, stranger = cast["supervisor"].headers, cast["stranger"].headers
    added = (await web.post("/shops/demo/channels", json=ROBOT, headers=chief)).json()
    tried = await web.post(f"/shops/demo/channels/{added['id']}/test", headers=chief)
    log = (await web.get("/shops/demo/deliveries", headers=chief)).json()["deliveries"]
    assert (tried.status_code, [line["id"] for line in log]) == (202, [tried.json()["delivery"]])
    assert (await web.post("/shops/demo/channels", json=ROBOT, headers=cast["agent"].headers)).status_code == 403
    assert (await web.get("/shops/demo/deliveries", headers=stranger)).status_code == 403


async def test_a_made_up_cursor_of_deliveries_is_refused(web: httpx2.AsyncClient, cast: dict[str, Staff]) -> None:
    answer = await web.get("/me/deliveries?cursor=eyJvIjoi", headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "BadCursor")


async def test_one_has_so_many_channels_and_no_more(web: httpx2.AsyncClient, cast: dict[str, Staff]) -> None:
    answers = [
        await web.post(
            "/me/channels",
            json={"kind": "wecom", "label": f"c{n}", "token": f"0123456789-{n}"},
            headers=cast["agent"].headers,
        )
        for n in range(21)
    ]
    assert [one.status_code for one in answers] == [201] * 20 + [409]
    assert answers[-1].json()["code"] == "TooManyChannels"
