"""The one writer of refund cases' files, events and lines of the register."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.record_writing import append_events, keep_notices, lock_record
from activities.refund_requests import RefundProjection
from activities.webhook_outbox import keep_webhooks
from db.approvals import keep_approval
from db.losses import post_losses
from db.places import free_place
from db.questions import keep_questions
from db.sessions import Sessions
from db.tables.cases import Assignment, CaseFile
from db.tables.refunds import RefundLine
from domain.queue_ranking import rank
from domain.refund_case import calls
from domain.refund_case.keys import KIND as REFUND
from domain.refund_case.losses import losses
from domain.refund_case.paying import paid_fen
from domain.refund_case.register import line_of
from domain.refund_case.stages import stage_of
from domain.refund_case.standing import facts_of


class RefundProjectionActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def project_refund(self, batch: RefundProjection) -> None:
        """Append the events and bring file and register to the state after them. Repeating it changes nothing: events
        that are there stay, and an older state never overwrites a newer one."""
        case = batch.state
        number = case.opening.case
        async with self._sessions.begin() as session:
            written, newest, listened = await lock_record(session, number)
            fresh = [event for event in batch.events if event.seq > written]
            if not fresh:
                return
            await append_events(session, number, fresh, newest)
            await keep_notices(session, case.opening.shop, number, fresh)
            if listened:
                await keep_webhooks(session, "refund", case.opening.shop, number, fresh)
            await session.execute(update(CaseFile).where(CaseFile.number == number).values(**_columns(batch)))
            await _keep_line(session, batch)
            await _keep_losses(session, batch)
            await keep_approval(session, case, fresh[-1].at)
            if case.calls.planned_by_desk and case.calls.contact is None and not calls.wanted(case):
                await free_place(session, number)
            await keep_questions(session, case, REFUND)
            if case.closed_at is not None:
                released = update(Assignment).where(Assignment.case == number, Assignment.released_at.is_(None))
                await session.execute(released.values(released_at=case.closed_at))


def _columns(batch: RefundProjection) -> dict[str, Any]:
    case = batch.state
    return {
        "workflow": batch.workflow,
        "run": case.opening.run,
        "stage": stage_of(case),
        "cause": case.cause or case.suggested_cause,
        "cause_confirmed": case.cause is not None,
        "severity": case.severity,
        "assignee": UUID(case.assignee) if case.assignee else None,
        "due_at": batch.due_at,
        "due_what": batch.due_what,
        **_standing(batch),
        "outcome": case.outcome,
        "closed_at": case.closed_at,
        "paid_fen": paid_fen(case),
        "version": case.version,
        "person_step": case.person_step,
        "state": case.model_dump(mode="json"),
        "written_at": datetime.now(UTC),
    }


def _standing(batch: RefundProjection) -> dict[str, object]:
    """Both places in the queue, since a surge of the shop must not have to write every case anew."""
    facts, now = facts_of(batch.state, batch.due_at), batch.events[-1].at
    usual, in_surge = rank(facts, now), rank(facts, now, surge=True)
    return {"waiting": usual.waiting, "place_at": usual.at, "surge_at": in_surge.at}


async def _keep_line(session: AsyncSession, batch: RefundProjection) -> None:
    line = line_of(batch.state, batch.due_at)
    if line is None:
        return
    row = insert(RefundLine).values(case=batch.state.opening.case, **line)
    await session.execute(row.on_conflict_do_update(index_elements=["case_number"], set_=line))


async def _keep_losses(session: AsyncSession, batch: RefundProjection) -> None:
    """The ledger follows what the case knows of its losses."""
    case = batch.state
    if case.identity is None or case.market is None:
        return
    now = batch.events[-1].at
    await post_losses(session, case.opening.case, case.opening.shop, losses(case), case.version, now)
