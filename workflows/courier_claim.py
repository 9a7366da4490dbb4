"""The life of one claim at a courier: filed once under its permanent key, asked about until it is answered and paid, or
moved by a person's word where no machine can ask."""

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ConfigDict

    from activities.claim_requests import ClaimAnswer, ClaimCall, ClaimWordCall
    from activities.courier_claims import CourierClaimActivities
    from domain.courier_claims import WAITING, ClaimStatus
    from domain.refund_case.claims import ClaimReport, ClaimWord
    from workflows import limits

COME_AGAIN = timedelta(hours=1)
UNANSWERED = frozenset({ClaimStatus.FILED, ClaimStatus.BY_HAND})


class ClaimOrder(BaseModel):
    """The row that tells everything about the claim, and whose it is."""

    model_config = ConfigDict(frozen=True)

    key: str
    case: str
    shop: str


@workflow.defn(name="CourierClaim")
class CourierClaim:
    """File; while it waits, ask on the policy's schedule or listen to a person. Paid, refused, not taken and given up
    end it. Whatever changes is told to the case, and once that the answer is overdue.
    """

    @workflow.init
    def __init__(self, order: ClaimOrder) -> None:
        self._order = order
        self._words: list[ClaimWord] = []
        self._told: tuple[ClaimStatus, int] | None = None
        self._overdue_told = False

    @workflow.run
    async def run(self, order: ClaimOrder) -> str:
        answer = await self._filed()
        while True:
            await self._tell(answer)
            if answer.status not in WAITING:
                return str(answer.status)
            await self._until(answer)
            answer = await self._next(answer)

    async def _filed(self) -> ClaimAnswer:
        """A courier that does not answer is tried every hour: the claim is the same under its key, however often. A
        person who gives it up meanwhile is heard."""
        while True:
            with contextlib.suppress(ActivityError):
                filed: ClaimAnswer = await workflow.execute_activity_method(
                    CourierClaimActivities.file_claim, self._call(), **limits.COURIER
                )
                return filed
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: bool(self._words), timeout=COME_AGAIN, timeout_summary="file the claim again"
                )
            if self._words:
                return await self._keep_word()

    async def _until(self, answer: ClaimAnswer) -> None:
        """The next question, before it the moment at which the answer is due; a person's word comes at once."""
        due = [answer.ask_at] if answer.ask_at is not None else []
        if not self._overdue_told and answer.status in UNANSWERED:
            due.append(answer.answer_due_at)
        wait = min(due) - workflow.now() if due else None
        if wait is None or wait > timedelta(0):
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: bool(self._words), timeout=wait, timeout_summary="ask the courier again"
                )

    async def _next(self, answer: ClaimAnswer) -> ClaimAnswer:
        if self._words:
            return await self._keep_word()
        if answer.ask_at is None or workflow.now() < answer.ask_at:
            return answer  # only its lateness is to be told
        try:
            asked: ClaimAnswer = await workflow.execute_activity_method(
                CourierClaimActivities.ask_claim, self._call(), **limits.COURIER
            )
        except ActivityError:
            return answer.model_copy(update={"ask_at": workflow.now() + COME_AGAIN})
        return asked

    async def _keep_word(self) -> ClaimAnswer:
        call = ClaimWordCall(key=self._order.key, now=workflow.now(), word=self._words[0])
        kept: ClaimAnswer = await workflow.execute_activity_method(
            CourierClaimActivities.keep_word, call, **limits.COURIER_RECORD
        )
        del self._words[0]
        return kept

    def _call(self) -> ClaimCall:
        return ClaimCall(key=self._order.key, now=workflow.now())

    async def _tell(self, answer: ClaimAnswer) -> None:
        """Signal the case's current run, once per change."""
        late = answer.status in UNANSWERED and workflow.now() >= answer.answer_due_at
        overdue = late and not self._overdue_told
        now = (answer.status, answer.agreed_fen)
        if now == self._told and not overdue:
            return
        self._told, self._overdue_told = now, self._overdue_told or overdue
        report = ClaimReport(
            key=self._order.key, status=answer.status, agreed_fen=answer.agreed_fen, paid_fen=answer.paid_fen,
            code=answer.code, answer_due_at=answer.answer_due_at, overdue=overdue, at=workflow.now(),
        )  # fmt: skip
        try:
            await workflow.get_external_workflow_handle(answer.workflow).signal("claim_moved", report)
        except FailureError:
            # The case does not close before its claims are settled; a run that is gone finds the row.
            workflow.logger.warning("the case's run is gone; the claim's row tells how it stands")

    @workflow.signal
    def word(self, word: ClaimWord) -> None:
        """What a person says, as the case's steps allowed; the same word twice is one."""
        if word not in self._words:
            self._words.append(word)
