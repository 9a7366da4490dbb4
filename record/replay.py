"""Replaying recorded histories against the code: whether it would do today what it did then."""

from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer


@dataclass(frozen=True)
class Replay:
    """`workflows` are the classes that the house runs; `converter` opens payloads that were encrypted."""

    workflows: Sequence[type]
    converter: DataConverter

    async def differs(self, history: WorkflowHistory) -> str | None:
        """Where the code would have done something else, in the engine's words; None where it does the same."""
        replayer = Replayer(workflows=self.workflows, data_converter=self.converter)
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        failure = result.replay_failure
        return None if failure is None else str(failure).splitlines()[0][:500]


def read_history(workflow: str, content: bytes) -> WorkflowHistory | None:
    """None for what is no history."""
    try:
        history = WorkflowHistory.from_json(workflow, content.decode())
    except ValueError:  # neither UTF-8 nor JSON, or JSON that is no history
        return None
    return history if history.events else None
