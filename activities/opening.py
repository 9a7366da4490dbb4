"""Opening a case: its row and key, what triage suggests, and the judgements that need the causes policy."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.clocks import DeskClock
from activities.policies import Policies
from activities.refusals import refusing
from activities.registering import Registered, Source, key_of, register
from activities.requests import CauseRequest, OpenRequest, SignalsRequest
from db.opening import FileRef, Reported, bad_reviews, before_it, reported
from db.sessions import Sessions
from db.tables.buyers import Review, ShopOrder
from domain.amendment import Baseline
from domain.causes import check_cause, suggest_cause
from domain.escalation import EscalationKind
from domain.gate import GateMode
from domain.malicious import score, signals_of
from domain.platforms import (
    Grade,
    Platform,
    amend_modes,
    append_closes_reply,
    has_review_api,
    may_ask_to_amend,
    persistence_ends,
    reply_asked_at,
    reply_closes_at,
    score_counts,
    scores_counted_since,
)
from domain.policies.causes import CausesPolicy
from domain.policies.platforms import PlatformsPolicy
from domain.review_case.agenda import Action
from domain.review_case.facts import Opened, Prepared
from domain.review_case.keys import KIND
from domain.review_case.reversing import undone
from domain.review_case.state import Identity, Opening, ReviewCaseState
from domain.severity import Severity, severity
from domain.vagueness import is_vague

BY_PERSON = "person"
# Ours: how long a case that a person reopens goes on at least, also after its month.
REOPENED_FOR = timedelta(days=7)


class OpeningActivities:
    def __init__(self, sessions: Sessions, policies: Policies, clock: DeskClock) -> None:
        self._sessions = sessions
        self._policies = policies
        self._clock = clock

    @activity.defn
    async def open_case(self, request: OpenRequest) -> Opened:
        """Register the case under its key and triage it, in one transaction; a second first run is a duplicate."""
        opening = request.opening
        async with self._sessions.begin() as session:
            known = await reported(session, UUID(opening.review_row), opening.shop)
            review = known.review
            source = Source(KIND, review.id, review.buyer, review.created_at, review.grade)
            registered = await register(session, opening, source, request.workflow, request.now, Action.OPEN)
            file, before = registered.file, _left(registered)
            if file is None:
                key = await key_of(session, opening, KIND)
                return Opened(number=opening.case, duplicate_of=key.case if key else "")
            platforms, _ = await self._policies.platforms(session, opening.shop)
            rules = platforms.rules(Platform(opening.platform))
            counts = await before_it(session, review, file, scores_counted_since(rules, review.created_at))
            shown = _now_shown(opening, review, before)
            identity = _identity(opening, platforms, file, known, shown, counts.scores)
            if opening.source == BY_PERSON:
                identity = _with_time_left(identity, request.now)
            triaged = await self._triage(session, known, counts.bad_reviews)
            return triaged.model_copy(
                update={
                    "number": file.number,
                    "identity": identity,
                    "before": before,
                    "policies": await self._policies.versions(session, opening.shop),
                    "earlier_cases": counts.cases,
                    "buyer_reversals": counts.reversals,
                    "reversed_fen": undone(before, by_person=opening.source == BY_PERSON),
                    "clocks": await self._clocks(session, opening.shop, triaged.severity, request.now),
                }
            )

    async def _triage(self, session: AsyncSession, known: Reported, bad_reviews: int) -> Opened:
        """Suggestions only: a person confirms the cause, and a score is never a verdict. The words that led to them
        are the buyer's own, so they stay here: what is returned stands in the engine's history."""
        causes, _ = await self._policies.causes(session, known.review.shop)
        text = known.text or ""
        suggestion = suggest_cause(text, causes)
        level = _severity(known.review, known.order, suggestion.cause, causes, bad_reviews)
        found = signals_of(text, causes, shop_opened_at=known.shop.opened_at, now=known.review.created_at)
        malicious = score(found, causes)
        return Opened(
            number="",
            suggested_cause=suggestion.cause,
            severity=level.level,
            severity_reasons=list(level.reasons),
            signals=list(malicious.signals),
            score=malicious.score,
            review_by_person=malicious.review_by_person,
            details_wanted=is_vague(text, causes),
        )

    async def _clocks(
        self, session: AsyncSession, shop: str, level: int, now: datetime
    ) -> dict[EscalationKind, datetime]:
        kinds = (EscalationKind.UNASSIGNED, EscalationKind.STALE)
        return await self._clock.first_dues(session, shop, kinds, level, now)

    @activity.defn
    async def judge_cause(self, request: CauseRequest) -> Prepared:
        """Whether the policy knows the cause, and how severe the case is with it."""
        with refusing():
            async with self._sessions.begin() as session:
                causes, version = await self._policies.causes(session, request.step.shop)
                check_cause(request.confirm.cause, causes)
                review = await session.get_one(Review, UUID(request.review_row))
                order = await session.get(ShopOrder, review.order) if review.order else None
                same = await bad_reviews(session, review)
                level = _severity(review, order, request.confirm.cause, causes, same)
                return Prepared(policy=version, severity=level.level)

    @activity.defn
    async def score_signals(self, request: SignalsRequest) -> Prepared:
        with refusing():
            async with self._sessions.begin() as session:
                causes, version = await self._policies.causes(session, request.step.shop)
                return Prepared(policy=version, score=score(request.mark.signals, causes).score)


def _identity(
    opening: Opening, platforms: PlatformsPolicy, file: FileRef, known: Reported, shown: Grade, scores_before: int
) -> Identity:
    review, order, shop = known.review, known.order, known.shop
    rules = platforms.rules(Platform(opening.platform))
    finished = order.finished_at if order else None
    created = review.created_at
    ends = persistence_ends(rules, created, finished, platforms.persistence_days)
    return Identity(
        case_serial=file.serial,
        shop_serial=shop.serial,
        installation=known.installation,
        order_row=str(order.id) if order else None,
        buyer=str(file.buyer_person) if file.buyer_person else None,
        grade=Grade(review.grade),
        baseline=Baseline(at=review.first_seen_at, grade=shown, review_created_at=created),
        review_created_at=created,
        persistence_ends_at=ends,
        reply_due_at=reply_asked_at(
            rules, created, ends, order_finished_at=finished, hours_before=platforms.reply_before_close_hours
        ),
        reply_closes_at=reply_closes_at(rules, created, order_finished_at=finished),
        amend_modes=sorted(amend_modes(rules)),
        read_by_machine=has_review_api(rules),
        may_ask_to_amend=may_ask_to_amend(rules),
        append_closes_reply=append_closes_reply(rules),
        score_counts=score_counts(rules, scores_before),
        gate_mode=GateMode(shop.gate_mode),
        order_paid_fen=order.paid_fen if order else None,
    )


def _with_time_left(identity: Identity, now: datetime) -> Identity:
    """Who comes back after the month is heard all the same; what the marketplace closes, stays closed."""
    return identity.model_copy(update={"persistence_ends_at": max(identity.persistence_ends_at, now + REOPENED_FOR)})


def _left(registered: Registered) -> ReviewCaseState | None:
    return ReviewCaseState.model_validate(registered.left) if registered.left else None


def _now_shown(opening: Opening, review: Review, before: ReviewCaseState | None) -> Grade:
    """The grade from which this run's amendment is judged. Intake reopens because it read the review; when a person
    reopens a case whose review is good by now, it must not end at once as amended."""
    last = before.readings[-1] if before is not None and before.readings else None
    if opening.source == BY_PERSON and last is not None and last.grade is not None:
        return last.grade
    return Grade(review.grade)


def _severity(
    review: Review, order: ShopOrder | None, cause: str, causes: CausesPolicy, bad_reviews_7d: int
) -> Severity:
    return severity(
        cause,
        causes,
        has_photo=review.has_photo,
        order_amount_fen=(order.paid_fen or 0) if order else 0,
        product_bad_reviews_7d=bad_reviews_7d,
    )
