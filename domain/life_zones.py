"""The zone a buyer lives by, from the province of the delivery address."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from domain.policies.contact import ContactPolicy

BEIJING = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class LifeZone:
    """An IANA zone by its name, how far it is from Beijing time, and why it was chosen."""

    name: str
    offset: timedelta
    reason: str

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.name)


def life_zone(state: str, policy: ContactPolicy) -> LifeZone:
    """The life zone of a province as the order writes it ("新疆", "新疆维吾尔自治区"); Beijing time where unknown."""
    plain = state.strip()
    for region in policy.life_time.regions.values():
        if plain and plain.startswith(region.names):
            return _zone(region.zone, f"{region.names[0]}: {region.note or region.zone}")
    default = policy.life_time.default_zone
    return _zone(default, f"{plain or 'no province given'}: people live by {default}")


@lru_cache(maxsize=16_384)
def instant(day: date, moment: time, zone: ZoneInfo) -> datetime:
    """A wall-clock moment of a zone as UTC. Kept, because one plan asks for the same few hundred again and again."""
    return datetime.combine(day, moment, zone).astimezone(UTC)


def life_midnight(day: date, zone: LifeZone) -> datetime:
    """The start of a life day, as UTC."""
    return instant(day, time(), zone.tz)


@cache
def _zone(name: str, reason: str) -> LifeZone:
    # A fixed winter day: China keeps no summer time, and overseas the difference only informs the reader.
    winter = datetime(2026, 1, 1, tzinfo=BEIJING)
    here, beijing = winter.astimezone(ZoneInfo(name)).utcoffset(), winter.utcoffset()
    return LifeZone(name, (here or timedelta()) - (beijing or timedelta()), reason)
