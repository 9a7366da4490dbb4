"""The life of one payout: a transfer is sent once under its permanent key, asked about until it is known, and never
minted anew; what a person gives by hand waits for its proof."""

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ConfigDict

    from activities.coupons import CouponActivities
    from activities.fulfilment import FulfilmentActivities, HandCall
    from activities.payouts import PayoutActivities, PayoutAnswer, PayoutCall, PayoutDecision, PayoutWord
    from domain.fulfilment import Fulfilment, fulfilled_by
    from domain.handwork import HandMove
    from domain.offers import OfferForm
    from domain.payouts import PayoutStatus
    from domain.review_case.facts import PayoutReport
    from domain.review_case.state import ASK_BUYER
    from domain.review_case.steps import MendAction
    from workflows import limits


class PayoutOrder(BaseModel):
    """The row that tells everything about the payout, and whose it is; `by_hand` where the form reaches the buyer
    otherwise elsewhere."""

    model_config = ConfigDict(frozen=True)

    key: str
    case: str
    shop: str
    form: OfferForm = OfferForm.CASH_ALIPAY
    by_hand: bool = False

    @property
    def way(self) -> Fulfilment:
        return Fulfilment.BY_HAND if self.by_hand else fulfilled_by(self.form)


@workflow.defn(name="Payout")
class Payout:
    """Send, by a wallet or the marketplace's coupon api; while nobody knows what became of it, ask on the policy's
    schedule, and send the same bytes again only when the wallet does not know the number; a coupon never. Paid ends it,
    and so does a wrong payee. Any other failure waits for a person, who sends again under the same key, has it paid
    under another one where this one is used up, or cancels. What asking does not solve, a person looks up. Whatever
    changes is told to the case.
    """

    @workflow.init
    def __init__(self, order: PayoutOrder) -> None:
        self._order = order
        self._decision: str | None = None
        self._word: PayoutWord | None = None
        self._moves: list[HandMove] = []
        self._told: tuple[str, str | None, str | None] | None = None
        self._human_told = False

    @workflow.run
    async def run(self, order: PayoutOrder) -> str:
        """How the form reaches the buyer decides which story this is."""
        if order.way is Fulfilment.BY_HAND:
            return await self._by_hand()
        return await self._by_wallet()

    async def _by_hand(self) -> str:
        """A person gives it and shows proof, another one looks at the proof; or it is not given after all. Whoever may
        do which, the case has seen to."""
        while True:
            await workflow.wait_condition(lambda: bool(self._moves), timeout_summary="a person gives it by hand")
            call = HandCall(key=self._order.key, move=self._moves[0], now=workflow.now())
            answer = await workflow.execute_activity_method(FulfilmentActivities.keep_move, call, **limits.RECORD)
            del self._moves[0]
            await self._tell(answer)
            if answer.status in (PayoutStatus.PAID, PayoutStatus.CANCELLED):
                return str(answer.status)

    async def _by_wallet(self) -> str:
        answer = await self._send()
        while True:
            await self._tell(answer)
            match answer.status:
                case PayoutStatus.PAID | PayoutStatus.CANCELLED:
                    return str(answer.status)
                case PayoutStatus.FAILED if answer.remedy == ASK_BUYER:
                    return str(answer.status)
                case PayoutStatus.FAILED:
                    decision = await self._decided()
                    if decision == MendAction.PAY_ANEW:
                        return str(answer.status)
                    answer = await (self._cancel() if decision == MendAction.CANCEL else self._send())
                case _:
                    answer = await self._while_unknown(answer)

    async def _decided(self) -> str:
        """A person mends the cause and sends again, gives it another number, or cancels; nothing moves before."""
        await workflow.wait_condition(lambda: self._decision is not None, timeout_summary="a person decides")
        decision, self._decision, self._word = self._decision, None, None
        if workflow.patched("each-decision-is-answered"):
            self._told = None  # also where what comes of it is what was told before
        return decision or ""

    async def _while_unknown(self, answer: PayoutAnswer) -> PayoutAnswer:
        """Wait for the schedule, for a person who asks sooner, or for one who says what became of it. Sending again
        follows only a query that does not know the number."""
        await self._until(answer)
        if self._word is not None:
            word, self._word = self._word, None
            return await self._settle(word)
        asked_for, self._decision = self._decision, None
        if asked_for is None and answer.ask_at is not None and workflow.now() < answer.ask_at:
            return answer  # a person is to be told, and nothing else is due yet
        asked: PayoutAnswer = await workflow.execute_activity_method(
            PayoutActivities.query_payout, self._call(), **limits.WALLET
        )
        if asked.send_again:
            return await self._send()
        return asked

    async def _until(self, answer: PayoutAnswer) -> None:
        """The next query, or before it the moment at which a person is told."""
        due = [at for at in (answer.ask_at, None if self._human_told else answer.human_at) if at is not None]
        wait = min(due) - workflow.now() if due else timedelta(0)
        if wait > timedelta(0):
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._decision is not None or self._word is not None,
                    timeout=wait,
                    timeout_summary="ask the wallet again",
                )

    async def _send(self) -> PayoutAnswer:
        coupon = self._order.way is Fulfilment.COUPON_API
        send = CouponActivities.send_coupon if coupon else PayoutActivities.send_payout
        answer: PayoutAnswer = await workflow.execute_activity_method(send, self._call(), **limits.WALLET)
        return answer

    async def _cancel(self) -> PayoutAnswer:
        answer: PayoutAnswer = await workflow.execute_activity_method(
            PayoutActivities.cancel_payout, self._call(), **limits.WALLET
        )
        return answer

    async def _settle(self, word: PayoutWord) -> PayoutAnswer:
        decision = PayoutDecision(key=self._order.key, now=workflow.now(), word=word)
        answer: PayoutAnswer = await workflow.execute_activity_method(
            PayoutActivities.settle_payout, decision, **limits.WALLET
        )
        return answer

    def _call(self) -> PayoutCall:
        return PayoutCall(key=self._order.key, now=workflow.now())

    async def _tell(self, answer: PayoutAnswer) -> None:
        """Signal the case's current run, once per change; what asking has not solved for a day, or what contradicts us,
        is told once more as a person's to look up."""
        late = answer.human_at is not None and workflow.now() >= answer.human_at
        person = (late or answer.alarm) and not self._human_told
        now = (str(answer.status), answer.code, answer.remedy)
        if now == self._told and not person:
            return
        self._told, self._human_told = now, self._human_told or person
        report = PayoutReport(
            key=self._order.key, status=answer.status, code=answer.code, remedy=answer.remedy, closed=answer.closed,
            person=person, sends=answer.sends, queries=answer.queries, sent_at=answer.sent_at, at=workflow.now(),
        )  # fmt: skip
        handle = workflow.get_external_workflow_handle(answer.workflow)
        try:
            await handle.signal("payout_settled", report)
        except FailureError:
            # The case does not close before this is settled; a run that is gone finds the row when it comes back.
            workflow.logger.warning("the case's run is gone; the payout's row tells how it stands")

    @workflow.signal
    def by_hand(self, move: HandMove) -> None:
        """A person gave it, confirmed it, refused its proof, or cancelled it, as the case's steps allowed."""
        self._moves.append(move)

    @workflow.signal
    def decide(self, action: str) -> None:
        """A MendAction, as a person decided in the case."""
        self._decision = action

    @workflow.signal
    def word(self, word: PayoutWord) -> None:
        """What a person found at the wallet's own console."""
        self._word = word
