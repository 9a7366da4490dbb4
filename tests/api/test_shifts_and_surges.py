"""Shifts and surges over the api: said by whoever leads the desk, checked, and in the office's record."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

HOURS = {"zone": "Asia/Shanghai", "week": {"monday": [{"open": "09:00", "close": "18:00"}]}}
EVENINGS = {"zone": "Asia/Shanghai", "week": {"monday": [{"open": "17:00", "close": "21:00"}]}}


@pytest.fixture
def ask(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def asked(who: str, method: str, path: str, body: Any = None) -> httpx2.Response:
        return await web.request(method, path, json=body, headers=cast[who].headers)

    return asked


def shifts_of(cast: Any, who: str) -> str:
    return f"/people/{cast[who].id}/shifts"


async def test_a_lead_says_when_an_agent_works(ask: Any, cast: Any) -> None:
    path = shifts_of(cast, "agent")
    await ask("lead", "PUT", path, {"hours": HOURS, "valid_from": "2026-11-01"})
    await ask("lead", "PUT", path, {"hours": EVENINGS, "valid_from": "2026-12-01", "valid_until": "2026-12-31"})
    shown = (await ask("agent", "GET", path)).json()
    assert [(line["valid_from"], line["valid_until"]) for line in shown] == [
        ("2026-12-01", "2026-12-31"), ("2026-11-01", None),
    ]  # fmt: skip
    assert shown[1]["hours"]["week"] == HOURS["week"]


async def test_a_shift_from_the_same_day_is_replaced_and_both_are_in_the_record(ask: Any, cast: Any) -> None:
    path = shifts_of(cast, "agent")
    for hours in (HOURS, EVENINGS):
        await ask("lead", "PUT", path, {"hours": hours, "valid_from": "2026-11-01"})
    shown = (await ask("agent", "GET", path)).json()
    kinds = [line["kind"] for line in (await ask("root", "GET", "/office/events?limit=1000")).json()]
    assert [line["hours"]["week"] for line in shown] == [EVENINGS["week"]]
    assert kinds.count("shift.set") == 2


async def test_a_shift_is_taken_away_by_its_first_day(ask: Any, cast: Any) -> None:
    path = shifts_of(cast, "agent")
    await ask("lead", "PUT", path, {"hours": HOURS, "valid_from": "2026-11-01"})
    gone = await ask("lead", "DELETE", f"{path}?valid_from=2026-11-01")
    assert (gone.status_code, (await ask("agent", "GET", path)).json()) == (204, [])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"hours": {"zone": "Asia/Shanghai", "week": {}}}, "the desk never opens"),
        ({"hours": HOURS | {"zone": "Mars"}}, "zone"),
        ({"valid_until": "2026-10-01"}, "valid_until"),
        ({"valid_from": "yesterday"}, "valid_from"),
    ],
)
async def test_a_shift_that_cannot_be_is_refused_by_name(ask: Any, cast: Any, change: Any, named: str) -> None:
    body = {"hours": HOURS, "valid_from": "2026-11-01"} | change
    answer = await ask("lead", "PUT", shifts_of(cast, "agent"), body)
    assert (answer.status_code, named in answer.json()["detail"]) == (422, True)


async def test_people_of_other_shops_are_none_of_a_leads(ask: Any, cast: Any) -> None:
    body = {"hours": HOURS, "valid_from": "2026-11-01"}
    stranger = await ask("lead", "PUT", shifts_of(cast, "stranger"), body)
    head = await ask("lead", "PUT", shifts_of(cast, "root"), body)
    assert (stranger.status_code, head.status_code) == (404, 403)


@pytest.mark.covers(34)
async def test_a_surge_has_a_start_an_end_and_a_reason_in_the_record(ask: Any, now: Any) -> None:
    body = {"ends_at": (now + timedelta(days=2)).isoformat(), "why": "Double 12"}
    made = (await ask("supervisor", "POST", "/shops/demo/surges", body)).json()
    ended = await ask("supervisor", "DELETE", f"/shops/demo/surges/{made['id']}")
    lines = (await ask("root", "GET", "/office/events?limit=1000")).json()
    assert ended.status_code == 204
    assert [line["kind"] for line in lines[-2:]] == ["surge.set", "surge.ended"]
    assert lines[-2]["facts"]["why"] == "Double 12"


@pytest.mark.parametrize(("starts", "ends"), [(0, -1), (2, 1), (0, 40), (-3, -1)])
async def test_a_surge_that_cannot_be_is_refused(ask: Any, now: Any, starts: int, ends: int) -> None:
    body = {"starts_at": now + timedelta(days=starts), "ends_at": now + timedelta(days=ends)}
    answer = await ask(
        "supervisor", "POST", "/shops/demo/surges", {n: t.isoformat() for n, t in body.items()} | {"why": "w"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "BadOfficeData")


async def test_a_surge_that_has_not_begun_is_taken_away(ask: Any, now: Any) -> None:
    body = {"starts_at": (now + timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=2)).isoformat()}
    made = (await ask("supervisor", "POST", "/shops/demo/surges", body | {"why": "w"})).json()
    await ask("supervisor", "DELETE", f"/shops/demo/surges/{made['id']}")
    assert (await ask("agent", "GET", "/shops/demo/surges")).json() == []


async def test_a_surge_is_followed_from_the_moment_it_is_set(ask: Any, now: Any, temporal_client: Client) -> None:
    """Also one that nobody followed is, once it is ended: its end must reach what was planned."""
    body = {"ends_at": (now + timedelta(days=2)).isoformat(), "why": "w"}
    made = (await ask("supervisor", "POST", "/shops/demo/surges", body)).json()
    handle = temporal_client.get_workflow_handle(f"surge:{made['id']}")
    started = await handle.describe()
    await handle.terminate()
    for _ in range(2):
        await ask("supervisor", "DELETE", f"/shops/demo/surges/{made['id']}")
    ended = await handle.describe()
    assert [one.status for one in (started, ended)] == [WorkflowExecutionStatus.RUNNING] * 2
    assert started.run_id != ended.run_id


@pytest.mark.covers(195)
async def test_a_leave_is_planned_shown_and_taken_back(ask: Any, cast: Any, now: Any) -> None:
    path = f"/people/{cast['agent'].id}/leaves"
    body = {"starts_at": (now + timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=4)).isoformat()}
    made = await ask("lead", "POST", path, body | {"why": "年假"})
    shown = (await ask("agent", "GET", path)).json()
    gone = await ask("lead", "DELETE", f"{path}/{made.json()['id']}")
    kinds = [line["kind"] for line in (await ask("root", "GET", "/office/events?limit=1000")).json()]
    assert (made.status_code, [line["why"] for line in shown], gone.status_code) == (201, ["年假"], 204)
    assert (kinds[-2:], (await ask("agent", "GET", path)).json()) == (["leave.set", "leave.removed"], [])


@pytest.mark.parametrize(("starts", "ends"), [(2, 1), (-3, -1), (1, 1), (1, 800)])
async def test_a_leave_that_cannot_be_is_refused(ask: Any, cast: Any, now: Any, starts: int, ends: int) -> None:
    body = {"starts_at": now + timedelta(days=starts), "ends_at": now + timedelta(days=ends)}
    sent = {name: moment.isoformat() for name, moment in body.items()} | {"why": "w"}
    answer = await ask("lead", "POST", f"/people/{cast['agent'].id}/leaves", sent)
    assert (answer.status_code, answer.json()["field"]) == (422, "ends_at")


async def test_people_of_other_shops_have_no_leave_of_a_lead_s(ask: Any, cast: Any, now: Any) -> None:
    sent = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=1)).isoformat(), "why": "w"}
    assert (await ask("lead", "POST", f"/people/{cast['stranger'].id}/leaves", sent)).status_code == 404
