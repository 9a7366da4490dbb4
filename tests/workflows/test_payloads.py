"""What the engine keeps of a story, encrypted as well, and the runner that takes it without asking for contexts."""

import base64
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from temporalio.api.enums.v1 import EventType
from temporalio.converter import WithSerializationContext
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from domain.review_case import steps
from settings import Settings
from tests.builders import House
from tests.workflows.conftest import Tell
from tests.workflows.leaping import leaping_engine
from workflows import connection
from workflows.codec import ENCODING
from workflows.payloads import SharedPayloadConverter
from workflows.review_case import ReviewCase
from workflows.runner import ContextFreeRunner, sandboxed_runner

SETTINGS = Settings(payload_keys=SecretStr(f"k1:{base64.b64encode(b'k' * 32).decode()}"))


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """The engine of the other stories, whose payloads are encrypted."""
    async with leaping_engine(connection.data_converter(SETTINGS)) as environment:
        yield environment


async def test_a_story_with_encrypted_payloads_is_lived_and_replays(tell: Tell, house: House) -> None:
    story = await tell(await house.review())
    await story.until(lambda case: case.contact is not None and case.contact.due)
    await story.step("alice", steps.Note(text=await house.text("第一条")))
    history = await story.handle.fetch_history()
    asked = [
        payload.metadata["encoding"]
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        for payload in event.activity_task_scheduled_event_attributes.input.payloads
    ]
    assert set(asked) == {ENCODING}
    replayer = Replayer(
        workflows=[ReviewCase],
        data_converter=connection.data_converter(SETTINGS),
        workflow_runner=ContextFreeRunner(sandboxed_runner()),
    )
    await replayer.replay_workflow(history)


def test_neither_converter_nor_codec_looks_at_a_context_which_the_runner_never_gives() -> None:
    converter = connection.data_converter(SETTINGS)
    parts = [converter.payload_codec, *SharedPayloadConverter().converters.values()]
    assert not [part for part in parts if isinstance(part, WithSerializationContext)]
