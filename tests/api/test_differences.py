"""Differences between a statement and our payouts over the api: seen, and settled once with a reason."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select

from api.house import House
from db.tables.office import OfficeEvent
from db.tables.statements import StatementDifference


@pytest.fixture
async def difference(house: House) -> UUID:
    """The wallet paid eight yuan under a key of the demo shop that we do not count as paid."""
    row = StatementDifference(
        id=uuid4(), wallet="alipay", day=date(2026, 11, 20), kind="ours_missing", subject="TEST00000100000000000101",
        shop="demo", theirs_fen=800, found_at=house.now(),
    )  # fmt: skip
    async with house.sessions.begin() as session:
        session.add(row)
    return row.id


async def settle(web: httpx2.AsyncClient, who: Any, id: UUID) -> httpx2.Response:
    return await web.post(f"/differences/{id}/settle", json={"reason": "paid by hand"}, headers=who.headers)


@pytest.mark.covers(200)
async def test_finance_settles_a_difference_once_with_a_reason_that_is_on_record(
    house: House, web: httpx2.AsyncClient, cast: Any, difference: UUID
) -> None:
    assert (await settle(web, cast["agent"], difference)).status_code == 403
    assert (await settle(web, cast["finance"], difference)).json()["reason"] == "paid by hand"
    assert (await settle(web, cast["finance"], difference)).json()["code"] == "DifferenceSettled"
    listed = await web.get("/differences", params={"settled": False}, headers=cast["finance"].headers)
    assert listed.json()["differences"] == []
    async with house.sessions() as session:
        kinds = list(await session.scalars(select(OfficeEvent.kind)))
    assert kinds.count("difference.settled") == 1


async def test_a_difference_that_is_none_is_not_found(web: httpx2.AsyncClient, cast: Any) -> None:
    assert (await settle(web, cast["finance"], uuid4())).status_code == 404
