"""The malicious track: evidence, the report to the platform, and what stays stopped."""

from datetime import timedelta

import pytest

from domain.contact_terms import StopSignal
from domain.escalation import EscalationKind
from domain.policies.causes import CausesPolicy
from domain.policies.documents import load_shipped
from domain.review_case import progress, steps
from domain.review_case.agenda import Action, agenda, outcome_at_end, ready_to_pay
from domain.review_case.evidence import Evidence, manifest, missing
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Reply, ReplyStatus
from domain.sealed import SealedRef
from tests.domain.plain_case import reopened
from tests.domain.review_world import ALICE, BOB, START, TEXT, World
from tests.domain.test_replying import world

POLICY = load_shipped("causes", CausesPolicy)
SHA = "ab" * 32


def malicious() -> World:
    one = world()
    assert one.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    assert one.step(BOB, steps.DecideMalicious(malicious=True, why=TEXT))
    return one


def reported(one: World) -> bool:
    return one.step(BOB, steps.ReportToPlatform(ground="extortion", reference="R-1", at=one.now))


def actions(one: World) -> set[Action]:
    return {entry.action for entry in agenda(one.case) if entry.at <= one.now}


@pytest.mark.covers(143)
def test_evidence_is_words_by_their_commitment_or_a_file_by_its_hash() -> None:
    one = malicious()
    assert one.step(ALICE, steps.AttachEvidence(kind="platform_chat", text=TEXT))
    assert one.step(ALICE, steps.AttachEvidence(kind="call_recording", file=TEXT, sha256=SHA))
    assert [piece.digest for piece in one.case.malice.evidence] == [TEXT.digest, SHA]


@pytest.mark.parametrize(
    "piece",
    [{}, {"file": TEXT}, {"sha256": SHA}, {"text": TEXT, "file": TEXT}],
)
def test_a_piece_that_can_not_be_told_apart_later_is_refused(piece: dict[str, object]) -> None:
    step = steps.AttachEvidence.model_validate({"kind": "platform_chat"} | piece)
    assert not malicious().step(ALICE, step)


def test_the_same_piece_is_kept_once() -> None:
    one = malicious()
    step = steps.AttachEvidence(kind="platform_chat", text=TEXT)
    assert [one.step(ALICE, step), one.step(ALICE, step)] == [True, False]


def test_a_manifest_changes_with_every_piece() -> None:
    first = Evidence(number=1, kind="platform_chat", digest="a", by="alice", at=START)
    other = first.model_copy(update={"digest": "b"})
    assert len({manifest([]), manifest([first]), manifest([other]), manifest([first, other])}) == 4


def test_what_a_report_lacks_is_listed_in_the_policys_order() -> None:
    assert missing(POLICY.evidence, ["order_snapshot", "threat_audio_video_text"]) == [
        "platform_chat", "payment_record", "review_screenshot_with_time", "logistics_trace_and_signature",
    ]  # fmt: skip
    assert not missing(POLICY.evidence, list(POLICY.evidence))


def test_a_malicious_case_waits_for_its_report_and_then_ends_as_reported() -> None:
    one = malicious()
    one.case.reply = None
    assert Action.END not in actions(one)
    assert reported(one)
    assert outcome_at_end(one.case) is Outcome.MALICIOUS_REPORTED
    assert one.case.malice.report is not None
    assert one.case.malice.report.manifest == manifest(one.case.malice.evidence)


def test_a_supervisor_may_decide_against_a_report_and_an_agent_may_not() -> None:
    one = malicious()
    assert not one.step(ALICE, steps.SkipReport(why=TEXT))
    assert one.step(BOB, steps.SkipReport(why=TEXT))
    assert outcome_at_end(one.case) is Outcome.MALICIOUS_REPORTED


def test_a_report_that_nobody_made_does_not_name_the_outcome() -> None:
    assert outcome_at_end(malicious().case) is Outcome.UNREACHABLE


def test_a_report_is_made_once_and_only_after_the_verdict() -> None:
    assert not reported(world())
    one = malicious()
    assert [reported(one), reported(one)] == [True, False]


@pytest.mark.parametrize("off", [timedelta(minutes=1), -timedelta(days=1)])
def test_a_report_from_the_future_or_before_the_review_is_refused(off: timedelta) -> None:
    one = malicious()
    step = steps.ReportToPlatform(ground="extortion", reference="R-1", at=one.now + off)
    assert not one.step(BOB, step)


@pytest.mark.covers(145)
def test_a_verdict_stops_ordinary_contact_and_money_for_good() -> None:
    one = malicious()
    one.case.plan_again_at = one.now
    assert Action.PLAN not in actions(one)
    assert not one.step(ALICE, steps.MakeOffer(amount_fen=500))
    assert not ready_to_pay(one.case)


def test_a_refuted_suspicion_lets_the_case_go_on() -> None:
    one = world()
    assert one.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    assert one.step(BOB, steps.DecideMalicious(malicious=False, why=TEXT))
    assert Action.PLAN in actions(one)


def test_the_event_of_a_report_names_every_piece_by_its_hash() -> None:
    one = malicious()
    text = SealedRef(id="1", digest="d1")
    assert one.step(ALICE, steps.AttachEvidence(kind="platform_chat", text=text))
    assert reported(one)
    event = one.case.unwritten[-1]
    assert event.kind == "reported_to_platform"
    assert event.facts["evidence"] == ["1 platform_chat d1"]


def test_a_case_that_is_closed_and_reopened_before_a_supervisor_decided_stays_frozen() -> None:
    one = world()
    assert one.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    assert one.step(ALICE, steps.Close(outcome=Outcome.REFUSED, why=TEXT))
    progress.closed(one.case, one.now)
    case = reopened(one)
    assert (case.suspected, case.suspicion and case.suspicion.signals) == (True, ["threat"])
    assert EscalationKind.DECISION_WAITING in case.clocks


def test_one_that_a_supervisor_found_harmless_is_not_suspected_again() -> None:
    one = world()
    assert one.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    assert one.step(BOB, steps.DecideMalicious(malicious=False, why=TEXT))
    assert one.step(ALICE, steps.Close(outcome=Outcome.REFUSED, why=TEXT))
    progress.closed(one.case, one.now)
    assert not reopened(one).suspected


def test_a_suspected_buyer_who_wants_no_contact_does_not_end_the_case_before_a_supervisor_has_decided() -> None:
    one = world()
    assert one.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    one.case.stopped = StopSignal.BUYER_OPT_OUT
    one.case.reply = Reply(status=ReplyStatus.SKIPPED, wanted_at=one.now, why="")
    assert Action.END not in actions(one)
    assert EscalationKind.DECISION_WAITING in one.case.clocks
    assert one.step(BOB, steps.DecideMalicious(malicious=False, why=TEXT))
    assert Action.END in actions(one)
