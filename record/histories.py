"""The engine's own record, made readable: every event with its payloads decoded."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel, Field
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.converter import PayloadCodec

# The activities that write the record, of reviews and of refunds.
PROJECTORS = frozenset({"project", "project_refund"})
SEALED = "(encrypted; AMENDS_PAYLOAD_KEYS opens it)"
_TASK = "EVENT_TYPE_WORKFLOW_TASK_"


class HistoryLine(BaseModel):
    """One event of a workflow. `about` is the activity, update, signal or timer that it speaks of."""

    id: int
    at: datetime
    kind: str = Field(description="like `activity_task_scheduled`")
    about: str
    detail: dict[str, Any] = Field(description="everything that the engine recorded, payloads decoded")


async def lines(
    history: WorkflowHistory, codec: PayloadCodec | None, after: int = 0, limit: int | None = None
) -> list[HistoryLine]:
    """Events behind the id `after`, without the engine's own bookkeeping of workflow tasks."""
    wanted = [event for event in history.events if event.event_id > after and not _routine(event)]
    names = {
        event.event_id: event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    }
    return [await _line(event, codec, names) for event in wanted[:limit]]


async def projected(history: WorkflowHistory, codec: PayloadCodec | None) -> AsyncIterator[dict[str, Any]]:
    """Every event of the record that this run handed to the projector, as often as it did. What can't be opened for
    want of a key is left out."""
    for event in history.events:
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name in PROJECTORS:
            batch = await decoded(scheduled.input.payloads[0], codec)
            if isinstance(batch, dict):
                for one in batch["events"]:
                    yield one


def is_encrypted(history: WorkflowHistory) -> bool:
    """Whether payloads of this run need AMENDS_PAYLOAD_KEYS."""
    first = history.events[0].workflow_execution_started_event_attributes.input.payloads
    return any(payload.metadata.get("encoding") == b"binary/encrypted" for payload in first)


async def decoded(payload: Payload, codec: PayloadCodec | None) -> Any:
    """The payload as plain data."""
    if codec is not None:
        [payload] = await codec.decode([payload])
    encoding = payload.metadata.get("encoding", b"").decode()
    if encoding.startswith("json/"):
        return json.loads(payload.data)
    if encoding == "binary/null":
        return None
    return SEALED if encoding == "binary/encrypted" else f"({len(payload.data)} bytes of {encoding or 'no encoding'})"


def _routine(event: HistoryEvent) -> bool:
    return EventType.Name(event.event_type).startswith(_TASK)


async def _line(event: HistoryEvent, codec: PayloadCodec | None, names: Mapping[int, str]) -> HistoryLine:
    kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
    which = event.WhichOneof("attributes")
    detail = await _plain(getattr(event, which), codec) if which else {}
    summary = await decoded(event.user_metadata.summary, codec) if event.user_metadata.summary.data else ""
    about = names.get(detail.get("scheduled_event_id", 0)) or _about(detail)
    return HistoryLine(
        id=event.event_id, at=event.event_time.ToDatetime(UTC), kind=kind, detail=detail,
        about=f"{about} {summary}".strip(),
    )  # fmt: skip


def _about(detail: dict[str, Any]) -> str:
    """The one name that tells most, of wherever this kind of event keeps it."""
    for name in ("activity_type", "signal_name", "workflow_type", "timer_id"):
        found = detail.get(name)
        if found:
            return str(found["name"] if isinstance(found, dict) else found)
    match detail:
        case {"accepted_request": {"input": {"name": update, "args": [{"step": {"step": step}}, *_]}}}:
            return f"{update} {step}"
        case {"marker_name": "core_local_activity", "details": {"data": [{"activity_type": activity}, *_]}}:
            return str(activity)
        case {"marker_name": "core_patch", "details": {"patch-data": [{"id": change}, *_]}}:
            return str(change)
    return ""


async def _plain(message: Message, codec: PayloadCodec | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, value in message.ListFields():
        name = str(field.name)
        if field.message_type is None:
            found[name] = _scalar(field, value)
        elif field.message_type.GetOptions().map_entry:
            found[name] = {str(key): await _value(one, codec) for key, one in value.items()}
        elif field.is_repeated:
            found[name] = [await _value(one, codec) for one in value]
        else:
            found[name] = await _value(value, codec)
    return found


async def _value(value: Any, codec: PayloadCodec | None) -> Any:
    if isinstance(value, Payload):
        return await decoded(value, codec)
    if isinstance(value, Timestamp):
        return value.ToDatetime(UTC).isoformat()
    if isinstance(value, Duration):
        return value.ToTimedelta().total_seconds()
    if isinstance(value, Message):
        inner = await _plain(value, codec)
        return inner["payloads"] if inner.keys() == {"payloads"} else inner
    return value.hex() if isinstance(value, bytes) else value


def _scalar(field: Any, value: Any) -> Any:
    if field.enum_type is not None and not field.is_repeated:
        known = field.enum_type.values_by_number.get(value)
        return known.name.lower() if known else value
    if field.is_repeated:
        return [one.hex() if isinstance(one, bytes) else one for one in value]
    return value.hex() if isinstance(value, bytes) else value
