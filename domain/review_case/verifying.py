"""Steps about the review itself: read it now, a second person's verification, the public reply, the malicious track."""

from datetime import datetime

from domain.escalation import EscalationKind
from domain.people import Actor
from domain.platforms import AmendMode
from domain.review_case import steps, undecided
from domain.review_case.desk import drop_contact
from domain.review_case.facts import Prepared
from domain.review_case.permissions import desk, leaders, require, supervisor, working
from domain.review_case.recording import record
from domain.review_case.refusals import SecondPersonNeeded, WrongStage
from domain.review_case.state import Amendment, Clock, Reply, ReplyStatus, ReviewCaseState, Suspicion


def may_check(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    readable = case.identity is not None and case.identity.read_by_machine
    require(readable, WrongStage, "This marketplace can't be read by a machine; a second person confirms with proof.")


def check_review(case: ReviewCaseState, actor: Actor, step: steps.CheckReview, now: datetime, found: Prepared) -> None:
    case.read_again_at = now
    record(case, actor, now, "reading_asked")


def may_confirm(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    require(case.amendment is None, WrongStage, "The amendment is verified already; go on with the next step.")
    machine = case.identity is not None and case.identity.read_by_machine and not case.person_must_look
    require(not machine, WrongStage, "A machine reads this marketplace; ask for a reading instead of confirming.")
    involved = [case.assignee, *(offer.maker for offer in case.offers)]
    require(
        not actor.is_one_of(involved),
        SecondPersonNeeded,
        "Somebody other than the case's agent and the offer's maker has to confirm this.",
    )


def enter_confirm(case: ReviewCaseState, actor: Actor, step: steps.ConfirmAmended, now: datetime) -> None:
    """Whoever talked to the buyer, or had the case before, is no second person either."""
    called = [attempt.by for attempt in case.attempts if not attempt.inbound]
    require(
        not actor.is_one_of([*called, *case.agents]), SecondPersonNeeded,
        "You worked on this case, so somebody who did not has to confirm it.",
    )  # fmt: skip


def check_confirm(case: ReviewCaseState, actor: Actor, step: steps.ConfirmAmended, now: datetime) -> None:
    modes = case.identity.amend_modes if case.identity else []
    allowed = ", ".join(modes) or AmendMode.NONE
    require(
        step.mode in modes, WrongStage, f"On this marketplace a review is amended by: {allowed}. Choose one of them."
    )


def confirm(case: ReviewCaseState, actor: Actor, step: steps.ConfirmAmended, now: datetime, found: Prepared) -> None:
    case.amendment = Amendment(mode=step.mode, at=now, by=actor.person, evidence=step.evidence.id)
    looked, case.person_must_look = case.person_must_look, False
    if looked and (case.edition >= 1 or not case.suspected):
        undecided.settle(case)
    record(case, actor, now, "amendment_verified", mode=step.mode, evidence=step.evidence, by_person=True)


def may_reply(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    reply = case.reply
    prepared = reply is not None and reply.status is ReplyStatus.PREPARED
    require(prepared, WrongStage, "No public reply waits for confirmation; it is prepared before its window closes.")


def check_reply(case: ReviewCaseState, actor: Actor, step: steps.PostReply, now: datetime) -> None:
    machine = case.identity is not None and case.identity.read_by_machine
    require(
        machine or step.by_hand, WrongStage,
        "No machine posts replies on this marketplace: post it there yourself, then confirm it with by_hand.",
    )  # fmt: skip


def post_reply(case: ReviewCaseState, actor: Actor, step: steps.PostReply, now: datetime, found: Prepared) -> None:
    assert case.reply is not None  # noqa: S101 - may_reply saw it under the same lock
    chosen: dict[str, object] = {"confirmed_by": actor.person, "by_hand": step.by_hand}
    chosen["status"] = ReplyStatus.POSTED if step.by_hand else ReplyStatus.CONFIRMED
    chosen["text"] = step.text or case.reply.text
    case.reply = case.reply.model_copy(update=chosen)
    case.clocks.pop(EscalationKind.REPLY_WAITING, None)
    record(
        case, actor, now, "reply_confirmed",
        text=case.reply.text, own_words=step.text is not None, by_hand=step.by_hand, policy=found.policy,
    )  # fmt: skip


def skip_reply(case: ReviewCaseState, actor: Actor, step: steps.SkipReply, now: datetime, found: Prepared) -> None:
    assert case.reply is not None  # noqa: S101 - may_reply saw it under the same lock
    case.reply = case.reply.model_copy(update={"status": ReplyStatus.SKIPPED})
    case.clocks.pop(EscalationKind.REPLY_WAITING, None)
    record(case, actor, now, "reply_skipped", why=step.why)


def may_skip(case: ReviewCaseState, actor: Actor) -> None:
    leaders(case, actor)
    may_reply(case, actor)


def may_mark(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    require(not case.suspected, WrongStage, "The case is suspected already and waits for a supervisor.")
    require(not case.malicious, WrongStage, "A supervisor has decided already that the review is malicious; report it.")


def mark_malicious(
    case: ReviewCaseState, actor: Actor, step: steps.MarkMalicious, now: datetime, found: Prepared
) -> None:
    suspect(case, actor, step.signals, found.score or 0, now, why=step.why, policy=found.policy)


def suspect(
    case: ReviewCaseState,
    actor: Actor,
    signals: list[str],
    score: int,
    now: datetime,
    *,
    policy: str | None = None,
    **facts: object,
) -> None:
    """Contact and money stop until a supervisor has decided; a score is never a verdict."""
    case.suspicion = Suspicion(signals=signals, score=score, since=now)
    drop_contact(case)
    case.clocks[EscalationKind.DECISION_WAITING] = Clock(since=now)
    record(case, actor, now, "suspected", signals=signals, score=score, policy=policy, **facts)


def may_decide_malicious(case: ReviewCaseState, actor: Actor) -> None:
    supervisor(case, actor)
    require(case.suspected, WrongStage, "Nothing is suspected here; mark the case with its signals first.")


def decide_malicious(
    case: ReviewCaseState, actor: Actor, step: steps.DecideMalicious, now: datetime, found: Prepared
) -> None:
    assert case.suspicion is not None  # noqa: S101 - may_decide_malicious saw it under the same lock
    case.suspicion = case.suspicion.model_copy(update={"decided": step.malicious})
    undecided.settle(case)
    case.plan_again_at = now
    if step.malicious:
        drop_contact(case)
        case.clocks[EscalationKind.DECISION_WAITING] = Clock(since=now)
    if step.malicious and case.reply is None and case.identity is not None and case.identity.reply_due_at is not None:
        case.reply = Reply(status=ReplyStatus.WANTED, wanted_at=now, why="malicious review reported")
    record(case, actor, now, "malicious_decided", malicious=step.malicious, why=step.why)
