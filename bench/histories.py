"""What the engine recorded of a case: its activities, counted and timed."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

LOCAL = "core_local_activity"


@dataclass(frozen=True)
class Recorded:
    """`waits`: seconds from scheduled to started; `runs`: from started to completed; both by activity. `local` names
    those that ran within a workflow task, of which the engine knows neither. `carried` are the bytes that each took and
    answered, in the order in which they ended; what a local one took is in no history, and counts as nothing."""

    events: int
    tasks: int
    waits: Mapping[str, list[float]]
    runs: Mapping[str, list[float]]
    local: Sequence[str]
    carried: list[tuple[int, int]]

    @property
    def activities(self) -> int:
        """Of either sort."""
        return sum(map(len, self.runs.values())) + len(self.local)

    @property
    def named(self) -> str:
        each = [f"{name} ×{len(found)}" for name, found in self.runs.items()]
        return ", ".join([*each, *(f"{name} ×{count} (local)" for name, count in Counter(self.local).items())])


async def recorded(client: Client, workflow: str, since: datetime | None = None) -> Recorded:
    """Of its whole history, or of what was scheduled since a moment."""
    history = await client.get_workflow_handle(workflow).fetch_history()
    scheduled: dict[int, Any] = {}
    started: dict[int, Any] = {}
    waits: dict[str, list[float]] = defaultdict(list)
    runs: dict[str, list[float]] = defaultdict(list)
    local: list[str] = []
    carried: list[tuple[int, int]] = []
    tasks = 0
    begins = since.timestamp() if since else 0.0
    events = [event for event in history.events if event.event_time.ToNanoseconds() / 1e9 >= begins]
    for event in events:
        at = event.event_time.ToNanoseconds() / 1e9
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                tasks += 1
            case EventType.EVENT_TYPE_MARKER_RECORDED if event.marker_recorded_event_attributes.marker_name == LOCAL:
                details = event.marker_recorded_event_attributes.details
                local.append(json.loads(details["data"].payloads[0].data)["activity_type"])
                carried.append((0, _size(details["result"])))
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                asked = event.activity_task_scheduled_event_attributes
                scheduled[event.event_id] = (asked.activity_type.name, at, _size(asked.input))
            case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
                started[event.activity_task_started_event_attributes.scheduled_event_id] = at
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                answer = event.activity_task_completed_event_attributes
                id = answer.scheduled_event_id
                name, since, took = scheduled[id]
                carried.append((took, _size(answer.result)))
                waits[name].append(started[id] - since)
                runs[name].append(at - started[id])
    return Recorded(len(events), tasks, waits, runs, local, carried)


def _size(payloads: Payloads) -> int:
    return sum(len(payload.data) for payload in payloads.payloads)


def joined(histories: list[Recorded]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Waits and runs of all of them."""
    waits: dict[str, list[float]] = defaultdict(list)
    runs: dict[str, list[float]] = defaultdict(list)
    for one in histories:
        for name in one.runs:
            waits[name] += one.waits[name]
            runs[name] += one.runs[name]
    return waits, runs
