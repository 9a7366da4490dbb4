"""What the workflow of a case of any kind does beside its story: it waits, writes its record, remembers commands,
shows itself to the engine's operators, and drains before it continues as new."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain import editions
    from domain.contact_caps import ContactNotAllowed
    from domain.errors import Refusal
    from domain.review_case.steps import BeginContact, BeginFollowUp
    from domain.sealed import Event
    from workflows import limits, search

COMMANDS_REMEMBERED = 50
UNWRITTEN_AGAIN_SECONDS = 60


class Kept(Protocol):
    """The state of a case, as far as keeping goes."""

    edition: int
    recent: dict[str, str]
    unwritten: list[Event]


class CaseKeeping:
    """Of one case. `write` carries the events of now to the database; while the case is `beginning` they wait, so that
    opening and assigning go in one write."""

    def __init__(self, case: Kept, write: Callable[[], Awaitable[None]], *, beginning: bool) -> None:
        self._case = case
        self._write = write
        self._changes = 0
        self._refresh = False
        self._shown: tuple[str, str] = ("", "")
        self.draining = False
        self.beginning = beginning

    def changed(self) -> None:
        """Something has changed that may move what is due next."""
        self._changes += 1

    def refresh(self) -> None:
        self._refresh = True

    @property
    def should_continue(self) -> bool:
        """Whether it is time to continue as new: the history grows long, or newer code is wanted."""
        return self._refresh or workflow.info().is_continue_as_new_suggested()

    async def ask[Holder, Asked, Found](
        self, activity: Callable[[Holder, Asked], Awaitable[Found]], request: Asked
    ) -> Found:
        """Ask the database something that the case can't go on without. At its beginning nobody waits for the case, and
        it asks within one task of the engine whatever it takes to come to rest; later a slow answer must hold up no
        step of a person. A worker that dies in that task leaves it to the next one to ask all of it again."""
        if self.beginning and has_change(self._case, "begins-at-once"):
            return await workflow.execute_local_activity_method(activity, request, **limits.AT_ONCE)
        return await workflow.execute_activity_method(activity, request, **limits.RECORD)

    async def wait(self, until: datetime | None, what: str | None, moved: Callable[[], bool]) -> None:
        """Until a moment, or until something has changed and, says `moved`, what is waited for with it. A note moves
        nothing: its case's timer stays, which spares the engine two events a step."""
        self.beginning = False
        seen = self._changes
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._refresh or (self._changes != seen and moved()),
                timeout=until - workflow.now() if until else None,
                timeout_summary=what,
            )

    async def drain(self) -> None:
        """Steps that come now are told to come again; those accepted are finished and everything is written."""
        self.draining, self.beginning = True, False
        await workflow.wait_condition(lambda: workflow.all_handlers_finished() and not self._case.unwritten)

    async def project(self) -> None:
        """One write in flight, with all events since the last one: rows are behind by one write at the most."""
        while True:
            await workflow.wait_condition(lambda: bool(self._case.unwritten) and not self.beginning)
            events = len(self._case.unwritten)
            try:
                await self._write()
            except ActivityError:
                # Nothing may be lost: what could not be written stays here, in the history, until it can be.
                workflow.logger.exception("the case could not be written; trying again in a minute")
                await workflow.sleep(UNWRITTEN_AGAIN_SECONDS)
                continue
            del self._case.unwritten[:events]

    def show(self, stage: str, assignee: str | None, due_at: datetime | None) -> None:
        """Telling the engine's operators costs an event and a row of the visibility store, so only what has changed is
        told, and only when the case has come to rest."""
        shown = (stage, assignee or "")
        if not self.shows(stage, assignee):
            self._shown = shown
            workflow.upsert_search_attributes(
                [
                    search.STATUS.value_set(shown[0]),
                    search.ASSIGNEE.value_set(shown[1]),
                    search.DUE.value_set(due_at or workflow.now()),
                ]
            )

    def shows(self, stage: str, assignee: str | None) -> bool:
        return self._shown == (stage, assignee or "")

    def refuse_while_draining(self) -> None:
        if self.draining:
            raise ApplicationError("The case is being continued; send the same step again.", type="Draining")

    @property
    def digest_of_repeat(self) -> str | None:
        """Of the body that was carried out under this update's id before; None for a new one."""
        info = workflow.current_update_info()
        return self._case.recent.get(info.id) if info else None

    def remember(self, digest: str) -> None:
        info = workflow.current_update_info()
        if info is not None:
            self._case.recent[info.id] = digest
        while len(self._case.recent) > COMMANDS_REMEMBERED:
            del self._case.recent[next(iter(self._case.recent))]


def edition_of_this_run() -> int:
    """The newest edition of the rules that was there when the run began; zero for a run from before editions."""
    return next((one for one in range(editions.NEWEST, 0, -1) if workflow.patched(f"edition-{one}")), 0)


def has_change(case: Kept, change: str) -> bool:
    """Whether a run has a change that was made before there were editions, and has a name of its own."""
    return case.edition >= 1 or workflow.patched(change)


def refused(refusal: Refusal) -> ApplicationError:
    """A refusal as the engine carries it to whoever asked."""
    facts = {name: str(value) for name, value in refusal.facts.items()}
    return ApplicationError(refusal.message, {"message": refusal.message, "facts": facts}, type=refusal.code)


def put_off(case: Kept, step: object, refusal: ApplicationError) -> bool:
    """Whether a step was to begin a contact or a visit that must not be made now, whatever was planned."""
    if refusal.type != ContactNotAllowed.code:
        return False
    if isinstance(step, BeginFollowUp):
        return has_change(case, "visit-put-off-and-planned-anew")
    return isinstance(step, BeginContact) and has_change(case, "put-off-and-planned-anew")


def unprepared(error: ActivityError) -> ApplicationError:
    """Why a step could not be prepared: a rule that only the database could know, or a database that is away."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.non_retryable:
        return ApplicationError(cause.message, *cause.details, type=cause.type)
    message = "The database does not answer; nothing was changed. Send the same step again in a moment."
    return ApplicationError(message, {"message": message, "facts": {}}, type="Unavailable")
