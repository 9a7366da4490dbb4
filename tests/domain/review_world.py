"""A world for the review case's pure rules: it answers each thing that the agenda asks for, as hypothesis draws it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.amendment import Baseline, Reading
from domain.announcements import Announced
from domain.case_numbers import mint
from domain.contact_terms import Channel, NoContactCode, StopSignal, TalkOutcome
from domain.disputes import counter_claims, questions
from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.gate import GateMode
from domain.handwork import HandMove
from domain.payouts import PayoutStatus
from domain.people import TIMER, Actor, Role
from domain.platforms import AmendMode, Grade
from domain.review_case import (
    agenda,
    announcing,
    approving,
    closing,
    decisions,
    desk,
    following_up,
    fulfilling,
    hearing,
    investigations,
    merging,
    paying,
    progress,
    promises,
    replying,
    resting,
    rules,
    steps,
)
from domain.review_case.agenda import Action, Due
from domain.review_case.facts import (
    Asked,
    Assigned,
    FollowUpPlanned,
    NoticeSent,
    Opened,
    PayoutOpened,
    PayoutReport,
    Planned,
    Posted,
    Prepared,
    Reckoned,
    ReplyText,
    Told,
)
from domain.review_case.state import Identity, Opening, ReviewCaseState
from domain.sealed import SealedRef

START = datetime(2026, 11, 21, 4, tzinfo=UTC)
OTHER = mint(2026, 1)
TEXT = SealedRef(id="text", digest="digest")
ALICE = Actor(person="alice", roles=frozenset({Role.AGENT}))
BOB = Actor(person="bob", roles=frozenset({Role.SUPERVISOR, Role.LEAD}))
LEA = Actor(person="lea", roles=frozenset({Role.LEAD}))
FAY = Actor(person="fay", roles=frozenset({Role.FINANCE}))


@dataclass
class World:
    """One case and the answers it gets. What hypothesis does not decide goes the plain way."""

    draw: Any
    case: ReviewCaseState
    now: datetime = START
    told_payout: list[HandMove] = field(default_factory=list)

    @classmethod
    def begun(cls, draw: Any) -> "World":
        world = cls(draw, unopened(START))
        progress.opened(world.case, an_opening(draw, START), START)
        return world

    def step(self, actor: Actor, step: steps.Step, found: Prepared | None = None) -> bool:
        """Carried out, or refused by a rule; anything else that is raised is a fault. `found` is what an activity says
        before, where the usual will not do."""
        command = steps.Command(actor=actor, step=step, digest="d", sent_at=self.now)
        try:
            rules.check(self.case, command, self.now)
            found = found or self._prepared(step)
        except Refusal:
            return False
        rules.apply(self.case, command, self.now, found)
        told = fulfilling.moves(self.case, actor, step, self.now)
        self.told_payout += told[1] if told else []
        if isinstance(step, steps.AnswerOffer) and step.accepted:
            resting.rest(self.case, self.now)
        subject = announcing.subject_of(step)
        if subject is not None:
            announcing.wanted(self.case, subject)
        return True

    def _prepared(self, step: steps.Step) -> Prepared:
        needs = [Role.LEAD] if isinstance(step, steps.MakeOffer) and step.amount_fen > 1000 else []
        stop = StopSignal.REFUSED_FIRMLY if getattr(step, "talk", None) is TalkOutcome.REFUSED_FIRMLY else None
        until = self.now + timedelta(days=3)
        return Prepared(
            attempt="attempt",
            severity=2,
            score=5,
            stop=stop,
            need_roles=needs,
            valid_until=until,
            approval_until=until,
            amount_fen=300,
            digests={file: f"sha-{file}" for file in getattr(step, "files", [])},
        )

    def pass_to(self, due: Due) -> None:
        """Time passes to what is due, and it is done as the workflow does it."""
        self.now = max(self.now, due.at)
        case, now = self.case, self.now
        match due.action:
            case Action.ASSIGN:
                progress.assigned(case, Assigned(person=self.pick(["alice", None]), why="fair"), now)
            case Action.REPLACE:
                found = Assigned(person=self.pick(["ann", None]), why="no shift fits")
                progress.replaced(case, found, case.assignee or "", now)
            case Action.PLAN:
                progress.planned(case, self._plan(), now)
            case Action.CONTACT_DUE:
                progress.contact_due(case, now)
            case Action.CONTACT_MISSED:
                progress.contact_missed(case, now)
            case Action.CONTACT_LAPSED:
                progress.contact_lapsed(case, now)
            case Action.READ:
                progress.read(case, self._reading(), now)
            case Action.OFFER_EXPIRES:
                progress.offer_expired(case, now)
            case Action.RELEASE:
                progress.offer_released(case, int(due.subject))
            case Action.PAY:
                self._pay()
            case Action.WANT_REPLY:
                replying.reply_wanted(case, now)
            case Action.PREPARE_REPLY:
                replying.reply_prepared(case, self.pick([ReplyText(text=TEXT), ReplyText(impossible="closed")]), now)
            case Action.POST_REPLY:
                replying.reply_posted(case, self.pick([Posted(posted=True), None, Posted(posted=False)]), now)
            case Action.REPLY_CLOSES:
                replying.reply_closed(case, now)
            case Action.RECKON:
                kind = EscalationKind(due.subject)
                since, counts_from = case.clocks[kind].since, case.clocks[kind].counts_from
                progress.reckoned(case, Reckoned(kind=kind, since=since, due_at=counts_from + timedelta(hours=4)))
            case Action.ESCALATE:
                self._escalate(EscalationKind(due.subject))
            case Action.LOG_MESSAGE:
                hearing.logged(case, int(due.subject))
            case Action.RESUME:
                desk.resume_by_timer(case, now)
            case Action.END:
                closing.end(case, TIMER, agenda.outcome_at_end(case), now)
            case _:
                self._agreed(due)

    def _agreed(self, due: Due) -> None:
        """What was agreed is announced and falls due."""
        case, now = self.case, self.now
        match due.action:
            case Action.RECKON_ANNOUNCEMENT:
                one, _ = announcing.find(case, due.subject)
                halfway = Announced(at=one.at + (one.due_at - one.at) / 2)
                announcing.reckoned(case, due.subject, self.pick([halfway, Announced(at=None)]))
            case Action.ANNOUNCE:
                announcing.announce(case, due.subject, now)
            case Action.PROMISE_DUE:
                promises.fell_due(case, int(due.subject), now)
            case Action.PROMISE_BROKEN:
                promises.broke(case, int(due.subject), now)
            case Action.INVESTIGATION_DUE:
                investigations.fell_due(case, int(due.subject), now)
            case Action.DECISION_DUE:
                decisions.fell_due(case, int(due.subject), now)
            case Action.CLAIM_DUE:
                counter_claims.fell_due(case, int(due.subject), now)
            case Action.QUESTION_DUE:
                questions.fell_due(case, int(due.subject), now)
            case _:
                self._ending(due)

    def _ending(self, due: Due) -> None:
        """What is done once the outcome is fixed."""
        case, now = self.case, self.now
        match due.action:
            case Action.PLAN_FOLLOW_UP:
                due_at = self.pick([None, now + timedelta(days=3)])
                ends = due_at + timedelta(hours=1) if due_at else None
                plan = FollowUpPlanned(
                    due_at=due_at,
                    slot_ends_at=ends,
                    channel=Channel.CALL,
                    why="days",
                    questions={"solved": ["yes", "no"]},
                )
                following_up.planned(case, plan, now)
            case Action.FOLLOW_UP_DUE:
                following_up.fell_due(case, now)
            case Action.FOLLOW_UP_LAPSED:
                following_up.lapsed(case, now)
            case Action.TELL_MERGE:
                merging.merge_told(case)
            case Action.NOTIFY:
                again = self.pick([None, now + timedelta(hours=8)])
                paying.notified(case, NoticeSent(sent=again is None, why="x", again_at=again), now)
                following_up.want(case, now)
            case Action.CLOSE:
                progress.closed(case, now)
            case _:
                raise AssertionError(due.action)

    def pick(self, choices: list[Any]) -> Any:
        return self.draw(st.sampled_from(choices)) if self.draw else choices[0]

    def _plan(self) -> Planned:
        gap = timedelta(hours=self.pick([24, 5, 48]))
        start = self.now + gap
        ends = self.case.identity.persistence_ends_at if self.case.identity else start
        if start >= ends:
            return Planned(why="the month is over", code="window_ended")
        planned = Planned(
            due_at=start, slot_ends_at=start + timedelta(hours=1), channel=self.pick(list(Channel)), why="free then"
        )
        tomorrow = self.now + timedelta(days=1)
        no_shift = Planned(why="never at work then", code=NoContactCode.AGENT_NEVER_THERE, again_at=tomorrow)
        found: Planned = self.pick([planned, Planned(why="caps", again_at=tomorrow), Planned(why="never"), no_shift])
        return found

    def _reading(self) -> Reading | None:
        seen = {"at": self.now, "other_row_readable": True}
        bad = Reading(found=True, grade=Grade.BAD, **seen)
        good = Reading(found=True, grade=Grade.GOOD, **seen)
        found: Reading | None = self.pick([bad, bad, None, good, Reading(found=False, **seen)])
        return found

    def _pay(self) -> None:
        offer = self.case.accepted_offer
        assert offer is not None
        key = f"key-{len(self.case.payouts) + 1}"
        opened = PayoutOpened(key=key, amount_fen=offer.amount_fen, give_roles=[Role.FINANCE])
        found = self.pick([opened, PayoutOpened(missing=["gate"])])
        paying.payout_opened(self.case, found, self.now)

    def _escalate(self, kind: EscalationKind) -> None:
        if kind is EscalationKind.STALE and not progress.still_stale(self.case):
            return
        clock, more = self.case.clocks[kind], self.pick([None, self.now + timedelta(hours=12)])
        if kind is EscalationKind.APPROVAL_WAITING:
            turn = Asked(since=clock.since, role=self.pick([Role.LEAD, None]), next_at=more)
            approving.asked(self.case, turn, self.now)
            return
        role = Role.LEAD if len(clock.told) % 2 else Role.SUPERVISOR
        told = Told(kind=kind, role=role, people=["bob"], next_at=more if len(clock.told) < 3 else None)
        progress.escalated(self.case, told, self.now)

    def report(self) -> None:
        """The last payout tells how it went."""
        payout = self.case.payout
        if payout is None or payout.settled:
            return
        if payout.hand is not None:
            self._report_hand(payout.key)
            return
        status, remedy = self.pick(
            [
                (PayoutStatus.PAID, None),
                (PayoutStatus.UNKNOWN, None),
                (PayoutStatus.FAILED, "ask_buyer"),
                (PayoutStatus.FAILED, "fix_and_retry"),
                (PayoutStatus.CANCELLED, None),
            ]
        )
        told = PayoutReport(
            key=payout.key, status=status, code="X", remedy=remedy, at=self.now,
            closed=self.pick([False, True]), person=status is PayoutStatus.UNKNOWN and self.pick([False, True]),
        )  # fmt: skip
        paying.payout_reported(self.case, told, self.now)

    def _report_hand(self, key: str) -> None:
        """What people did by hand, one move after the other."""
        for move in self.told_payout:
            told = PayoutReport(key=key, status=move.status, at=self.now)
            paying.payout_reported(self.case, told, self.now)
        self.told_payout = []


def unopened(now: datetime) -> ReviewCaseState:
    opening = Opening(case="A26-1", platform="sandbox", shop="demo", external_id="1", review_row="row")
    return ReviewCaseState(opening=opening, opened_at=now)


def an_opening(draw: Any, now: datetime) -> Opened:
    created = now - timedelta(hours=1)
    ends = created + timedelta(days=30)
    due = draw(st.none() | st.just(ends - timedelta(days=2)))
    identity = Identity(
        case_serial=1,
        shop_serial=1,
        installation="TEST",
        grade=Grade.BAD,
        baseline=Baseline(at=now, grade=Grade.BAD, review_created_at=created),
        review_created_at=created,
        persistence_ends_at=ends,
        reply_due_at=due,
        reply_closes_at=ends if due else None,
        amend_modes=draw(st.sampled_from([[AmendMode.EDIT_RESULT, AmendMode.DELETE], [AmendMode.EDIT_RESULT], []])),
        read_by_machine=draw(st.booleans()),
        gate_mode=draw(st.sampled_from(GateMode)),
        order_paid_fen=8900,
    )
    return Opened(
        number="A26-1", identity=identity, severity=draw(st.integers(1, 4)), review_by_person=draw(st.booleans())
    )
