"""Sending a command to its case, and turning every way in which the engine may answer into an answer or a refusal."""

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.errors import Unavailable
from api.house import House
from api.kinds import CaseAnswer, CaseCommand
from domain.errors import Refusal
from domain.review_case.refusals import CaseClosed

DRAINING_SECONDS = 2.0
DRAINING_PAUSE_SECONDS = 0.05
# The engine's own word for "the run ended while your update was waiting": the next try meets the next run, or no run.
_RUN_ENDED = frozenset({"Draining", "AcceptedUpdateCompletedWorkflow"})
log = structlog.get_logger(__name__)


class StillRunning(Exception):
    """The case took the step but has not answered in time; the same request may be sent again for its answer."""


class CaseRefused(Refusal):
    """A refusal that the case itself gave; its code is the case's."""

    def __init__(self, code: str, message: str, facts: dict[str, Any]) -> None:
        super().__init__(message, **facts)
        self.code = code  # type: ignore[misc] # one class stands for every refusal that comes over the wire


class IdempotencyKeyReused(Refusal):
    """The key was used for another body."""

    code = "IdempotencyKeyReused"


class CaseNotRunning(Refusal):
    """The case is in the database and not in the engine."""

    code = "CaseNotRunning"


class StepBroken(Exception):
    """The case failed at a step in a way that no rule foresees."""


async def advance[A: CaseAnswer](
    house: House, workflow: str, command: CaseCommand, update_id: str, answers: type[A]
) -> A:
    """Raises CaseRefused, CaseClosed, Unavailable, IdempotencyKeyReused, StillRunning or RPCError."""
    deadline = asyncio.get_running_loop().time() + DRAINING_SECONDS
    while True:
        try:
            answer = await _once(house, workflow, command, update_id, answers)
        except CaseRefused as refusal:
            if refusal.code not in _RUN_ENDED:
                raise
            if asyncio.get_running_loop().time() > deadline:
                raise Unavailable("The case is being continued; send the same step again.") from None
            await asyncio.sleep(DRAINING_PAUSE_SECONDS)
            continue
        return same_body(answer, command.digest)


def same_body[A: CaseAnswer](answer: A, digest: str) -> A:
    """Raises IdempotencyKeyReused when the answer is that of another body."""
    if answer.digest != digest:
        raise IdempotencyKeyReused("This Idempotency-Key was used for another step or body; take a new key.")
    return answer


async def tell_case(house: House, workflow: str, signal: str, told: Any) -> bool:
    """Whether the case heard it; False where it has just closed. Raises RPCError."""
    try:
        await house.client.get_workflow_handle(workflow).signal(signal, told)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def _once[A: CaseAnswer](
    house: House, workflow: str, command: CaseCommand, update_id: str, answers: type[A]
) -> A:
    handle = house.client.get_workflow_handle(workflow)
    try:
        answer: A = await handle.execute_update(
            "advance",
            command,
            id=update_id,
            result_type=answers,
            rpc_timeout=timedelta(seconds=house.answer_seconds),
        )
    except WorkflowUpdateFailedError as failed:
        raise _refusal(failed.cause) from None
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise StillRunning from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise _not_running(error) from None
        if error.status is RPCStatusCode.FAILED_PRECONDITION:
            log.error("case suspended", workflow=workflow)
            raise Unavailable(
                "The case is suspended by a fault; it goes on after a repair. Tell an operator."
            ) from None
        raise
    return answer


async def earlier_answer[A: CaseAnswer](house: House, workflow: str, update_id: str, answers: type[A]) -> A | None:
    """What the case answered under this id before; None where it never did."""
    handle = house.client.get_workflow_handle(workflow).get_update_handle(update_id, result_type=answers)
    try:
        answer: A = await handle.result(rpc_timeout=timedelta(seconds=house.answer_seconds))
    except (RPCError, WorkflowUpdateFailedError):
        return None
    return answer


def _not_running(error: RPCError) -> Refusal:
    if "completed" in error.message:
        return CaseClosed("The case is closed; a lead or supervisor may reopen it.")
    return CaseNotRunning("The engine does not know this case; tell an operator, who can start it from its record.")


def _refusal(cause: BaseException) -> Exception:
    """The refusal that the case raised, as it was raised."""
    if not isinstance(cause, ApplicationError) or not cause.type:
        return StepBroken(type(cause).__name__)
    if cause.type in _RUN_ENDED:
        return CaseRefused(cause.type, cause.message, {})
    details = cause.details[0] if cause.details else None
    if not isinstance(details, dict) or "message" not in details:
        return StepBroken(cause.type)
    facts = details.get("facts") or {}
    return CaseRefused(cause.type, str(details["message"]), {str(name): fact for name, fact in facts.items()})
