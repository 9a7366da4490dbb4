"""`amends doctor` looks at how staff and other systems are told: whether messages leave, and who takes none."""

from collections.abc import AsyncIterator
from datetime import timedelta

from cli.diagnosis import Diagnosis, bad, good, odd
from cli.house import Tools
from db.reads.deliveries import LATE_SECONDS, failing_channels, oldest_due
from db.reads.webhooks import troubled_webhooks

LATE = timedelta(seconds=LATE_SECONDS)


async def look_at_notices(house: Tools) -> AsyncIterator[Diagnosis]:
    async with house.sessions() as session:
        due, failing = await oldest_due(session), await failing_channels(session)
        hooks = await troubled_webhooks(session)
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
    for hook in hooks:
        if hook.switched_off_at is not None:
            what = f"{hook.label!r} of {hook.shop} was switched off at {hook.switched_off_at:%Y-%m-%d %H:%M} UTC"
            yield bad("webhook", what, "mend the listener, switch the webhook on, and send again what it missed")
        else:
            what = f"{hook.label!r} of {hook.shop} takes nothing (last answer {hook.last_code})"
            yield odd("webhook", what, "look at the listener; after two days the webhook is switched off")
