"""Webhooks over the api: who may, what is refused, what is shown once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, update

from api.house import House
from db.tables.webhooks import WebhookDelivery, WebhookSubscription
from tests.api.conftest import Staff

URL = "http://127.0.0.1:9/hooks/amends"
BODY = {"label": "ERP", "url": URL, "kinds": ["review.*", "*.closed"]}
PATH = "/shops/demo/webhooks"


@pytest.fixture
async def open_house(app: FastAPI, house: House) -> AsyncIterator[House]:
    """A house whose webhooks may lead to this machine."""
    opened = replace(house, settings=house.settings.model_copy(update={"webhook_private": True}))
    app.state.house = opened
    yield opened
    app.state.house = house


@pytest.fixture
def admin(cast: dict[str, Staff]) -> dict[str, str]:
    return cast["admin"].headers


async def added(web: httpx2.AsyncClient, admin: dict[str, str], **more: Any) -> Any:
    answer = await web.post(PATH, json=BODY | more, headers=admin)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.covers(205)
async def test_the_secret_is_shown_once_and_never_again(
    web: httpx2.AsyncClient, open_house: House, admin: dict[str, str], cast: dict[str, Staff]
) -> None:
    made = await added(web, admin)
    rotated = (await web.post(f"{PATH}/{made['id']}/secret", json={"overlap_hours": 1}, headers=admin)).json()
    listed = await web.get(PATH, headers=admin)
    record = await web.get("/office/events?limit=1000", headers=cast["root"].headers)
    secrets = [made["secret"], rotated["secret"]]
    kinds = [event["kind"] for event in record.json() if event["kind"].startswith("webhook")]
    assert all(secret.startswith("whsec_") for secret in secrets)
    assert secrets[0] != secrets[1]
    assert not [secret for secret in secrets if secret in listed.text + record.text]
    assert kinds == ["webhook.added", "webhook.secret_changed"]
    assert listed.json()[0]["old_until"] is not None


@pytest.mark.covers(205)
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "http://127.0.0.1/x",
        "http://example.com/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https://name.that.is.not.there.invalid/",
        "ftp://example.com/",
        "https://a..b/",
        "https://[::1%25eth0]/",
        "https://xn--a/",
        "https://" + "a" * 300 + ".example/",
        "nonsense",
    ],
)
async def test_an_address_that_leads_inside_or_nowhere_is_refused_by_name(
    web: httpx2.AsyncClient, admin: dict[str, str], url: str
) -> None:
    answer = await web.post(PATH, json=BODY | {"url": url}, headers=admin)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "BadWebhook", "url")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kinds": ["review.opend"]}, "BadWebhook"),
        ({"kinds": []}, "BadInput"),
        ({"kinds": ["Review.*"]}, "BadInput"),
        ({"label": ""}, "BadInput"),
        ({"secret": "whsec_mine"}, "BadInput"),
    ],
)
async def test_what_can_not_be_meant_is_refused_by_name(
    web: httpx2.AsyncClient, open_house: House, admin: dict[str, str], change: Any, code: str
) -> None:
    answer = await web.post(PATH, json=BODY | change, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_every_kind_that_is_listed_can_be_listened_to(
    web: httpx2.AsyncClient, open_house: House, admin: dict[str, str]
) -> None:
    kinds = [kind["type"] for kind in (await web.get("/webhook-kinds", headers=admin)).json()]
    assert {"review.opened", "refund.refund_opened", "refund.closed"} <= set(kinds)
    made = [await added(web, admin, kinds=kinds[at : at + 100], label=str(at)) for at in range(0, len(kinds), 100)]
    assert sorted(kind for one in made for kind in one["kinds"]) == sorted(kinds)


async def test_a_webhook_is_changed_pinged_switched_off_and_removed(
    web: httpx2.AsyncClient, open_house: House, admin: dict[str, str], cast: dict[str, Staff]
) -> None:
    path = f"{PATH}/{(await added(web, admin))['id']}"
    pinged = await web.post(f"{path}/ping", headers=admin)
    log = (await web.get(f"{path}/deliveries", headers=admin)).json()["deliveries"]
    off = await web.patch(path, json={"active": False, "kinds": ["*"]}, headers=admin)
    answers = [
        await web.post(f"{path}/ping", headers=admin),
        await web.post(f"{path}/redeliver", json={"since": "2026-11-01T00:00:00Z"}, headers=admin),
        await web.post(f"{path}/deliveries/{log[0]['id']}/redeliver", headers=admin),
    ]
    gone = [(await web.delete(path, headers=admin)).status_code for _ in range(2)]
    assert (pinged.status_code, log[0]["id"], log[0]["type"]) == (202, pinged.json()["delivery"], "ping")
    assert (off.json()["active"], off.json()["kinds"]) == (False, ["*"])
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "WebhookOff")] * 3
    assert gone == [204, 404]


async def deliveries(house: House, webhook: str, many: int, **more: Any) -> list[UUID]:
    now, ids = house.now(), [uuid4() for _ in range(many)]
    rows = [
        {
            "id": id, "subscription": UUID(webhook), "type": "review.opened", "at": now + timedelta(hours=n),
            "state": "failed", "queued_at": now, "ended_at": now, "tries": 9, "code": "500",
        } | more
        for n, id in enumerate(ids)
    ]  # fmt: skip
    async with house.sessions.begin() as session:
        await session.execute(insert(WebhookDelivery), rows)
    return ids


@pytest.mark.covers(205)
async def test_one_or_all_since_a_moment_are_sent_again_and_that_is_on_record(
    web: httpx2.AsyncClient, open_house: House, admin: dict[str, str], cast: dict[str, Staff]
) -> None:
    made = await added(web, admin)
    path = f"{PATH}/{made['id']}"
    failed = await deliveries(open_house, made["id"], 3)
    (sent,) = await deliveries(open_house, made["id"], 1, state="sent", code="200", at=open_house.now())
    one = await web.post(f"{path}/deliveries/{sent}/redeliver", headers=admin)
    since = {"since": (open_house.now() + timedelta(hours=1)).isoformat()}
    rest = await web.post(f"{path}/redeliver", json=since, headers=admin)
    again = await web.post(f"{path}/redeliver", json=since, headers=admin)
    queued = (await web.get(f"{path}/deliveries?state=queued", headers=admin)).json()["deliveries"]
    nobody = await web.post(f"{path}/deliveries/{uuid4()}/redeliver", headers=admin)
    record = (await web.get("/office/events?kind=webhook.redelivered", headers=cast["root"].headers)).json()
    assert (one.json(), rest.json(), again.json()) == ({"queued": 1}, {"queued": 2}, {"queued": 0})
    assert {line["id"] for line in queued} == {str(id) for id in (*failed[1:], sent)}
    assert {line["tries"] for line in queued} == {0}
    assert (nobody.status_code, [event["facts"]["deliveries"] for event in record]) == (404, [2, 0])


async def test_the_log_comes_page_by_page_the_newest_first(
    web: httpx2.AsyncClient, open_house: House, admin: dict[str, str]
) -> None:
    made = await added(web, admin)
    ids = await deliveries(open_house, made["id"], 5)
    found, before = [], None
    while True:
        where = f"&before={before}" if before else ""
        page = (await web.get(f"{PATH}/{made['id']}/deliveries?limit=2{where}", headers=admin)).json()
        found += [line["id"] for line in page["deliveries"]]
        before = page["next"]
        if before is None:
            break
    assert found == [str(id) for id in reversed(ids)]


async def test_switching_on_again_forgets_old_failures(
    web: httpx2.AsyncClient, open_house: House, admin: dict[str, str]
) -> None:
    made = await added(web, admin)
    ill = {"active": False, "switched_off_at": open_house.now(), "failing_since": open_house.now()}
    async with open_house.sessions.begin() as session:
        await session.execute(update(WebhookSubscription).values(**ill))
    on = (await web.patch(f"{PATH}/{made['id']}", json={"active": True}, headers=admin)).json()
    assert (on["active"], on["switched_off_at"], on["failing_since"]) == (True, None, None)


async def test_what_waits_when_a_webhook_is_switched_off_is_kept_to_be_sent_later(
    web: httpx2.AsyncClient, open_house: House, admin: dict[str, str]
) -> None:
    path = f"{PATH}/{(await added(web, admin))['id']}"
    await web.post(f"{path}/ping", headers=admin)
    await web.patch(path, json={"active": False}, headers=admin)
    missed = (await web.get(f"{path}/deliveries", headers=admin)).json()["deliveries"]
    await web.patch(path, json={"active": True}, headers=admin)
    since = {"since": (open_house.now() - timedelta(hours=1)).isoformat()}
    again = await web.post(f"{path}/redeliver", json=since, headers=admin)
    assert ([line["state"] for line in missed], again.json()) == (["missed"], {"queued": 1})


async def test_nobody_sees_another_shops_webhooks(
    web: httpx2.AsyncClient, open_house: House, admin: dict[str, str], cast: dict[str, Staff]
) -> None:
    made = await added(web, admin)
    elsewhere = f"/shops/other/webhooks/{made['id']}"
    answers = [
        await web.get(f"{elsewhere}/deliveries", headers=cast["root"].headers),
        await web.post(f"{elsewhere}/ping", headers=cast["root"].headers),
        await web.get("/shops/other/webhooks", headers=admin),
        await web.get("/shops/nowhere/webhooks", headers=cast["root"].headers),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]
