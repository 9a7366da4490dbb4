"""Reading a shop's list from a position that another process may go on from."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.testing import ActivityEnvironment

from activities.intake_batches import Position
from activities.marketplace_clients import Marketplaces
from activities.review_list import OLDEST, OVERLAP, first_position, read_page
from tests.activities.conftest import WayIn

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
AGO = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400))


@given(AGO, st.none() | AGO)
def test_reading_begins_after_the_cut_off_and_within_the_look_back(
    cut_off: timedelta, cursor: timedelta | None
) -> None:
    read_until = None if cursor is None else NOW - cursor
    start = first_position(read_until, NOW - cut_off, NOW).window_start
    assert NOW - cut_off <= start <= NOW
    assert start >= NOW - OLDEST


@given(AGO)
def test_reading_begins_ten_minutes_before_the_cursor(cursor: timedelta) -> None:
    start = first_position(NOW - cursor, NOW - timedelta(days=900), NOW).window_start
    assert start == max(NOW - cursor - OVERLAP, NOW - OLDEST)


async def read_all(way_in: WayIn, position: Position) -> list[str]:
    market = await marketplaces(way_in).of(way_in.house.shop)
    found: list[str] = []
    following: Position | None = position
    while following is not None:
        # As between two processes: nothing but the position goes from one page to the next.
        carried = Position.model_validate_json(following.model_dump_json())
        page, following = await read_page(market, carried)
        found += [review.oid for review in page.reviews] if page else []
    return found


def marketplaces(way_in: WayIn) -> Marketplaces:
    parts = way_in.house.parts
    return Marketplaces(parts.settings, parts.sessions, parts.http)


async def test_windows_are_cut_until_the_cap_hides_nothing(way_in: WayIn) -> None:
    oids = await way_in.bulk(3100)
    now = datetime.now(UTC)
    whole = Position(window_start=now - timedelta(days=2), window_end=now, until=now)
    assert sorted(set(await read_all(way_in, whole))) == sorted(oids)


async def test_reviews_that_appear_late_push_none_past_the_reader(way_in: WayIn) -> None:
    oids = await way_in.bulk(200)
    now = datetime.now(UTC)
    market = await marketplaces(way_in).of(way_in.house.shop)
    first, position = await read_page(market, Position(window_start=now - timedelta(days=2), window_end=now, until=now))
    await way_in.bulk(90)
    assert first is not None
    assert position is not None
    rest = await read_all(way_in, position)
    assert set(oids) <= {*(review.oid for review in first.reviews), *rest}


async def test_a_review_that_vanishes_pulls_none_past_the_reader(way_in: WayIn) -> None:
    oids = await way_in.bulk(200)
    now = datetime.now(UTC)
    market = await marketplaces(way_in).of(way_in.house.shop)
    first, position = await read_page(market, Position(window_start=now - timedelta(days=2), window_end=now, until=now))
    await way_in.market.delete(f"/buyer/reviews/{oids[0]}")
    assert first is not None
    assert position is not None
    rest = await read_all(way_in, position)
    assert {*(review.oid for review in first.reviews), *rest} == set(oids[1:])


@pytest.mark.parametrize("count", [0, 1, 150, 151])
async def test_every_page_is_read_once(way_in: WayIn, count: int) -> None:
    await way_in.bulk(count, result="good")
    batch = await ActivityEnvironment().run(way_in.intake.fetch, way_in.request())
    assert (batch.rows, batch.position) == (count, None)
