"""What a person's step in a refund case needs to know from the database before it is carried out."""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.assignment import AssignmentActivities
    from activities.claim_grounds import ClaimGroundsActivities
    from activities.claim_requests import ClaimGroundsRequest, DamageRequest
    from activities.contacts import ContactActivities
    from activities.evidence import EvidenceActivities
    from activities.offers import OfferActivities
    from activities.refund_amends import RefundAmendsActivities
    from activities.refund_desk import RefundDeskActivities
    from activities.refund_opening import RefundOpeningActivities
    from activities.refund_photos import RefundPhotoActivities
    from activities.refund_requests import (
        AgreeRequest,
        AmendsRequest,
        ConfirmRequest,
        InspectRequest,
        MatchRequest,
        PhotoRequest,
        ReasonRequest,
    )
    from activities.requests import ClaimRequest, FilesRequest, LogRequest, StopRequest, TakeRequest
    from domain.contact_terms import Channel
    from domain.disputes import steps as dispute_steps
    from domain.policies.refund_rules import RefundStatus
    from domain.refund_case import calls, claiming, steps
    from domain.refund_case.facts import RefundPrepared
    from domain.refund_case.market import GOODS_COME_BACK
    from domain.refund_case.state import RefundCaseState
    from domain.review_case.facts import StepRequest
    from workflows import limits


async def prepare(case: RefundCaseState, command: steps.RefundCommand) -> RefundPrepared:
    """Raises ActivityError; a refusal is its non-retryable cause."""
    return await _PREPARING[type(command.step)](case, command, command.step)


def _of(case: RefundCaseState) -> dict[str, Any]:
    opening = case.opening
    return {"case": opening.case, "shop": opening.shop, "refund_row": opening.refund_row, "now": workflow.now()}


async def _claim(case: RefundCaseState, command: steps.RefundCommand, step: steps.Claim) -> RefundPrepared:
    return await _give(case, command, command.actor.person, taking_over=case.assignee is not None)


async def _hand_over(case: RefundCaseState, command: steps.RefundCommand, step: steps.HandOver) -> RefundPrepared:
    return await _give(case, command, step.to, taking_over=True)


async def _give(case: RefundCaseState, command: steps.RefundCommand, to: str, *, taking_over: bool) -> RefundPrepared:
    giving = ClaimRequest(step=_step_request(case, command), to=to, taking_over=taking_over)
    await workflow.execute_activity_method(AssignmentActivities.claim, giving, **limits.STEP)
    return RefundPrepared()


def _step_request(case: RefundCaseState, command: steps.RefundCommand) -> StepRequest:
    info = workflow.current_update_info()
    return StepRequest(
        case=case.opening.case, shop=case.opening.shop, actor=command.actor, now=workflow.now(),
        update_id=info.id if info else "",
    )  # fmt: skip


async def _papers(case: RefundCaseState, command: steps.RefundCommand, step: dispute_steps.WithFiles) -> RefundPrepared:
    if not step.files:
        return RefundPrepared()
    finding = FilesRequest(step=_step_request(case, command), files=step.files)
    found = await workflow.execute_activity_method(EvidenceActivities.find_files, finding, **limits.STEP)
    return RefundPrepared(digests=found.digests)


async def _reason(case: RefundCaseState, command: steps.RefundCommand, step: steps.RecordReason) -> RefundPrepared:
    request = ReasonRequest(**_of(case), cause=step.cause)
    return await workflow.execute_activity_method(RefundOpeningActivities.judge_reason, request, **limits.STEP)


async def _agree(case: RefundCaseState, command: steps.RefundCommand, step: steps.Agree) -> RefundPrepared:
    """Only goods that still have to come back need an address and a payer of their way."""
    asked = case.reading.status is RefundStatus.ASKED
    if not asked or case.reading.kind not in GOODS_COME_BACK:
        return RefundPrepared()
    request = AgreeRequest(
        **_of(case), cause=case.cause or case.suggested_cause, abuse=case.abuse is not None, address=step.address
    )
    return await workflow.execute_activity_method(RefundOpeningActivities.judge_agreement, request, **limits.STEP)


async def _inspect(case: RefundCaseState, command: steps.RefundCommand, step: steps.Inspect) -> RefundPrepared:
    request = InspectRequest(**_of(case), inspect=step, cause=case.cause, abuse=case.abuse is not None)
    return await workflow.execute_activity_method(RefundOpeningActivities.judge_inspection, request, **limits.STEP)


async def _abuse(case: RefundCaseState, command: steps.RefundCommand, step: steps.FlagAbuse) -> RefundPrepared:
    request = AgreeRequest(**_of(case), cause=case.cause or case.suggested_cause, abuse=True, needs_address=False)
    return await workflow.execute_activity_method(RefundOpeningActivities.judge_abuse, request, **limits.STEP)


async def _receive(case: RefundCaseState, command: steps.RefundCommand, step: steps.ReceiveParcel) -> RefundPrepared:
    request = MatchRequest(**_of(case), parcel=step.parcel.id, by=command.actor.person)
    return await workflow.execute_activity_method(RefundDeskActivities.match, request, **limits.STEP)


async def _begin_call(case: RefundCaseState, command: steps.RefundCommand, step: steps.BeginContact) -> RefundPrepared:
    call = case.calls.contact
    assert call is not None  # noqa: S101 - the rules saw it under the same lock
    taking = TakeRequest(
        step=_step_request(case, command), review_row=case.opening.refund_row, number=call.number,
        channel=call.channel, preference_at=case.calls.preference_at,
        preference_stated_at=case.calls.preference_stated_at,
    )  # fmt: skip
    found = await workflow.execute_activity_method(ContactActivities.take, taking, **limits.STEP)
    return RefundPrepared(policy=found.policy, attempt=found.attempt)


async def _log_call(case: RefundCaseState, command: steps.RefundCommand, step: steps.LogContact) -> RefundPrepared:
    call = None if step.inbound else calls.begun_by(case, command.actor.person)
    logging = LogRequest(
        step=_step_request(case, command), review_row=case.opening.refund_row, log=step,
        number=call.number if call else case.calls.planned + 1,
        channel=call.channel if call else step.channel or Channel.CALL, attempt=call.attempt if call else None,
    )  # fmt: skip
    found = await workflow.execute_activity_method(ContactActivities.log, logging, **limits.STEP)
    return RefundPrepared(policy=found.policy, again_at=found.again_at, stop=found.stop)


async def _stop(case: RefundCaseState, command: steps.RefundCommand, step: steps.StopContact) -> RefundPrepared:
    stopping = StopRequest(step=_step_request(case, command), review_row=case.opening.refund_row, signal=step.signal)
    await workflow.execute_activity_method(ContactActivities.stop, stopping, **limits.STEP)
    return RefundPrepared()


async def _propose(case: RefundCaseState, command: steps.RefundCommand, step: steps.Propose) -> RefundPrepared:
    if step.form is None or step.amount_fen is None:
        return RefundPrepared()
    request = AmendsRequest(
        step=_step_request(case, command), refund_row=case.opening.refund_row, platform=case.opening.platform,
        number=len(case.offers) + 1, form=step.form, amount_fen=step.amount_fen,
    )  # fmt: skip
    return await workflow.execute_activity_method(RefundAmendsActivities.reserve_alternative, request, **limits.STEP)


async def _approve(case: RefundCaseState, command: steps.RefundCommand, step: steps.Approve) -> RefundPrepared:
    found = await workflow.execute_activity_method(
        OfferActivities.validity, _step_request(case, command), **limits.STEP
    )
    return RefundPrepared(valid_until=found.valid_until)


async def _refuse(case: RefundCaseState, command: steps.RefundCommand, step: steps.Refuse) -> RefundPrepared:
    return await _photo(case, step.proof, message=False) if step.proof is not None else RefundPrepared()


async def _write(case: RefundCaseState, command: steps.RefundCommand, step: steps.WriteToBuyer) -> RefundPrepared:
    return await _photo(case, step.photo, message=True)


async def _photo(case: RefundCaseState, photo: str, *, message: bool) -> RefundPrepared:
    request = PhotoRequest(**_of(case), photo=photo, message=message)
    return await workflow.execute_activity_method(RefundPhotoActivities.judge_photo, request, **limits.STEP)


async def _confirm(case: RefundCaseState, command: steps.RefundCommand, step: steps.ConfirmDone) -> RefundPrepared:
    order = case.order
    if case.handling.by_machine or order is None:
        return RefundPrepared()
    request = ConfirmRequest(**_of(case), action=order.action, kind=case.reading.kind)
    return await workflow.execute_activity_method(RefundOpeningActivities.done_by_hand, request, **limits.STEP)


async def _lift(case: RefundCaseState, command: steps.RefundCommand, step: steps.LiftAbuse) -> RefundPrepared:
    request = AgreeRequest(**_of(case), cause=case.cause or case.suggested_cause, abuse=False, needs_address=False)
    return await workflow.execute_activity_method(RefundOpeningActivities.judge_agreement, request, **limits.STEP)


async def _damage(case: RefundCaseState, command: steps.RefundCommand, step: steps.JudgeDamage) -> RefundPrepared:
    request = DamageRequest(
        **_of(case), finding=step.finding, cause=case.cause or case.suggested_cause, abuse=case.abuse is not None,
        photos=step.photos,
    )  # fmt: skip
    return await workflow.execute_activity_method(ClaimGroundsActivities.judge_damage, request, **limits.STEP)


async def _courier_claim(
    case: RefundCaseState, command: steps.RefundCommand, step: steps.FileCourierClaim
) -> RefundPrepared:
    parcel = case.parcel_on(step.leg)
    assert parcel is not None  # noqa: S101 - the rules have looked
    request = ClaimGroundsRequest(
        **_of(case), key=claiming.key_of(case, len(case.claims) + 1), claim=step, shipment=parcel.shipment,
        lost_fen=claiming.worth_fen(case), by=command.actor.person,
    )  # fmt: skip
    return await workflow.execute_activity_method(ClaimGroundsActivities.judge_claim, request, **limits.STEP)


_PREPARING: dict[type[steps.Step], Callable[[RefundCaseState, steps.RefundCommand, Any], Awaitable[RefundPrepared]]] = {
    steps.Claim: _claim,
    steps.HandOver: _hand_over,
    steps.RecordReason: _reason,
    steps.Agree: _agree,
    steps.Inspect: _inspect,
    steps.FlagAbuse: _abuse,
    steps.LiftAbuse: _lift,
    steps.JudgeDamage: _damage,
    steps.FileCourierClaim: _courier_claim,
    steps.ReceiveParcel: _receive,
    steps.BeginContact: _begin_call,
    steps.LogContact: _log_call,
    steps.StopContact: _stop,
    steps.Propose: _propose,
    steps.Approve: _approve,
    steps.Refuse: _refuse,
    steps.WriteToBuyer: _write,
    steps.ConfirmDone: _confirm,
    dispute_steps.FlagRisk: _papers,
    dispute_steps.OpenCounterClaim: _papers,
    dispute_steps.MoveCounterClaim: _papers,
    dispute_steps.EndCounterClaim: _papers,
}
