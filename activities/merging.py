"""Merging cases: compared and noted in one transaction, so that two leads can't merge each into the other."""

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.refusals import refusing
from activities.requests import MergeRequest, SplitRequest
from db.sessions import Sessions
from db.tables.buyers import BuyerPerson, Review
from db.tables.cases import CaseFile, CaseKey
from domain.case_numbers import parse
from domain.review_case.facts import Prepared
from domain.review_case.merging import MergeSide, check_sides
from domain.review_case.refusals import MergeRefused


class MergeActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def merge(self, request: MergeRequest) -> Prepared:
        """Note where the case's later messages go. Repeating it changes nothing. Raises MergeRefused (non-retryable).

        Cases that were merged into this one go along, so that every number leads to its surviving case in one hop.
        """
        with refusing():
            async with self._sessions.begin() as session:
                number, into = request.step.case, parse(request.into)
                await _lock(session, number, into)
                this, other = await _side(session, number), await _side(session, into)
                if this is None or other is None:
                    raise MergeRefused(f"There is no case {into}; check the number.", why="unknown")
                check_sides(this, other)
                mine = or_(CaseKey.case == number, CaseKey.merged_into == number)
                await session.execute(update(CaseKey).where(mine).values(merged_into=into))
                workflow = await session.scalar(select(CaseFile.workflow).where(CaseFile.number == into))
                return Prepared(workflow=workflow)

    @activity.defn
    async def split(self, request: SplitRequest) -> str | None:
        """Later messages come to the case itself again, and those of the cases that it had taken in go along. Answers
        the workflow of the case that it was merged into; repeating it changes nothing."""
        async with self._sessions.begin() as session:
            await _lock(session, request.case, request.split_from)
            file = await session.get_one(CaseFile, request.case)
            taken_in: list[str] = (file.state or {}).get("absorbed", [])
            went_along = (CaseKey.merged_into == request.split_from) & CaseKey.case.in_(taken_in)
            await session.execute(update(CaseKey).where(CaseKey.case == request.case).values(merged_into=None))
            await session.execute(update(CaseKey).where(went_along).values(merged_into=request.case))
            workflow: str | None = await session.scalar(
                select(CaseFile.workflow).where(CaseFile.number == request.split_from)
            )
            return workflow


async def _lock(session: AsyncSession, *numbers: str) -> None:
    """In the order of the numbers, so that two merges wait for each other instead of blocking each other."""
    keys = select(CaseKey.case).where(CaseKey.case.in_(numbers)).order_by(CaseKey.case).with_for_update()
    await session.execute(keys)


async def _side(session: AsyncSession, number: str) -> MergeSide | None:
    found = await session.execute(
        select(CaseFile, func.coalesce(BuyerPerson.merged_into, BuyerPerson.id), Review.order, CaseKey.merged_into)
        .join(Review, Review.id == CaseFile.source_row)
        .outerjoin(BuyerPerson, BuyerPerson.id == CaseFile.buyer_person)
        .join(CaseKey, CaseKey.case == CaseFile.number)
        .where(CaseFile.number == number)
        .execution_options(populate_existing=True)
    )
    row = found.one_or_none()
    if row is None:
        return None
    file, person, order, merged_into = row
    return MergeSide(
        number=file.number,
        shop=file.shop,
        person=str(person) if person else None,
        order=str(order) if order else None,
        closed=file.closed_at is not None or file.outcome is not None,
        merged_into=merged_into,
    )
