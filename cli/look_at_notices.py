"""`amends doctor` looks at how the staff is told: whether messages leave, and which channels take none."""

from collections.abc import AsyncIterator
from datetime import timedelta

from cli.diagnosis import Diagnosis, bad, good, odd
from cli.house import Tools
from db.reads.deliveries import LATE_SECONDS, failing_channels, oldest_due

LATE = timedelta(seconds=LATE_SECONDS)


async def look_at_notices(house: Tools) -> AsyncIterator[Diagnosis]:
    async with house.sessions() as session:
        due, failing = await oldest_due(session), await failing_channels(session)
    if due is not None and house.now - due > LATE:
        waits = int((house.now - due).total_seconds() // 60)
        yield bad("sending", f"a message has been due for {waits} minutes", "start worker.py; it makes its schedules")
    else:
        yield good("sending", "messages to the staff leave in time")
    for channel in failing:
        since = f"{channel.failing_since:%Y-%m-%d %H:%M}"
        what = f"{channel.kind} {channel.label!r} takes nothing since {since} UTC (last answer {channel.code})"
        remedy = "check its token, secret and address, then try it: POST …/channels/{channel}/test"
        yield (bad if channel.alarmed else odd)("channel", what, remedy)
