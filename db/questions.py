"""Writing down what no rule covered, and the rules that answers become."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import NotThere, record
from db.sealed_texts import open_text
from db.tables.questions import DeskQuestion
from domain.disputes.state import Question
from domain.refund_case.state import RefundCaseState
from domain.review_case.state import ReviewCaseState


async def keep_questions(session: AsyncSession, case: ReviewCaseState | RefundCaseState, kind: str) -> None:
    """Bring the rows of a case to its state; for a case without questions nothing is asked of the database."""
    asked = case.disputes.questions
    rows = [
        {
            "id": uuid4(),
            "case": case.opening.case,
            "number": one.number,
            "shop": case.opening.shop,
            "kind": kind,
            "cause": case.cause or case.suggested_cause,
            "question": UUID(one.what.id),
            "asked_by": UUID(one.by),
            "asked_at": one.at,
            "due_at": one.due_at,
            "answered_by": UUID(one.answered_by) if one.answered_by else None,
            "ended_at": one.answered_at or case.closed_at,
        }
        for one in asked
    ]
    if not rows:
        return
    row = insert(DeskQuestion)
    ended = {"ended_at": row.excluded.ended_at, "answered_by": row.excluded.answered_by}
    await session.execute(row.on_conflict_do_update(index_elements=["case_number", "number"], set_=ended), rows)
    await _keep_rules(session, case.opening.case, [one for one in asked if one.rule is not None])


async def _keep_rules(session: AsyncSession, case: str, answered: Sequence[Question]) -> None:
    """The rule's words leave the case's keeping, so that they stand when the case is forgotten; written once."""
    for one in answered:
        words = await open_text(session, one.rule.id) if one.rule else None
        if words is None:
            continue
        new = update(DeskQuestion).where(
            DeskQuestion.case == case, DeskQuestion.number == one.number, DeskQuestion.rule.is_(None)
        )
        made = (await session.scalars(new.values(rule=words).returning(DeskQuestion))).one_or_none()
        if made is not None:
            facts = {"shop": made.shop, "cause": made.cause, "case": case, "question": one.number, "rule": words}
            await record(
                session, one.answered_by or "", one.answered_at or made.asked_at, "rule.made", str(made.id), facts
            )


async def retire_rule(session: AsyncSession, shop: str, id: UUID, by: UUID, why: str, now: datetime) -> None:
    """It is found no more. Raises NotThere."""
    row = await session.get(DeskQuestion, id, with_for_update=True)
    if row is None or row.shop != shop or row.rule is None or row.retired_at is not None:
        raise NotThere(f"No rule in force of {shop!r} has this id; look at the list again.")
    row.retired_at, row.retired_by = now, by
    await session.flush()
    await record(session, str(by), now, "rule.retired", str(id), {"shop": shop, "rule": row.rule, "why": why})
