"""Reviews as a marketplace shows them become sealed rows and items for the intake workflow."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import update
from temporalio import activity

from activities.intake_batches import IntakeItem, ItemKind, Seen
from activities.known_reviews import UNKNOWN, KnownCase, KnownReview, asks_for, known_reviews
from activities.marketplace_clients import Marketplace
from activities.policies import Policies
from activities.review_facts import orders_of, review_facts
from db.reviews import ReviewFacts, fingerprint, keep_review
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.buyers import Review
from domain.case_numbers import mint
from domain.platforms import Grade, UnknownRating, grade_of
from domain.review_case.keys import BadReviewKey, check_external_id
from domain.review_case.state import Opening
from gateways.top_reviews import MarketplaceReview

BAD_AGAIN = "the review turned bad again"


@dataclass
class Gathered:
    """What one batch has come to so far. `oids` keeps a review that is shown twice from being taken twice."""

    items: list[IntakeItem] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)
    oids: set[str] = field(default_factory=set)
    rows: int = 0
    skipped: int = 0

    def skip(self, what: str, why: object) -> None:
        self.skipped += 1
        activity.logger.warning("review %s was left out: %s", what, why)


@dataclass(frozen=True, slots=True)
class Found:
    """A readable review beside what is known of it; `mark` is its keyed fingerprint now."""

    review: MarketplaceReview
    grade: Grade
    mark: bytes
    known: KnownReview


class ReviewSealing:
    def __init__(self, sessions: Sessions, ring: KeyRing, policies: Policies) -> None:
        self._sessions = sessions
        self._ring = ring
        self._policies = policies

    async def take(
        self,
        market: Marketplace,
        reviews: Sequence[MarketplaceReview],
        gathered: Gathered,
        now: datetime,
        pushed: frozenset[str] = frozenset(),
    ) -> None:
        """Seal what is new and list what each review asks for. `pushed` are the oids that a push spoke of; one that is
        not shown any more is looked for by its case. Raises GatewayFailure; then nothing of these reviews counts."""
        gathered.rows += len(reviews)
        found = await self._found(market, reviews, gathered, pushed)
        new = []
        for one in found:
            asked = asks_for(
                one.known,
                one.grade,
                one.mark,
                one.review.created,
                market.cut_off_at,
                pushed=one.review.oid in pushed,
            )
            if asked is ItemKind.NEW:
                new.append(one)
            elif asked is ItemKind.RELAPSED and one.known.case:
                gathered.items.append(await self._relapsed(market, one, one.known.case, now))
            elif asked is ItemKind.CHANGED_OPEN and one.known.case:
                gathered.items.append(_changed(one.known.case))
            gathered.seen += _news_of(one)
        gathered.items += await self._open(market, new, now, "push" if pushed else "pull")
        gathered.oids |= {one.review.oid for one in found}

    async def _found(
        self, market: Marketplace, reviews: Sequence[MarketplaceReview], gathered: Gathered, pushed: frozenset[str]
    ) -> list[Found]:
        """The readable reviews; of vanished ones, their open cases are told on the spot."""
        shown = {review.oid: review for review in reviews if review.oid not in gathered.oids}
        vanished = pushed - {review.oid for review in reviews}
        async with self._sessions() as session:
            known = await known_reviews(session, market.platform, market.code, {*shown, *vanished})
        for oid in sorted(vanished):
            case = known[oid].case
            if case is not None and case.closed_at is None:
                gathered.items.append(_changed(case))
        found = []
        for oid, review in shown.items():
            try:
                check_external_id(oid)
                grade = grade_of(market.rules, review.result)
                mark = fingerprint(self._ring, review_facts(market, review, grade))
                found.append(Found(review, grade, mark, known.get(oid, UNKNOWN)))
            except (BadReviewKey, UnknownRating) as refusal:
                gathered.skip(oid[:64], refusal)
        return found

    async def _open(self, market: Marketplace, new: list[Found], now: datetime, source: str) -> list[IntakeItem]:
        if not new:
            return []
        async with self._sessions() as session:
            contact, _ = await self._policies.contact(session, market.code)
        # A row without a case is what a crash left: its order was looked up then.
        orders = await orders_of(market, (one.review.tid for one in new if one.known.row is None))
        items = []
        for one in new:
            facts = review_facts(
                market, one.review, one.grade, order=orders.get(one.review.tid), contact=contact, source=source
            )
            row = await self._keep(facts, now)
            items.append(IntakeItem(kind=ItemKind.NEW, opening=_opening(market, one.review.oid, row, now, source)))
        return items

    async def _keep(self, facts: ReviewFacts, now: datetime) -> UUID:
        """One short transaction a review: persons are merged under a lock that others wait for."""
        async with self._sessions.begin() as session:
            return (await keep_review(session, self._ring, facts, now)).row

    async def _relapsed(self, market: Marketplace, found: Found, case: KnownCase, now: datetime) -> IntakeItem:
        """The next run opens on the grade that the review has now; its fingerprint waits until that run is started."""
        async with self._sessions.begin() as session:
            await session.execute(update(Review).where(Review.id == case.review_row).values(grade=found.grade))
        first = _opening(market, case.external_id, case.review_row, now, "pull")
        changes = {"case": case.number, "run": case.run + 1, "why": BAD_AGAIN}
        return IntakeItem(kind=ItemKind.RELAPSED, opening=first.model_copy(update=changes))


def _changed(case: KnownCase) -> IntakeItem:
    return IntakeItem(kind=ItemKind.CHANGED_OPEN, workflow=case.workflow)


def _news_of(found: Found) -> list[Seen]:
    """A changed review of a known case. It is noted after its case was told: noted before, a crash in between would
    leave the change known and untold."""
    known = found.known
    if known.case is None or known.row is None or known.fingerprint == found.mark:
        return []
    return [Seen(review_row=str(known.row), grade=found.grade, mark=found.mark.hex())]


def _opening(market: Marketplace, external_id: str, row: UUID, now: datetime, source: str) -> Opening:
    return Opening(
        case=mint(now.astimezone(ZoneInfo(market.zone)).year, secrets.token_bytes(8)),
        platform=market.platform,
        shop=market.code,
        external_id=external_id,
        review_row=str(row),
        source=source,
    )
