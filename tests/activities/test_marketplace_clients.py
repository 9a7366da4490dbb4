"""Clients of a shop's marketplace: made once, made anew when the shop changes, refused in words that help."""

import json
import time

import pytest

from activities.marketplace_clients import Marketplaces, NoReviewApi, Pace, ShopWithoutCredentials
from db.audit import NotThere
from tests.activities.conftest import WayIn


@pytest.fixture
def marketplaces(way_in: WayIn) -> Marketplaces:
    parts = way_in.house.parts
    return Marketplaces(parts.settings, parts.sessions, parts.http)


async def test_clients_are_made_once_for_a_shop_as_it_stands(way_in: WayIn, marketplaces: Marketplaces) -> None:
    first, second = await marketplaces.of(way_in.house.shop), await marketplaces.of(way_in.house.shop)
    await way_in.change_shop(name="renamed")
    third = await marketplaces.of(way_in.house.shop)
    assert first.clients is second.clients
    assert third.clients is not first.clients


async def test_a_shop_knows_the_flavour_of_its_reviews(way_in: WayIn, marketplaces: Marketplaces) -> None:
    credentials = {"app_key": "1", "app_secret": "x", "session": "y"}
    await way_in.change_shop(credentials=json.dumps(credentials))
    plain = await marketplaces.of(way_in.house.shop)
    await way_in.change_shop(credentials=json.dumps(credentials | {"flavour": "tmall"}))
    said = await marketplaces.of(way_in.house.shop)
    assert (plain.clients.flavour, said.clients.flavour) == ("taobao", "tmall")


@pytest.mark.parametrize("unusable", ["no json", "[]", '{"app_key": "", "app_secret": "hush", "session": "hush"}'])
async def test_unusable_credentials_are_named_without_being_shown(
    way_in: WayIn, marketplaces: Marketplaces, unusable: str
) -> None:
    await way_in.change_shop(credentials=unusable)
    with pytest.raises(ShopWithoutCredentials, match="save them again") as refused:
        await marketplaces.of(way_in.house.shop)
    assert "hush" not in str(refused.value)
    assert "no json" not in str(refused.value)


@pytest.mark.parametrize("platform", ["douyin", "jd", "pinduoduo", "amazon"])
async def test_marketplaces_without_an_adapter_have_no_clients(
    way_in: WayIn, marketplaces: Marketplaces, platform: str
) -> None:
    await way_in.change_shop(platform=platform)
    with pytest.raises(NoReviewApi):
        await marketplaces.of(way_in.house.shop)


async def test_an_unknown_shop_is_not_there(marketplaces: Marketplaces) -> None:
    with pytest.raises(NotThere):
        await marketplaces.of("nowhere")


async def test_bulk_calls_are_spread_over_time() -> None:
    pace, began = Pace(per_second=50), time.monotonic()
    for _ in range(6):
        await pace.turn()
    assert time.monotonic() - began >= 5 / 50
