"""What we know already of the reviews on a page, and what each of them therefore asks for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.intake_batches import ItemKind
from db.tables.buyers import Review
from db.tables.cases import CaseFile, CaseKey
from domain.platforms import AmendMode, Grade
from domain.review_case.keys import KIND
from domain.review_case.outcomes import Outcome

# Where an amendment shows in the review itself; an append leaves the first review as it was.
_SHOWS = frozenset({AmendMode.EDIT_RESULT, AmendMode.DELETE})


@dataclass(frozen=True, slots=True)
class KnownCase:
    """The case that a review's key leads to, after merging. `run` is the run that its file was last written by."""

    number: str
    workflow: str
    external_id: str
    review_row: UUID
    run: int
    closed_at: datetime | None
    outcome: str | None
    amended_by: str | None

    @property
    def was_good_or_gone(self) -> bool:
        """Whether the review was seen to be amended when the case closed, so that a bad one now is news."""
        return self.outcome == Outcome.REMOVED or self.amended_by in _SHOWS


@dataclass(frozen=True, slots=True)
class KnownReview:
    """A review's row as it was last seen, and its case. Either may be missing: a crash between sealing a review and
    starting its case leaves a row without a case."""

    row: UUID | None = None
    fingerprint: bytes | None = None
    case: KnownCase | None = None


UNKNOWN = KnownReview()


async def known_reviews(
    session: AsyncSession, platform: str, shop: str, external_ids: Iterable[str]
) -> dict[str, KnownReview]:
    """By external id, in two queries."""
    ids = list(external_ids)
    rows = await session.execute(
        select(Review.external_id, Review.id, Review.fingerprint).where(
            Review.shop == shop, Review.external_id.in_(ids)
        )
    )
    reviews = {row.external_id: row for row in rows}
    cases = await _cases(session, platform, shop, ids)
    return {
        id: KnownReview(
            row=reviews[id].id if id in reviews else None,
            fingerprint=reviews[id].fingerprint if id in reviews else None,
            case=cases.get(id),
        )
        for id in ids
    }


async def _cases(session: AsyncSession, platform: str, shop: str, ids: list[str]) -> dict[str, KnownCase]:
    number = func.coalesce(CaseKey.merged_into, CaseKey.case)
    columns = (
        CaseFile.number,
        CaseFile.workflow,
        CaseFile.external_id,
        CaseFile.source_row.label("review_row"),
        CaseFile.run,
        CaseFile.closed_at,
        CaseFile.outcome,
        CaseFile.state["amendment"]["mode"].astext.label("amended_by"),
    )
    found = await session.execute(
        select(CaseKey.external_id.label("asked"), *columns)
        .join(CaseFile, CaseFile.number == number)
        .where(
            CaseKey.kind == KIND,
            CaseKey.platform == platform,
            CaseKey.shop == shop,
            CaseKey.external_id.in_(ids),
        )
    )
    return {asked: KnownCase(*facts) for asked, *facts in found}


def asks_for(
    known: KnownReview, grade: Grade, mark: bytes, created_at: datetime, cut_off_at: datetime, *, pushed: bool
) -> ItemKind | None:
    """What a review asks for as it stands on the marketplace now; None when there is nothing to do.

    A review counts as known by its case and not by its row. A push always reaches an open case: it may tell of
    something that the list does not show.
    """
    changed = known.fingerprint is not None and known.fingerprint != mark
    if known.case is None:
        return ItemKind.NEW if grade is not Grade.GOOD and created_at >= cut_off_at else None
    if known.case.closed_at is None:
        return ItemKind.CHANGED_OPEN if changed or pushed else None
    turned_bad = grade is not Grade.GOOD and (changed or known.case.was_good_or_gone)
    return ItemKind.RELAPSED if turned_bad else None
