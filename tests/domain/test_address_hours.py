"""Every example of an address, planned on the days on which planning goes wrong most easily."""

import pytest

from domain.addresses import address_type
from domain.life_zones import life_zone
from tests.domain.address_examples import DRAFT, PLAIN, TRAPS
from tests.domain.contact_world import DAYS, POLICY, clock, planned

ADDRESSES = [detail for detail, _ in (*DRAFT, *PLAIN, *TRAPS)]
EXPECTED = {
    "an evening in Xinjiang": ("新疆维吾尔自治区", "2026-11-23 21:30", {"2026-11-23", "2026-11-24"}),
    "the eve of Spring Festival": ("浙江省", "2026-02-15 21:30", {"2026-02-19"}),
    "Spring Festival of a year that nobody has published": ("浙江省", "2027-02-04 21:30", {"2027-02-08"}),
    "a Saturday that is worked": ("浙江省", "2026-10-10 08:00", {"2026-10-10"}),
    "the turn of the year": ("浙江省", "2026-12-31 21:30", {"2027-01-01"}),
    "a leap day": ("浙江省", "2028-02-28 21:30", {"2028-02-29"}),
}


@pytest.mark.covers(14, 15, 195)
@pytest.mark.parametrize("day", EXPECTED)
def test_each_address_is_contacted_at_a_decent_hour_of_its_life_on_a_day_that_is_not_quiet(day: str) -> None:
    province, now, days = EXPECTED[day]
    zone = life_zone(province, POLICY)
    for detail in ADDRESSES:
        contact = planned(now, address_type=address_type(detail, POLICY), state=province)
        begins, ends = (clock(moment, zone.tz.key) for moment in (contact.due_at, contact.slot_ends_at))
        assert (begins[:10] in days, begins[:10] == ends[:10]) == (True, True), detail
        assert (begins[-5:] >= "09:00", ends[-5:] <= "21:00") == (True, True), detail
        assert not DAYS.day(contact.due_at.astimezone(zone.tz).date()).quiet, detail


def test_there_are_the_drafts_examples_and_more_than_sixty_of_our_own() -> None:
    assert len(DRAFT) == 24
    assert len(set(ADDRESSES)) >= 24 + 60
