"""The business clock (movable) and the date formats of the wire."""

import time
from datetime import UTC, datetime, timedelta, timezone

from sandbox.store import Store

CHINA = timezone(timedelta(hours=8))  # every platform here writes its dates in GMT+8
DAY = 86_400


class BusinessClock:
    """Runs with the wall clock, shifted by an offset that is kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> int:
        """Whole seconds since 1970."""
        return int(time.time() + self._store.setting("clock_offset", 0))

    def set(self, moment: datetime) -> None:
        """`moment` must be aware."""
        self._store.set_setting("clock_offset", moment.timestamp() - time.time())

    def advance(self, seconds: float) -> None:
        self._store.set_setting("clock_offset", self._store.setting("clock_offset", 0) + seconds)

    def state(self) -> dict[str, str | float]:
        offset = self._store.setting("clock_offset", 0)
        now = datetime.fromtimestamp(time.time() + offset, UTC)
        return {"now": now.isoformat(), "now_china": written(int(now.timestamp())), "offset_seconds": offset}


def written(moment: int | None) -> str | None:
    """`yyyy-MM-dd HH:mm:ss` in GMT+8, as TOP, Alipay and Aliyun write it."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def read(text: str) -> int:
    """The inverse of `written`; raises ValueError for anything else."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp())


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
