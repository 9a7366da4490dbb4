"""What a person's step needs to know from the database before it is carried out, under the locks it needs there."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.assignment import AssignmentActivities
    from activities.buyers import BuyerActivities
    from activities.contacts import ContactActivities
    from activities.evidence import EvidenceActivities
    from activities.investigations import InvestigationActivities
    from activities.merging import MergeActivities
    from activities.offers import OfferActivities
    from activities.opening import OpeningActivities
    from activities.replies import ReplyActivities
    from activities.reply_requests import ReplyWordsRequest
    from activities.requests import (
        AskRequest,
        CallbackRequest,
        CauseRequest,
        ClaimRequest,
        DescribeRequest,
        EvidenceRequest,
        FilesRequest,
        LogRequest,
        MergeRequest,
        OfferRequest,
        ReportRequest,
        SignalsRequest,
        StopRequest,
        TakeRequest,
        ThanksRequest,
    )
    from domain.contact_terms import Channel, ContactPurpose
    from domain.disputes import steps as dispute_steps
    from domain.review_case import agreement_steps, fixing, steps
    from domain.review_case.claims import shown_by
    from domain.review_case.contacting import begun_by
    from domain.review_case.facts import Prepared, StepRequest
    from domain.review_case.state import OfferStatus, ReviewCaseState
    from workflows import limits


async def prepare(case: ReviewCaseState, command: steps.Command) -> Prepared:
    """Raises ActivityError; a refusal is its non-retryable cause."""
    return await _PREPARING[type(command.step)](case, _request(case, command), command.step)


def _request(case: ReviewCaseState, command: steps.Command) -> StepRequest:
    info = workflow.current_update_info()
    return StepRequest(
        case=case.opening.case,
        shop=case.opening.shop,
        actor=command.actor,
        now=workflow.now(),
        update_id=info.id if info else "",
    )


async def _claim(case: ReviewCaseState, request: StepRequest, step: steps.Claim) -> Prepared:
    taking = ClaimRequest(
        step=request, to=request.actor.person, taking_over=case.assignee is not None, contact_due_at=_planned_for(case)
    )
    return await workflow.execute_activity_method(AssignmentActivities.claim, taking, **limits.STEP)


async def _hand_over(case: ReviewCaseState, request: StepRequest, step: steps.HandOver) -> Prepared:
    giving = ClaimRequest(step=request, to=step.to, taking_over=True, contact_due_at=_planned_for(case))
    return await workflow.execute_activity_method(AssignmentActivities.claim, giving, **limits.STEP)


def _planned_for(case: ReviewCaseState) -> datetime | None:
    """The hour of a contact that waits; one that is due already is taken by whoever comes."""
    return case.contact.due_at if case.contact and not case.contact.due else None


async def _describe(case: ReviewCaseState, request: StepRequest, step: agreement_steps.DescribeBuyer) -> Prepared:
    telling = DescribeRequest(step=request, review_row=case.opening.review_row, describe=step)
    return await workflow.execute_activity_method(BuyerActivities.describe, telling, **limits.STEP)


async def _ask(case: ReviewCaseState, request: StepRequest, step: agreement_steps.OpenInvestigation) -> Prepared:
    asking = AskRequest(step=request, to=step.to)
    return await workflow.execute_activity_method(InvestigationActivities.ask, asking, **limits.STEP)


async def _cause(case: ReviewCaseState, request: StepRequest, step: steps.ConfirmCause) -> Prepared:
    judging = CauseRequest(step=request, review_row=case.opening.review_row, confirm=step)
    return await workflow.execute_activity_method(OpeningActivities.judge_cause, judging, **limits.STEP)


async def _signals(case: ReviewCaseState, request: StepRequest, step: steps.MarkMalicious) -> Prepared:
    marking = SignalsRequest(step=request, mark=step)
    return await workflow.execute_activity_method(OpeningActivities.score_signals, marking, **limits.STEP)


async def _visit(case: ReviewCaseState, request: StepRequest, step: steps.BeginFollowUp) -> Prepared:
    visit = case.follow_up
    assert visit is not None  # noqa: S101 - the rules saw it under the same lock
    assert visit.channel is not None  # noqa: S101
    taking = TakeRequest(
        step=request, review_row=case.opening.review_row, number=visit.number, channel=visit.channel,
        preference_at=None, preference_hours=case.agreements.hours, preference_written=case.agreements.hours_written,
        purpose=ContactPurpose.FOLLOW_UP,
    )  # fmt: skip
    return await workflow.execute_activity_method(ContactActivities.take, taking, **limits.STEP)


async def _visited(case: ReviewCaseState, request: StepRequest, step: steps.LogFollowUp) -> Prepared:
    visit = case.follow_up
    assert visit is not None  # noqa: S101 - the rules saw it under the same lock
    logging = LogRequest(
        step=request, review_row=case.opening.review_row,
        log=steps.LogContact(result=step.result, seconds=step.seconds), number=visit.number,
        channel=visit.channel or Channel.CALL, attempt=visit.attempt,
    )  # fmt: skip
    return await workflow.execute_activity_method(ContactActivities.log, logging, **limits.STEP)


async def _merge(case: ReviewCaseState, request: StepRequest, step: steps.Merge) -> Prepared:
    merging = MergeRequest(step=request, into=step.into)
    return await workflow.execute_activity_method(MergeActivities.merge, merging, **limits.STEP)


async def _attach(case: ReviewCaseState, request: StepRequest, step: steps.AttachEvidence) -> Prepared:
    attaching = EvidenceRequest(step=request, attach=step)
    return await workflow.execute_activity_method(EvidenceActivities.judge_evidence, attaching, **limits.STEP)


async def _papers(case: ReviewCaseState, request: StepRequest, step: dispute_steps.WithFiles) -> Prepared:
    if not step.files:
        return Prepared()
    finding = FilesRequest(step=request, files=step.files)
    return await workflow.execute_activity_method(EvidenceActivities.find_files, finding, **limits.STEP)


async def _files(case: ReviewCaseState, request: StepRequest, step: steps.AttachFiles) -> Prepared:
    finding = FilesRequest(step=request, files=step.files)
    return await workflow.execute_activity_method(EvidenceActivities.find_files, finding, **limits.STEP)


async def _report(case: ReviewCaseState, request: StepRequest, step: steps.ReportToPlatform) -> Prepared:
    kept = [piece.kind for piece in case.malice.evidence]
    reporting = ReportRequest(step=request, platform=case.opening.platform, report=step, kept=kept)
    return await workflow.execute_activity_method(EvidenceActivities.judge_report, reporting, **limits.STEP)


async def _take(case: ReviewCaseState, request: StepRequest, step: steps.BeginContact) -> Prepared:
    assert case.contact is not None  # noqa: S101 - the rules saw it under the same lock
    taking = TakeRequest(
        step=request,
        review_row=case.opening.review_row,
        number=case.contact.number,
        channel=case.contact.channel,
        preference_at=case.preference_at,
        preference_stated_at=case.preference_stated_at,
        preference_hours=case.agreements.hours,
        preference_written=case.agreements.hours_written,
    )
    return await workflow.execute_activity_method(ContactActivities.take, taking, **limits.STEP)


async def _log(case: ReviewCaseState, request: StepRequest, step: steps.LogContact) -> Prepared:
    made = None if step.inbound else begun_by(case, request.actor.person)
    logging = LogRequest(
        step=request,
        review_row=case.opening.review_row,
        log=step,
        number=made.number if made else case.contacts_planned + 1,
        channel=made.channel if made else step.channel or Channel.CALL,
        attempt=made.attempt if made else None,
    )
    return await workflow.execute_activity_method(ContactActivities.log, logging, **limits.STEP)


async def _callback(case: ReviewCaseState, request: StepRequest, step: steps.ScheduleCallback) -> Prepared:
    asked = CallbackRequest(step=request, review_row=case.opening.review_row)
    return await workflow.execute_activity_method(ContactActivities.lift_stops, asked, **limits.STEP)


async def _stop(case: ReviewCaseState, request: StepRequest, step: steps.StopContact) -> Prepared:
    stopping = StopRequest(step=request, review_row=case.opening.review_row, signal=step.signal)
    return await workflow.execute_activity_method(ContactActivities.stop, stopping, **limits.STEP)


async def _offer(case: ReviewCaseState, request: StepRequest, step: steps.MakeOffer) -> Prepared:
    identity = case.identity
    assert identity is not None  # noqa: S101 - the rules let no step through before the case is registered
    offering = OfferRequest(
        step=request,
        review_row=case.opening.review_row,
        offer=step,
        number=len(case.offers) + 1,
        grade=identity.grade,
        cause=case.cause or case.suggested_cause,
        severity=case.severity,
        order_paid_fen=identity.order_paid_fen,
        suspicion_decided=case.suspicion is not None and case.suspicion.decided is False,
        absorbed=case.absorbed,
        settled_before=any(offer.status is OfferStatus.FULFILLED for offer in case.offers),
        paid_back_fen=fixing.paid_back(case),
    )
    return await workflow.execute_activity_method(OfferActivities.reserve, offering, **limits.STEP)


async def _thanks(case: ReviewCaseState, request: StepRequest, step: steps.GiveThanks) -> Prepared:
    thanking = ThanksRequest(
        step=request, review_row=case.opening.review_row, thanks=step, number=len(case.offers) + 1,
        absorbed=case.absorbed,
    )  # fmt: skip
    return await workflow.execute_activity_method(OfferActivities.reserve_thanks, thanking, **limits.STEP)


async def _approve(case: ReviewCaseState, request: StepRequest, step: steps.Approve) -> Prepared:
    return await workflow.execute_activity_method(OfferActivities.validity, request, **limits.STEP)


async def _reply(case: ReviewCaseState, request: StepRequest, step: steps.PostReply) -> Prepared:
    words = ReplyWordsRequest(step=request, post=step, shown=shown_by(case))
    return await workflow.execute_activity_method(ReplyActivities.check_words, words, **limits.STEP)


_PREPARING: dict[type[steps.Step], Callable[[ReviewCaseState, StepRequest, Any], Awaitable[Prepared]]] = {
    steps.Claim: _claim,
    steps.HandOver: _hand_over,
    agreement_steps.OpenInvestigation: _ask,
    agreement_steps.DescribeBuyer: _describe,
    steps.ConfirmCause: _cause,
    steps.MarkMalicious: _signals,
    steps.AttachEvidence: _attach,
    steps.AttachFiles: _files,
    dispute_steps.FlagRisk: _papers,
    dispute_steps.OpenCounterClaim: _papers,
    dispute_steps.MoveCounterClaim: _papers,
    dispute_steps.EndCounterClaim: _papers,
    steps.Merge: _merge,
    steps.BeginFollowUp: _visit,
    steps.LogFollowUp: _visited,
    steps.ReportToPlatform: _report,
    steps.BeginContact: _take,
    steps.LogContact: _log,
    steps.StopContact: _stop,
    steps.ScheduleCallback: _callback,
    steps.MakeOffer: _offer,
    steps.GiveThanks: _thanks,
    steps.Approve: _approve,
    steps.PostReply: _reply,
}
