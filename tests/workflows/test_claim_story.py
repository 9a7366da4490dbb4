"""Claims at the sandbox's courier, under skipped time: filed with evidence, answered, paid, refused, borne."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError

from db.tables.couriers import CourierClaim as ClaimRow
from db.tables.money import LedgerEntry
from domain.courier_claims import ClaimKind, ClaimStatus, DamageFinding, claim_id
from domain.policies.documents import load_shipped
from domain.policies.refunds import RefundsPolicy
from domain.refund_case import claim_steps, steps
from domain.refund_case.claim_steps import ClaimAnswerWord, PieceOfEvidence
from domain.refund_case.stages import RefundStage, stage_of
from domain.refund_case.state import RefundCaseState
from domain.tracking import Leg, TransitState
from tests.workflows.conftest import Keep, TellRefund
from tests.workflows.refund_world import RefundStory
from tests.workflows.test_review_story import code_of

KINDS = ("outer_box_photo", "inner_packing_photo", "waybill")
FEN = 5000


async def arrived(story: RefundStory) -> str:
    """The order's own parcel has arrived, and the buyer says it was damaged on the way."""
    who = await story.agent()
    await story.until(lambda case: (one := case.parcel_on(Leg.ORDER)) is not None and one.state is TransitState.SIGNED)
    await story.step(who, steps.RecordReason(cause="logistics.damaged"))
    await judged(story, who)
    return who


async def judged(story: RefundStory, who: str) -> None:
    why = await story.house.text("外箱破裂，内衬完好")
    await story.step(who, claim_steps.JudgeDamage(finding=DamageFinding.TRANSIT, packaging_intact=False, why=why))


async def claim(story: RefundStory, who: str, **changes: Any) -> None:
    photo = await story.photo()
    pieces = [PieceOfEvidence(kind=kind, file=photo) for kind in KINDS]
    body = {"leg": Leg.ORDER, "kind": ClaimKind.DAMAGE, "amount_fen": FEN, "evidence": pieces} | changes
    await story.step(who, claim_steps.FileCourierClaim.model_validate(body))


async def until(story: RefundStory, so: Callable[[RefundCaseState], bool]) -> RefundCaseState:
    """As long as the claim's own story needs; it asks by its own clock, which the case does not know."""
    for _ in range(60):
        state = await story.settled()
        if so(state):
            return state
        await story.pass_time(timedelta(hours=12))
    raise AssertionError("not so within a month")


def status(case: RefundCaseState) -> ClaimStatus | None:
    return case.claims[-1].status if case.claims else None


async def at_the_courier(story: RefundStory) -> dict[str, Any]:
    key = (await story.view()).claims[-1].key
    rows = await story.house.sandbox.get("/control/courier/claims")
    (found,) = [row for row in rows if row["out_id"] == key]
    return dict(found)


async def answered(story: RefundStory, answer: str, **body: Any) -> None:
    row = await at_the_courier(story)
    await story.house.sandbox.post(f"/control/courier/claims/{row['claim_id']}/answer", answer=answer, **body)


async def ledger(story: RefundStory) -> dict[str, int]:
    """The case's accounts, without the shop's name."""
    await story.line()
    async with story.house.parts.sessions() as session:
        lines = list(await session.scalars(select(LedgerEntry)))
    sums: dict[str, int] = {}
    for line in lines:
        name = line.account.removesuffix(f":{story.house.shop}")
        sums[name] = sums.get(name, 0) + line.amount_fen
    assert sum(sums.values()) == 0
    return {name: fen for name, fen in sums.items() if fen}


@pytest.mark.covers(135, 137, 139, 158, 210)
async def test_damage_on_the_way_is_claimed_with_photos_and_paid_and_taken_off_the_loss(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund(with_return=False, policy={"executed_by": "service"})
    who = await arrived(story)
    await claim(story, who)
    await until(story, lambda case: status(case) is ClaimStatus.FILED)
    shown = await at_the_courier(story)
    assert (shown["fee"], shown["kind"], shown["evidence"]) == (FEN, "DAMAGE", list(KINDS))
    await story.step(who, steps.Agree())
    await answered(story, "accepted")
    await until(story, lambda case: status(case) is ClaimStatus.AGREED)
    state = await story.view()
    assert stage_of(state) is RefundStage.AWAITING_CLAIM
    await story.house.sandbox.post(f"/control/courier/claims/{shown['claim_id']}/pay")
    state = await until(story, lambda case: case.closed_at is not None)
    assert (status(state), state.claims[-1].paid_fen, state.refunded_fen) == (ClaimStatus.PAID, FEN, 8900)
    books = await ledger(story)
    assert {name: fen for name, fen in books.items() if name.startswith(("loss", "recovered"))} == {
        "loss_goods": 8900, "loss_freight": 1000, "recovered_courier": -FEN
    }  # fmt: skip
    line = await story.line()
    assert (line.loss_fen, line.dispute, line.claim) == (8900 + 1000 - FEN, "damaged_in_transit", "paid")
    await keep_history(story.handle.id, "RefundCase.claimed_from_the_courier")
    await keep_history(claim_id(state.claims[-1].key), "CourierClaim.accepted_and_paid")


@pytest.mark.covers(138, 158)
async def test_a_refused_claim_leads_to_a_coupon_for_a_part_of_the_buyers_loss(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund(with_return=False)
    who = await arrived(story)
    await claim(story, who)
    await until(story, lambda case: status(case) is ClaimStatus.FILED)
    await story.house.sandbox.post(f"/buyer/refunds/{story.applied.refund_id}/withdraw")
    await story.told()
    await answered(story, "refused", remark="签收后未当面验收")
    state = await until(story, lambda case: status(case) is ClaimStatus.REFUSED)
    assert stage_of(await story.settled()) is RefundStage.BEARING_LOSS
    await story.step(who, claim_steps.ShareLoss(claim=1, amount_fen=2500))
    await story.step(who, claim_steps.AnswerShare(accepted=True))
    await story.step("fay", claim_steps.GiveShare(proof=await story.house.text("优惠券 778899")))
    state = await story.closed()
    assert (state.shares[0].given_by, state.claims[0].paid_fen) == (story.house.people["fay"], 0)
    assert (await ledger(story))["loss_shared"] == 2500
    async with story.house.parts.sessions() as session:
        row = (await session.scalars(select(ClaimRow))).one()
    assert (row.status, row.remark) == ("refused", "签收后未当面验收")
    await keep_history(claim_id(state.claims[0].key), "CourierClaim.refused")


@pytest.mark.covers(137)
async def test_an_answer_that_was_lost_makes_no_second_claim_and_a_late_courier_is_named(
    tell_refund: TellRefund,
) -> None:
    claims = load_shipped("refunds", RefundsPolicy).claims.model_dump(mode="json")
    story = await tell_refund({"claims": claims | {"answer_days": 2}}, with_return=False)
    who = await arrived(story)
    await story.house.sandbox.fault("COM_RECE_CLAIM_CREATE", "system_error", after=True)
    await claim(story, who)
    await until(story, lambda case: status(case) is ClaimStatus.FILED)
    assert (await at_the_courier(story))["fee"] == FEN
    state = await until(story, lambda case: case.claims[-1].overdue)
    assert state.claims[-1].status is ClaimStatus.FILED
    assert "claim_waiting" in state.clocks


@pytest.mark.covers(137)
async def test_what_the_couriers_desk_tells_a_person_counts_and_its_machine_takes_none_of_it_back(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund(with_return=False)
    who = await arrived(story)
    await claim(story, who)
    await until(story, lambda case: status(case) is ClaimStatus.FILED)
    proof = await story.house.text("快递客服 工单 5521")
    await story.step(
        who,
        claim_steps.AnswerCourierClaim(claim=1, answer=ClaimAnswerWord.PARTLY, agreed_fen=2000, proof=proof),
    )
    await until(story, lambda case: status(case) is ClaimStatus.PARTLY)
    await story.pass_time(timedelta(days=2))  # the machine was asked meanwhile
    assert status(await story.view()) is ClaimStatus.PARTLY
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step(who, claim_steps.AnswerCourierClaim(claim=1, answer=ClaimAnswerWord.PAID, proof=proof))
    assert code_of(refused) == "NotYours"
    await story.step("fay", claim_steps.AnswerCourierClaim(claim=1, answer=ClaimAnswerWord.PAID, proof=proof))
    state = await until(story, lambda case: status(case) is ClaimStatus.PAID)
    assert state.claims[0].paid_fen == 2000
    await keep_history(claim_id(state.claims[0].key), "CourierClaim.a_persons_word")


@pytest.mark.covers(137)
async def test_a_claim_needs_photos_in_time_and_of_the_right_kind_and_a_refused_step_keeps_none(
    tell_refund: TellRefund,
) -> None:
    story = await tell_refund(with_return=False)
    who = await arrived(story)
    text = await story.photo(b"this is no picture", "note.txt")
    big = await story.photo(b"\x89PNG\r\n\x1a\n" + b"x" * 6_000_000)
    for changes, code in (
        ({"evidence": []}, "ClaimEvidenceMissing"),
        ({"evidence": [PieceOfEvidence(kind=kind, file=text) for kind in KINDS]}, "NotAPhoto"),
        ({"evidence": [PieceOfEvidence(kind=kind, file=big) for kind in KINDS]}, "PhotoTooLarge"),
        ({"evidence": [PieceOfEvidence(kind=kind, file="no-such-file") for kind in KINDS]}, "NotFound"),
        ({"amount_fen": 8000}, "ClaimAboveLimit"),
        ({"leg": Leg.BACK}, "NothingClaimed"),
        ({"kind": ClaimKind.LOSS}, "ClaimUnfounded"),
    ):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await claim(story, who, **changes)
        assert code_of(refused) == code, changes
    await claim(story, who)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await claim(story, who)
    assert code_of(refused) == "ClaimMadeAlready"
    async with story.house.parts.sessions() as session:
        assert len(list(await session.scalars(select(ClaimRow)))) == 1


@pytest.mark.covers(137)
async def test_a_claim_after_its_time_is_refused_by_name(tell_refund: TellRefund) -> None:
    story = await tell_refund(
        with_return=False, policy={"claims": {"within_days": 1, "answer_days": 15, "uninsured_times_freight": 5,
                                              "evidence": list(KINDS), "conf": "unverified", "src": ["S004"]}}
    )  # fmt: skip
    who = await arrived(story)
    await story.pass_time(timedelta(days=1, hours=1))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await claim(story, who)
    assert code_of(refused) == "ClaimTooLate"
