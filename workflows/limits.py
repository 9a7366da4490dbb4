"""How long and how often the side effects are tried, per kind of work."""

from datetime import timedelta
from typing import Any

from temporalio.common import RetryPolicy

from workflows import priorities

MARKETPLACE_QUEUE = "marketplace"
MONEY_QUEUE = "money"
COURIER_QUEUE = "courier"

# A worker that died is noticed after this; activities/pulse.py gives the sign of life. Long enough for a busy machine.
PULSE = timedelta(seconds=12)

# The database: retried for as long as it takes. A case that waits for its database loses nothing.
RECORD: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "heartbeat_timeout": PULSE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
    "priority": priorities.CASES,
}

# A case's write to its record, which every step brings with it: so short a time needs no sign of life beside it.
WRITE: dict[str, Any] = {
    "start_to_close_timeout": PULSE,
    "retry_policy": RECORD["retry_policy"],
    "priority": priorities.CASES,
}

# The database, for what a case asks it in one breath: run where the case itself runs, without a task of its own. While
# one runs the case hears of nothing else, so a database that is away makes it wait for a timer between two tries.
AT_ONCE: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "local_retry_threshold": timedelta(milliseconds=500),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
}

# The database while a person waits for the answer: seconds, then a clear "try again".
STEP: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=4),
    "schedule_to_close_timeout": timedelta(seconds=8),
    "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=1)),
    "priority": priorities.URGENT,
}

# The marketplace: given up after minutes, since the agenda asks again.
OUTSIDE: dict[str, Any] = {
    "task_queue": MARKETPLACE_QUEUE,
    "start_to_close_timeout": timedelta(seconds=40),
    "schedule_to_close_timeout": timedelta(minutes=3),
    "heartbeat_timeout": PULSE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
    "priority": priorities.CASES,
}

# One look at the marketplace. It makes two calls at the most, each of them ends by itself (after ten seconds, where
# AMENDS_OUTSIDE_TIMEOUT_SECONDS says nothing else), and a second look does no harm: so it gives no sign of life.
LOOK: dict[str, Any] = OUTSIDE | {"start_to_close_timeout": timedelta(seconds=25), "heartbeat_timeout": None}

# The couriers: given up after minutes, since the agenda asks again.
COURIER: dict[str, Any] = {
    "task_queue": COURIER_QUEUE,
    "start_to_close_timeout": timedelta(seconds=40),
    "schedule_to_close_timeout": timedelta(minutes=3),
    "heartbeat_timeout": PULSE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
    "priority": priorities.CASES,
}

# The database, for what runs on the couriers' queue.
COURIER_RECORD: dict[str, Any] = RECORD | {"task_queue": COURIER_QUEUE}

# The marketplace when its own clock runs: before everything else, and given up soon, since the agenda asks again.
DEADLINE: dict[str, Any] = {
    "task_queue": MARKETPLACE_QUEUE,
    "start_to_close_timeout": timedelta(seconds=40),
    "schedule_to_close_timeout": timedelta(minutes=2),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=15)),
    "priority": priorities.URGENT,
}

# The wallet: one attempt a call; what follows an unknown outcome is the payout's story, not the engine's retry.
WALLET: dict[str, Any] = {
    "task_queue": MONEY_QUEUE,
    "start_to_close_timeout": timedelta(seconds=60),
    "heartbeat_timeout": PULSE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
    "priority": priorities.URGENT,
}

# The messenger: it comes back with an answer by itself, and its own row keeps it from sending twice.
OUTSIDE_PATIENT: dict[str, Any] = {
    "task_queue": MARKETPLACE_QUEUE,
    "start_to_close_timeout": timedelta(seconds=40),
    "heartbeat_timeout": PULSE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
    "priority": priorities.CASES,
}
