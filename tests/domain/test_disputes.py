"""Quarrels: risk flags with what shows them, counter-claims with their days, and questions that become rules."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.contact_terms import Channel
from domain.disputes.flags import risks_in
from domain.disputes.state import Forum, Result, Risk
from domain.disputes.steps import (
    AnswerQuestion,
    AskQuestion,
    EndCounterClaim,
    FlagRisk,
    JudgeFlag,
    MoveCounterClaim,
    OpenCounterClaim,
)
from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.malicious import signals_of, text_signals
from domain.people import Actor, ActorKind, Role
from domain.policies.causes import CausesPolicy
from domain.policies.desk import DeskPolicy
from domain.policies.documents import load_shipped
from domain.refund_case import agenda as refund_agenda
from domain.refund_case import ending
from domain.refund_case import rules as refund_rules
from domain.refund_case.outcomes import RefundOutcome
from domain.review_case import closing, hearing, rules
from domain.review_case.agenda import Action, agenda, next_due
from domain.review_case.facts import BuyerMessage
from domain.review_case.needed import due_for_people
from domain.review_case.outcomes import Outcome
from domain.review_case.steps import AttachFiles, Command, Hold
from domain.sealed import SealedRef
from tests.domain import refund_world
from tests.domain.plain_case import a_plain_case
from tests.domain.refund_world import RefundWorld
from tests.domain.review_world import ALICE, BOB, LEA, START, TEXT, World

POLICY = load_shipped("causes", CausesPolicy)
SUE = Actor(person="sue", roles=frozenset({Role.SUPERVISOR}))
ADA = Actor(person="ada", roles=frozenset({Role.AUDITOR}))
A_WEEK = timedelta(days=7)
CLAIM = OpenCounterClaim(forum=Forum.RIGHTS_CENTRE, what=TEXT, due=START + A_WEEK, files=["a"], reference="WQ-1")


@pytest.fixture
def world() -> World:
    return a_plain_case()


def refusal_of(world: World, step: Any, actor: Actor) -> str:
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, Command(actor=actor, step=step, digest="", sent_at=world.now), world.now)
    return refused.value.code


def kinds(world: World) -> list[str]:
    return [event.kind for event in world.case.unwritten]


def dues(world: World, action: Action) -> list[timedelta]:
    return [due.at - START for due in agenda(world.case) if due.action is action]


def hear(world: World, words: str) -> None:
    risks = risks_in(text_signals(words, POLICY))
    text = SealedRef(id=words, digest="d")
    hearing.received(world.case, BuyerMessage(by="sms", channel=Channel.SMS, text=text, risks=risks), world.now)


@pytest.mark.covers(141, 142)
@pytest.mark.parametrize("risk", list(Risk))
def test_a_flag_keeps_its_evidence_and_whether_the_buyer_was_told_no(world: World, risk: Risk) -> None:
    assert world.step(ALICE, FlagRisk(risk=risk, words=TEXT, files=["shot"], declined=True))
    [flag] = world.case.disputes.flags
    assert (flag.risk, flag.raised, flag.declined, flag.by) == (risk, True, True, "alice")
    assert [(paper.file, paper.digest) for paper in flag.papers] == [("shot", "sha-shot")]
    facts = world.case.unwritten[-1].facts
    assert facts["papers"] == [{"file": "shot", "sha256": "sha-shot"}]


@pytest.mark.covers(141, 142)
@pytest.mark.parametrize(
    ("words", "risk"),
    [("加我微信聊", Risk.OFF_PLATFORM_TALK), ("钱转到我的支付宝", Risk.OTHER_PAYMENT_ROUTE), ("壶盖漏水", None)],
)
def test_a_message_that_looks_like_a_risk_is_suggested_and_a_person_says_whether_it_is(
    world: World, words: str, risk: Risk | None
) -> None:
    hear(world, words)
    suggested = world.case.disputes.flags
    assert [(flag.risk, flag.waiting, flag.raised) for flag in suggested] == ([(risk, True, False)] if risk else [])
    if risk:
        assert world.step(ALICE, JudgeFlag(flag=1, stands=True, declined=True))
        assert (suggested[0].raised, suggested[0].judged_by, suggested[0].declined) == (True, "alice", True)


def test_the_same_risk_is_suggested_once(world: World) -> None:
    hear(world, "加我微信聊")
    hear(world, "快加我微信")
    assert len(world.case.disputes.flags) == 1


def test_a_risk_without_anything_that_shows_it_is_refused(world: World) -> None:
    assert refusal_of(world, FlagRisk(risk=Risk.OFF_PLATFORM_TALK), ALICE) == "RiskUnproven"


def test_what_a_person_flagged_a_leader_takes_back_with_a_reason(world: World) -> None:
    assert world.step(ALICE, FlagRisk(risk=Risk.OFF_PLATFORM_TALK, words=TEXT))
    off = JudgeFlag(flag=1, stands=False, why=TEXT)
    assert refusal_of(world, off, ALICE) == "NotYours"
    assert refusal_of(world, JudgeFlag(flag=1, stands=False), LEA) == "ReasonMissing"
    assert world.step(LEA, off)
    assert not world.case.disputes.flags[0].raised
    assert refusal_of(world, off, LEA) == "FlagUnknown"


@pytest.mark.covers(144)
def test_a_counter_claim_is_due_moved_and_ends_with_its_papers_and_result(world: World) -> None:
    assert refusal_of(world, CLAIM, ALICE) == "NotYours"
    assert world.step(LEA, CLAIM)
    assert dues(world, Action.CLAIM_DUE) == [A_WEEK]
    moved = MoveCounterClaim(claim=1, what=TEXT, due=START + 2 * A_WEEK, files=["b"])
    assert world.step(LEA, moved)
    assert dues(world, Action.CLAIM_DUE) == [2 * A_WEEK]
    assert world.step(LEA, EndCounterClaim(claim=1, result=Result.WON, what=TEXT, files=["verdict"]))
    [claim] = world.case.disputes.claims
    assert ([paper.file for paper in claim.papers], claim.result, claim.reference) == (
        ["a", "b", "verdict"],
        Result.WON,
        "WQ-1",
    )
    assert dues(world, Action.CLAIM_DUE) == []
    assert refusal_of(world, moved, LEA) == "ClaimUnknown"


@pytest.mark.covers(144)
def test_a_counter_claim_that_falls_due_is_escalated_and_reminded_of_every_week(world: World) -> None:
    assert world.step(LEA, CLAIM)
    due = next(due for due in agenda(world.case) if due.action is Action.CLAIM_DUE)
    world.pass_to(due)
    assert EscalationKind.COUNTER_CLAIM in world.case.clocks
    assert dues(world, Action.CLAIM_DUE) == [2 * A_WEEK]
    assert world.step(LEA, MoveCounterClaim(claim=1, what=TEXT, due=START + 3 * A_WEEK))
    assert EscalationKind.COUNTER_CLAIM not in world.case.clocks


@pytest.mark.covers(144)
def test_a_case_stays_open_for_its_counter_claim_beyond_its_month_and_through_a_hold(world: World) -> None:
    far = CLAIM.model_copy(update={"due": START + timedelta(days=200)})
    assert world.step(LEA, far)
    assert world.step(LEA, Hold(why=TEXT))
    assert dues(world, Action.CLAIM_DUE) == [timedelta(days=200)]
    closing.end(world.case, LEA, Outcome.REFUSED, world.now)
    while (due := next_due(world.case)) is not None and due.action is not Action.CLAIM_DUE:
        world.pass_to(due)
    assert (due.at - START if due else None, world.case.closed_at) == (timedelta(days=200), None)
    assert world.step(LEA, EndCounterClaim(claim=1, result=Result.LOST, what=TEXT))
    after = next_due(world.case)
    assert after is not None
    assert after.action is Action.CLOSE


@pytest.mark.parametrize("due", [START - timedelta(days=1), START + timedelta(days=500)])
def test_a_day_that_no_forum_sets_is_refused(world: World, due: datetime) -> None:
    assert refusal_of(world, CLAIM.model_copy(update={"due": due}), LEA) == "BadTime"


def test_a_paper_is_kept_once(world: World) -> None:
    assert world.step(LEA, CLAIM)
    again = MoveCounterClaim(claim=1, what=TEXT, due=START + A_WEEK, files=["a"])
    assert refusal_of(world, again, LEA) == "DisputeFull"


@pytest.mark.covers(180)
def test_what_no_rule_covers_is_asked_of_a_supervisor_and_answered_by_another_person(world: World) -> None:
    assert world.step(ALICE, AskQuestion(what=TEXT))
    assert EscalationKind.QUESTION_ASKED in world.case.clocks
    due = due_for_people(world.case)
    assert due is not None
    answer = AnswerQuestion(question=1, answer=TEXT, rule=TEXT)
    assert refusal_of(world, answer, LEA) == "NotYours"
    assert world.step(SUE, answer)
    asked = world.case.disputes.questions[0]
    assert (asked.answered_by, asked.rule, EscalationKind.QUESTION_ASKED in world.case.clocks) == ("sue", TEXT, False)
    assert world.case.unwritten[-1].facts["told"] == ["alice"]
    assert refusal_of(world, answer, SUE) == "QuestionUnknown"


@pytest.mark.covers(201)
def test_a_supervisor_does_not_answer_what_they_asked(world: World) -> None:
    assert world.step(BOB, AskQuestion(what=TEXT))
    assert refusal_of(world, AnswerQuestion(question=1, answer=TEXT), BOB) == "SecondPersonNeeded"


def test_a_question_is_due_within_a_day_and_the_ladder_then_hears_of_it_anew(world: World) -> None:
    assert world.step(ALICE, AskQuestion(what=TEXT))
    world.case.clocks[EscalationKind.QUESTION_ASKED].told.append(Role.SUPERVISOR)
    world.pass_to(next(due for due in agenda(world.case) if due.action is Action.QUESTION_DUE))
    clock = world.case.clocks[EscalationKind.QUESTION_ASKED]
    assert (clock.since - START, clock.told, dues(world, Action.QUESTION_DUE)) == (timedelta(days=1), [], [])


def test_an_auditor_takes_no_such_step(world: World) -> None:
    world.step(ALICE, AskQuestion(what=TEXT))
    for step in (AskQuestion(what=TEXT), CLAIM, FlagRisk(risk=Risk.OFF_PLATFORM_TALK, words=TEXT)):
        assert refusal_of(world, step, ADA) == "NotYours"


@pytest.mark.covers(141, 142, 144, 180)
def test_a_refund_case_knows_the_same_steps() -> None:
    world = RefundWorld().asked()
    due = refund_world.START + A_WEEK
    claim = CLAIM.model_copy(update={"due": due})
    taken = [
        world.step(refund_world.ALICE, FlagRisk(risk=Risk.OTHER_PAYMENT_ROUTE, words=TEXT, files=["shot"])),
        world.step(refund_world.BOB, claim),
        world.step(refund_world.ALICE, AskQuestion(what=TEXT)),
    ]
    assert taken == [None, None, None]
    kept = world.case.disputes
    assert (kept.flags[0].papers[0].digest, kept.claims[0].due_at, len(kept.questions)) == ("sha-shot", due, 1)
    waiting = [one.action for one in refund_agenda.agenda(world.case)]
    assert {refund_agenda.Action.CLAIM_DUE, refund_agenda.Action.QUESTION_DUE} <= set(waiting)
    assert "answer_question" in refund_rules.allowed_steps(world.case, SUE, world.now)


@pytest.mark.covers(144)
def test_a_refund_case_that_is_over_waits_for_its_counter_claim() -> None:
    world = RefundWorld()
    world.step(refund_world.BOB, CLAIM)
    ending.end(world.case, refund_world.BOB, RefundOutcome.ENDED_BY_HAND, world.now)
    world.wait(days=3)
    assert world.case.closed_at is None
    world.wait(days=6)
    assert "counter_claim_due" in world.kinds
    assert world.step(refund_world.BOB, EndCounterClaim(claim=1, result=Result.SETTLED, what=TEXT)) is None
    world.wait(minutes=1)
    assert world.case.closed_at is not None


@pytest.mark.covers(145)
@pytest.mark.parametrize(("days", "words", "seen"), [
    (30, "不给钱就差评", True), (400, "不给钱就差评", False), (30, "质量很差", False), (None, "不给钱就差评", False),
])  # fmt: skip
def test_a_demand_upon_a_new_shop_is_a_pattern_of_its_own(days: int | None, words: str, seen: bool) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    opened = now - timedelta(days=days) if days is not None else None
    found = signals_of(words, POLICY, shop_opened_at=opened, now=now)
    assert ("targets_new_shop" in found) is seen


def test_documents_from_before_these_clocks_still_have_a_rule_for_them() -> None:
    shipped = load_shipped("desk", DeskPolicy).model_dump(mode="json")
    for kind in ("counter_claim", "question_asked"):
        del shipped["escalations"][kind]
    old = DeskPolicy.model_validate_json(json.dumps(shipped))
    assert old.escalations[EscalationKind.COUNTER_CLAIM] == old.escalations[EscalationKind.DECISION_WAITING]


def test_a_machine_that_hears_takes_no_step_of_a_person(world: World) -> None:
    before = world.case.person_step
    hear(world, "加我微信聊")
    assert kinds(world)[-1] == "risk_suggested"
    assert world.case.person_step == before
    assert world.case.unwritten[-1].actor_kind == ActorKind.SYSTEM


def test_a_case_that_is_opened_again_goes_on_with_its_quarrels_and_files(world: World) -> None:
    assert world.step(ALICE, FlagRisk(risk=Risk.OFF_PLATFORM_TALK, words=TEXT))
    assert world.step(ALICE, AskQuestion(what=TEXT))
    assert world.step(ALICE, AttachFiles(files=["photo"]))
    anew = a_plain_case(before=world.case)
    assert anew.step(ALICE, AskQuestion(what=TEXT))
    assert [asked.number for asked in anew.case.disputes.questions] == [1, 2]
    assert (len(anew.case.disputes.flags), [one.file for one in anew.case.files]) == (1, ["photo"])
