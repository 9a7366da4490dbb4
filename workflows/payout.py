"""The life of one payout: a transfer is sent once under its permanent key, asked about until it is known, and never
minted anew; what a person gives by hand waits for its proof."""

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ConfigDict

    from activities.fulfilment import FulfilmentActivities, HandCall
    from activities.payouts import PayoutActivities, PayoutAnswer, PayoutCall
    from domain.fulfilment import Fulfilment, fulfilled_by
    from domain.handwork import HandMove
    from domain.offers import OfferForm
    from domain.payouts import PayoutStatus
    from domain.review_case.facts import PayoutReport
    from domain.review_case.state import ASK_BUYER
    from domain.review_case.steps import MendAction
    from workflows import limits


class PayoutOrder(BaseModel):
    """The row that tells everything about the payout, and whose it is."""

    model_config = ConfigDict(frozen=True)

    key: str
    case: str
    shop: str
    form: OfferForm = OfferForm.CASH_ALIPAY


@workflow.defn(name="Payout")
class Payout:
    """Send; while nobody knows what became of it, ask on the policy's schedule, and send the same bytes again only when
    the wallet does not know the number. Paid ends it, and so does a wrong payee. Any other failure waits for a person,
    who sends again under the same key or cancels. Whatever changes is told to the case.
    """

    @workflow.init
    def __init__(self, order: PayoutOrder) -> None:
        self._order = order
        self._decision: str | None = None
        self._moves: list[HandMove] = []
        self._told: tuple[str, str | None, str | None] | None = None
        self._human_told = False

    @workflow.run
    async def run(self, order: PayoutOrder) -> str:
        """How the form reaches the buyer decides which story this is."""
        match fulfilled_by(order.form):
            case Fulfilment.BY_HAND:
                return await self._by_hand()
            case _:
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
                    answer = await self._by_decision()
                case _:
                    answer = await self._ask(answer)

    async def _by_decision(self) -> PayoutAnswer:
        """A person mends the cause and sends again, or cancels; nothing moves before."""
        await workflow.wait_condition(lambda: self._decision is not None, timeout_summary="a person decides")
        decision, self._decision = self._decision, None
        if decision != MendAction.CANCEL:
            return await self._send()
        answer: PayoutAnswer = await workflow.execute_activity_method(
            PayoutActivities.cancel_payout, self._call(), **limits.WALLET
        )
        return answer

    async def _ask(self, answer: PayoutAnswer) -> PayoutAnswer:
        """Wait for the schedule, then query. Sending again follows only a query that does not know the number."""
        await self._until(answer.ask_at)
        asked: PayoutAnswer = await workflow.execute_activity_method(
            PayoutActivities.query_payout, self._call(), **limits.WALLET
        )
        if asked.send_again:
            return await self._send()
        return asked

    async def _until(self, at: datetime | None) -> None:
        wait = (at - workflow.now()) if at else None
        if wait is not None and wait.total_seconds() > 0:
            await workflow.sleep(wait, summary="ask the wallet again")

    async def _send(self) -> PayoutAnswer:
        answer: PayoutAnswer = await workflow.execute_activity_method(
            PayoutActivities.send_payout, self._call(), **limits.WALLET
        )
        return answer

    def _call(self) -> PayoutCall:
        return PayoutCall(key=self._order.key, now=workflow.now())

    async def _tell(self, answer: PayoutAnswer) -> None:
        """Signal the case's current run, once per change; what nobody knows after a day is told as stuck."""
        stuck = answer.human_at is not None and workflow.now() >= answer.human_at and not self._human_told
        now = (str(answer.status), answer.code, answer.remedy)
        if now == self._told and not stuck:
            return
        self._told, self._human_told = now, self._human_told or stuck
        report = PayoutReport(
            key=self._order.key, status=answer.status, code=answer.code, remedy=answer.remedy, at=workflow.now()
        )
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
        """`send_again` or `cancel`, as a person decided in the case."""
        self._decision = action
