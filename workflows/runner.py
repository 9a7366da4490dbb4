"""The sandbox that stories run in, spared the question of what each payload is about.

The SDK enters a story's sandbox up to four times for every payload that it takes or gives, to learn in which context it
is converted; that took a seventh of a busy worker's time. Neither our converter nor our codec looks at a context.
"""

from collections.abc import Sequence
from typing import Any

from temporalio import workflow
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

NOWHERE = StorageDriverStoreContext(target=None)


def sandboxed_runner() -> SandboxedWorkflowRunner:
    """A forgotten import in a workflow file stops the worker at its start instead of costing seconds per case."""
    strict = workflow.SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_import_notification_policy(strict))


class ContextFreeRunner(WorkflowRunner):
    """Runs stories as `inner` does, for payloads that are converted alike wherever they belong."""

    def __init__(self, inner: WorkflowRunner) -> None:
        self._inner = inner

    def prepare_workflow(self, defn: Any) -> None:
        self._inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return ContextFreeInstance(self._inner.create_instance(det))

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._inner.set_worker_level_failure_exception_types(types)


class ContextFreeInstance(WorkflowInstance):
    def __init__(self, inner: WorkflowInstance) -> None:
        self._inner = inner

    def activate(self, act: Any) -> Any:
        return self._inner.activate(act)

    def get_serialization_context(self, command_info: Any) -> None:
        return None

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        return NOWHERE

    def get_info(self) -> workflow.Info:
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()
