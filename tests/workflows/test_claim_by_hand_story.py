"""A courier whose claims no machine makes: its desk is a person's, under skipped time."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from domain.courier_claims import ClaimStatus, claim_id
from domain.refund_case import claim_steps
from domain.refund_case.claim_steps import ClaimAnswerWord
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from tests.builders import House, Sandbox, house_at, open_wallets, settings_for
from tests.conftest import Database
from tests.workflows.conftest import Keep, TellRefund
from tests.workflows.test_claim_story import arrived, claim, ledger, status, until
from worker import running


@pytest.fixture
async def house(env: WorkflowEnvironment, database: Database, sandbox: str, tmp_path: Path) -> AsyncIterator[House]:
    """A shop without an account for claims at any courier."""
    async with httpx2.AsyncClient(trust_env=False) as http:
        outside = Sandbox(sandbox, http)
        settings = settings_for(database.app_url, sandbox, await open_wallets(outside))
        settings = settings.model_copy(update={"vault_folder": str(tmp_path / "vault"), "courier_claims_url": ""})
        async with house_at(settings, outside, env.client) as built, running(built.parts):
            yield built


@pytest.mark.covers(137)
async def test_a_person_claims_at_the_couriers_own_desk_and_the_case_waits_for_them(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund(with_return=False)
    who = await arrived(story)
    await claim(story, who)
    await until(story, lambda case: status(case) is ClaimStatus.BY_HAND)
    await story.house.sandbox.post(f"/buyer/refunds/{story.applied.refund_id}/withdraw")
    await story.told()
    state = await until(story, lambda case: stage_of(case) is RefundStage.AWAITING_CLAIM)
    assert owner_of(state) is Owner.SERVICE
    proof = await story.house.text("快递客服 工单 5521")
    for answer, person, wanted in (
        (ClaimAnswerWord.FILED, who, ClaimStatus.FILED),
        (ClaimAnswerWord.ACCEPTED, who, ClaimStatus.AGREED),
        (ClaimAnswerWord.PAID, "fay", ClaimStatus.PAID),
    ):
        said = {"claim": 1, "answer": answer, "proof": proof}
        await story.step(person, claim_steps.AnswerCourierClaim.model_validate(said))
        state = await until(story, lambda case, wanted=wanted: status(case) is wanted)  # type: ignore[misc]
    state = await story.closed()
    assert (state.claims[0].paid_fen, (await ledger(story))["recovered_courier"]) == (5000, -5000)
    await keep_history(claim_id(state.claims[0].key), "CourierClaim.by_hand")
