"""A merged case's number: what it shows, and where its later messages go."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, update
from temporalio.client import Client

from activities.merging import MergeActivities
from activities.requests import SplitRequest
from api.house import House
from db.merges import merged_into
from db.reads.cases import find_case
from db.tables.cases import CaseFile, CaseKey
from domain.review_case.outcomes import Outcome
from tests.api.rows import add_case


@pytest.fixture
async def pair(house: House, cast: Any) -> tuple[str, str]:
    """A closed case, and the closed one it was merged into: neither needs an engine."""
    numbers = []
    for outcome in (Outcome.DUPLICATE, Outcome.REFUSED):
        fields = {"closed_at": house.now(), "outcome": outcome, "stage": "closed"}
        number = await add_case(house, "demo", **fields)
        async with house.sessions.begin() as session:
            file = await find_case(session, number)
            assert file is not None
            key = {"kind": "review", "platform": "sandbox", "shop": "demo", "external_id": file.external_id, "run": 1}
            await session.execute(insert(CaseKey).values(**key, case=number))
        numbers.append(number)
    merged, survivor = numbers
    async with house.sessions.begin() as session:
        moved = update(CaseKey).where(CaseKey.case == merged)
        await session.execute(moved.values(merged_into=survivor))
    return merged, survivor


@pytest.mark.covers(194)
async def test_a_merged_case_names_the_one_that_goes_on(
    web: httpx2.AsyncClient, cast: Any, pair: tuple[str, str]
) -> None:
    merged, survivor = pair
    shown = await web.get(f"/cases/{merged}", headers=cast["agent"].headers)
    other = await web.get(f"/cases/{survivor}", headers=cast["agent"].headers)
    assert (shown.json()["merged_into"], other.json()["merged_into"]) == (survivor, None)


async def test_a_step_in_a_merged_case_reaches_the_one_that_goes_on(
    web: httpx2.AsyncClient, cast: Any, pair: tuple[str, str]
) -> None:
    merged, survivor = pair
    body = {"step": "reopen", "why": "the buyer called back"}
    answer = await web.post(f"/cases/{merged}/steps", json=body, headers=cast["lead"].headers)
    assert answer.json()["case"] == survivor


async def test_a_step_that_was_meant_for_what_the_merged_case_showed_is_refused(
    web: httpx2.AsyncClient, cast: Any, pair: tuple[str, str]
) -> None:
    merged, survivor = pair
    headers = cast["lead"].headers | {"If-Match": '"3"'}
    answer = await web.post(f"/cases/{merged}/steps", json={"step": "reopen", "why": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "CaseMerged")
    assert answer.json()["merged_into"] == survivor


async def test_who_would_reopen_a_merged_case_while_the_other_is_open_hears_how_a_merge_is_undone(
    web: httpx2.AsyncClient, cast: Any, pair: tuple[str, str], house: House
) -> None:
    merged, survivor = pair
    async with house.sessions.begin() as session:
        await session.execute(update(CaseFile).where(CaseFile.number == survivor).values(closed_at=None))
    body = {"step": "reopen", "why": "two quarrels after all"}
    refused = await web.post(f"/cases/{merged}/steps", json=body, headers=cast["lead"].headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "CaseOpen")
    assert f"goes on in {survivor}" in refused.json()["detail"]
    assert "split_off" in refused.json()["detail"]


@pytest.mark.covers(194)
async def test_a_lead_splits_a_merged_case_off_and_it_is_begun_anew(
    web: httpx2.AsyncClient, cast: Any, pair: tuple[str, str], temporal_client: Client, house: House
) -> None:
    merged, survivor = pair
    body = {"step": "split_off", "why": "not the same order after all"}
    alone = await web.post(f"/cases/{merged}/steps", json=body, headers=cast["agent"].headers)
    undone = await web.post(f"/cases/{merged}/steps", json=body, headers=cast["lead"].headers)
    async with house.reads() as session:
        file = await find_case(session, merged)
    assert file is not None
    history = await temporal_client.get_workflow_handle(f"{file.workflow}:2").fetch_history()
    assert (alone.status_code, undone.status_code, undone.json()["case"]) == (403, 200, merged)
    assert undone.json()["state"]["opening"]["split_from"] == survivor
    assert "not the same order" not in history.to_json()


async def test_what_a_case_had_taken_in_goes_along_when_it_is_split_off(house: House, pair: tuple[str, str]) -> None:
    merged, survivor = pair
    first = await add_case(house, "demo")
    async with house.sessions.begin() as session:
        key = {"kind": "review", "platform": "sandbox", "shop": "demo", "external_id": first, "run": 1}
        await session.execute(insert(CaseKey).values(**key, case=first, merged_into=survivor))
        took_it_in = update(CaseFile).where(CaseFile.number == merged)
        await session.execute(took_it_in.values(state={"absorbed": [first]}))
    for _ in range(2):
        await MergeActivities(house.sessions).split(SplitRequest(case=merged, split_from=survivor))
    async with house.reads() as session:
        assert await merged_into(session, {first, merged}) == {first: merged}


async def test_a_case_that_is_not_merged_is_not_split_off(
    web: httpx2.AsyncClient, cast: Any, pair: tuple[str, str]
) -> None:
    body = {"step": "split_off", "why": "?"}
    refused = await web.post(f"/cases/{pair[1]}/steps", json=body, headers=cast["lead"].headers)
    assert (refused.status_code, refused.json()["code"], refused.json()["why"]) == (409, "MergeRefused", "not_merged")
