"""The one writer of case files and their events."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import bindparam, update
from temporalio import activity

from activities.record_writing import append_events, keep_notices, lock_record
from activities.record_writing import event_line as event_line
from activities.requests import Projection
from activities.webhook_outbox import keep_webhooks
from db.approvals import keep_approval
from db.decisions import keep_decisions
from db.investigations import keep_investigations
from db.places import free_place
from db.questions import keep_questions
from db.reversals import keep_reversal
from db.sessions import Sessions
from db.tables.cases import Assignment, CaseFile
from domain.payouts import PayoutStatus
from domain.queue_ranking import rank
from domain.review_case.keys import KIND as REVIEW
from domain.review_case.resting import plan_at
from domain.review_case.standing import facts_of
from domain.review_case.state import ReviewCaseState

# Built once, and on the tables themselves: every step of every case is written by these.
_FILES = CaseFile.metadata.tables[CaseFile.__tablename__]
_CASE_FILE = _FILES.update().where(_FILES.c.number == bindparam("the_case"))


class ProjectionActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def project(self, batch: Projection) -> None:
        """Append the events and bring the case file to the state after them. Repeating it changes nothing: events that
        are there stay, and an older state never overwrites a newer one."""
        async with self._sessions.begin() as session:
            number = batch.state.opening.case
            written, newest, listened = await lock_record(session, number)
            fresh = [event for event in batch.events if event.seq > written]
            if not fresh:
                return
            await append_events(session, number, fresh, newest)
            await keep_notices(session, batch.state.opening.shop, number, fresh)
            if listened:
                await keep_webhooks(session, "review", batch.state.opening.shop, number, fresh)
            await keep_investigations(session, batch.state)
            await keep_approval(session, batch.state, fresh[-1].at)
            await keep_decisions(session, batch.state)
            await keep_reversal(session, batch.state)
            await keep_questions(session, batch.state, REVIEW)
            database = await session.connection()
            await database.execute(_CASE_FILE, {"the_case": number} | _columns(batch))
            if _plans_nothing(batch.state):
                await free_place(session, number)
            if batch.state.closed_at is not None:
                released = update(Assignment).where(Assignment.case == number, Assignment.released_at.is_(None))
                await session.execute(released.values(released_at=batch.state.closed_at))


def _plans_nothing(case: ReviewCaseState) -> bool:
    """Held, stopped, agreed, ended: what was planned for it no longer takes anybody's time."""
    visit = case.follow_up
    return case.contact is None and plan_at(case) is None and (visit is None or visit.over)


def _standing(batch: Projection) -> dict[str, object]:
    """Both places in the queue, since a surge of the shop must not have to write every case anew."""
    facts, now = facts_of(batch.state, batch.due_at), batch.events[-1].at
    usual, in_surge = rank(facts, now), rank(facts, now, surge=True)
    return {"waiting": usual.waiting, "place_at": usual.at, "surge_at": in_surge.at}


def _columns(batch: Projection) -> dict[str, object]:
    case = batch.state
    paid = sum(payout.amount_fen for payout in case.payouts if payout.status is PayoutStatus.PAID)
    return {
        "workflow": batch.workflow,
        "run": case.opening.run,
        "stage": case.stage,
        "cause": case.cause or case.suggested_cause,
        "cause_confirmed": case.cause is not None,
        "severity": case.severity,
        "assignee": UUID(case.assignee) if case.assignee else None,
        "due_at": batch.due_at,
        "due_what": batch.due_what,
        **_standing(batch),
        "outcome": case.outcome,
        "closed_at": case.closed_at,
        "paid_fen": paid,
        "version": case.version,
        "person_step": case.person_step,
        "state": case.model_dump(mode="json"),
        "written_at": datetime.now(UTC),
    }
