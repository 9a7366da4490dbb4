"""Contacts: planned from the calendar, the caps and the buyer's life; taken and logged under the lock on the person."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.contact_logs import check_log
from activities.holidays import calendar_around
from activities.planner import Planner, wish
from activities.policies import Policies
from activities.refusals import refusing
from activities.requests import CallbackRequest, LogRequest, PlanRequest, StopRequest, TakeRequest
from db.buyers import aliases_of, person_of
from db.contacts import history_of, keep_stop, lock_contacts_of
from db.sessions import Sessions, looking
from db.tables.buyers import Buyer, Review, ShopOrder
from db.tables.contacts import ContactAttempt, ContactStopRow
from db.tables.refunds import Refund
from domain.contact_caps import ContactNotAllowed, may_contact_now
from domain.contact_outcomes import Consequence, consequence
from domain.contact_terms import Channel, PhoneKind
from domain.life_zones import LifeZone, life_zone
from domain.policies.contact import ContactPolicy
from domain.review_case.facts import Planned, Prepared, StepRequest


class ContactActivities:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies
        self._planner = Planner(policies)

    @activity.defn
    async def plan(self, request: PlanRequest) -> Planned:
        """The next contact with its reason, in its place among those of the shop, or why there is none."""
        # Nothing that is read must be of one moment, and what is written is one statement.
        async with looking(self._sessions) as session:
            return await (await self._planner.question(session, request)).answer(session)

    @activity.defn
    async def take(self, request: TakeRequest) -> Prepared:
        """Take a due contact: the last look at hours, caps and cool-downs, under the lock on the buyer's person over
        all shops. Raises ContactNotAllowed (non-retryable), also where another person took this number."""
        step = request.step
        with refusing():
            async with self._sessions.begin() as session:
                policy, version = await self._policies.contact(session, step.shop)
                review = await source_of(session, request.review_row)
                person = await lock_person(session, review.buyer)
                known = await _attempt(session, step.case, request.number)
                if known is not None:
                    _be_theirs(known, step.actor.person)
                    return Prepared(policy=version, attempt=str(known.id))  # a retry: it was taken already
                zone = await zone_of(session, review, policy)
                history = await history_of(session, review.buyer, step.now, step.case)
                day = calendar_around(step.now, policy).day(step.now.astimezone(zone.tz).date())
                stated = wish(request, step.now, policy)
                may_contact_now(
                    request.channel,
                    step.now,
                    step.case,
                    history,
                    policy,
                    zone,
                    day,
                    stated=stated,
                    purpose=request.purpose,
                )
                attempt = await _insert_attempt(
                    session, step, request.number, request.channel, person, step.now, outbound=True
                )
                return Prepared(policy=version, attempt=str(attempt))

    @activity.defn
    async def log(self, request: LogRequest) -> Prepared:
        """Keep what became of a contact, and say what follows from it by policy."""
        step, logged = request.step, request.log
        over_at = logged.over_at(step.now)
        async with self._sessions.begin() as session:
            policy, version = await self._policies.contact(session, step.shop)
            review = await source_of(session, request.review_row)
            person = await lock_person(session, review.buyer)
            with refusing():
                await check_log(session, self._policies, request, policy)
            follows = consequence(logged.result, logged.talk, policy)
            attempt = UUID(request.attempt) if request.attempt else None
            if attempt is None:
                known = await _attempt(session, step.case, request.number)
                attempt = (
                    known.id
                    if known
                    else await _insert_attempt(
                        session, step, request.number, request.channel, person, over_at, outbound=not logged.inbound
                    )
                )
            counts = follows.counts and not logged.inbound
            ended = update(ContactAttempt).where(ContactAttempt.id == attempt)
            await session.execute(
                ended.values(
                    ended_at=over_at,
                    result=logged.result,
                    talk=logged.talk,
                    counted=counts,
                    asked_to_amend=logged.asked_to_amend,
                )
            )
            if follows.stop is not None:
                await keep_stop(session, person, step.case, follows.stop, step.update_id, step.now)
            if follows.mark_phone is not None and review.buyer is not None:
                # A number that is wrong or dead is not dialled again; a new one comes by `set_phone`.
                bad = update(Buyer).where(Buyer.id == review.buyer)
                await session.execute(bad.values(phone_kind=PhoneKind.INVALID))
            return Prepared(
                policy=version, next=follows.next, stop=follows.stop, counts=counts, again_at=_again(follows, over_at)
            )

    @activity.defn
    async def stop(self, request: StopRequest) -> Prepared:
        """The buyer wants no contact: it holds for the person, in every case and shop."""
        async with self._sessions.begin() as session:
            review = await source_of(session, request.review_row)
            person = await lock_person(session, review.buyer)
            step = request.step
            await keep_stop(session, person, step.case, request.signal, step.update_id, step.now)
            return Prepared()

    @activity.defn
    async def lift_stops(self, request: CallbackRequest) -> Prepared:
        """The buyer came back on their own and named a time: what they had said before no longer silences us."""
        async with self._sessions.begin() as session:
            review = await source_of(session, request.review_row)
            person = await lock_person(session, review.buyer)
            if person is not None:
                people = await aliases_of(session, person)
                lifted = update(ContactStopRow).where(
                    ContactStopRow.buyer_person.in_(people), ContactStopRow.lifted_at.is_(None)
                )
                await session.execute(lifted.values(lifted_at=request.step.now))
            return Prepared()


async def lock_person(session: AsyncSession, buyer: UUID | None) -> UUID | None:
    """Serialises every contact of one person, over cases, shops and channels, until the transaction ends."""
    if buyer is None:
        return None
    person = await person_of(session, buyer)
    await lock_contacts_of(session, person)
    return person


async def source_of(session: AsyncSession, row: str) -> Review | Refund:
    """What a case is about, and with it whose contacts these are."""
    review = await session.get(Review, UUID(row))
    return review if review is not None else await session.get_one(Refund, UUID(row))


async def zone_of(session: AsyncSession, review: Review | Refund, policy: ContactPolicy) -> LifeZone:
    order = await session.get(ShopOrder, review.order) if review.order else None
    return life_zone((order.province or "") if order else "", policy)


async def _attempt(session: AsyncSession, case: str, number: int) -> ContactAttempt | None:
    found = select(ContactAttempt).where(ContactAttempt.case == case, ContactAttempt.number == number)
    return await session.scalar(found)


def _be_theirs(known: ContactAttempt, person: str) -> None:
    """Raises ContactNotAllowed, upon which the contact is planned anew: what somebody else began may have been made,
    and one contact is never counted for two."""
    if known.taken_by != person:
        raise ContactNotAllowed("Somebody else has begun this contact; the next one is planned anew. Begin that one.")


async def _insert_attempt(
    session: AsyncSession,
    step: StepRequest,
    number: int,
    channel: Channel,
    person: UUID | None,
    at: datetime,
    *,
    outbound: bool,
) -> UUID:
    """Counted from the moment it is taken: what nobody logs may have happened."""
    row = insert(ContactAttempt).values(
        id=uuid4(),
        case=step.case,
        number=number,
        shop=step.shop,
        buyer_person=person,
        channel=channel,
        outbound=outbound,
        taken_by=step.actor.person,
        taken_at=at,
        counted=outbound,
    )
    made: UUID | None = await session.scalar(row.returning(ContactAttempt.id))
    assert made is not None  # noqa: S101 - an insert without a conflict clause returns its row
    return made


def _again(follows: Consequence, now: datetime) -> datetime | None:
    return now + follows.gap if follows.gap else None
