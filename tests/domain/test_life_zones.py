"""Zones that people live by, by province."""

from datetime import timedelta

import pytest

from domain.errors import PolicyUnreadable
from domain.life_zones import life_zone
from tests.domain.contact_world import POLICY, shop_policy


@pytest.mark.covers(195)
@pytest.mark.parametrize(
    ("state", "zone", "hours"),
    [
        ("新疆", "Asia/Urumqi", -2),
        ("新疆维吾尔自治区", "Asia/Urumqi", -2),
        ("西藏自治区", "Etc/GMT-7", -1),
        ("香港特别行政区", "Asia/Hong_Kong", 0),
        ("台湾省", "Asia/Taipei", 0),
        ("浙江省", "Asia/Shanghai", 0),
        (" 北京 ", "Asia/Shanghai", 0),
        ("", "Asia/Shanghai", 0),
        ("Atlantis", "Asia/Shanghai", 0),
    ],
)
def test_a_province_lives_by_its_own_hours(state: str, zone: str, hours: int) -> None:
    found = life_zone(state, POLICY)

    assert (found.name, found.offset) == (zone, timedelta(hours=hours))


def test_the_reason_names_the_province() -> None:
    assert "新疆" in life_zone("新疆", POLICY).reason


def test_a_shop_may_move_a_province() -> None:
    own = shop_policy(life_time={"regions": {"qinghai": {"names": ["青海"], "zone": "Asia/Urumqi"}}})

    assert life_zone("青海省", own).name == "Asia/Urumqi"


def test_an_unknown_zone_is_refused_by_its_path() -> None:
    with pytest.raises(PolicyUnreadable, match=r"life_time\.regions\.tibet\.zone"):
        shop_policy(life_time={"regions": {"tibet": {"zone": "Asia/Lhasa"}}})
