"""One bad review's month, told on the running house: what the buyer does in the sandbox, and the desk over the api."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.contact_terms import CallResult, Channel
from domain.review_case.agenda import next_due
from domain.review_case.keys import workflow_id
from domain.review_case.state import OfferStatus, ReplyStatus, ReviewCaseState
from embedded.demo_cast import SELLER_NICK, SHOP
from embedded.demo_house import CaseTime, DemoHouse, DemoRefused

Say = Callable[[str], None]
CHINA = ZoneInfo("Asia/Shanghai")
REVIEW = "用了一次就坏了,盖子是裂的,质量堪忧。"
AMENDED = "客服很负责,问题解决了,追评给个好评。"
CAUSE = "quality.broken"
OFFER_FEN = 500
# How often the buyer does not pick up before the one call that reaches them.
UNANSWERED_CALLS = 2
PATIENCE_SECONDS = 30.0
LOOK_EVERY = 0.05


class TooSlow(Exception):
    """Something that takes seconds did not happen within half a minute; the message says what."""


class Buyer:
    """Chen at the sandbox: an order, a review, a telephone. A new Chen each time, so that no cap of an earlier demo
    holds back this one."""

    def __init__(self, house: DemoHouse, order: dict[str, Any], account: str) -> None:
        self._sandbox = house.sandbox
        self.account = account
        self.nick: str = order["buyer_nick"]
        self.phone: str = order["receiver_mobile"]
        self.oid: str = order["orders"][0]["oid_text"]

    @classmethod
    async def with_an_order(cls, house: DemoHouse) -> "Buyer":
        sign = secrets.token_hex(3)
        account = f"chen-{sign}@example.com"
        order = await house.sandbox.post(
            "/buyer/orders",
            shop=SELLER_NICK,
            buyer_nick=f"chen-{sign}",
            items=[{"title": "儿童保温杯 500ml", "price": "89.00"}],
            phone=f"139{secrets.randbelow(10**8):08d}",
            alipay_account=account,
            finish=True,
        )
        return cls(house, order, account)

    async def review(self) -> None:
        await self._sandbox.post(f"/buyer/reviews/{self.oid}", result="bad", content=REVIEW)

    async def amend(self) -> None:
        await self._sandbox.post(f"/buyer/reviews/{self.oid}/amend", content=AMENDED)

    async def behave(self, behaviour: str) -> None:
        await self._sandbox.post(f"/buyer/people/{self.nick}", phone_behaviour=behaviour)


class Month:
    """One case with the people who work on it. `say` tells what happens while it does."""

    def __init__(self, house: DemoHouse, buyer: Buyer, number: str, state: ReviewCaseState, say: Say) -> None:
        opened = state.opening
        self._house = house
        self._buyer = buyer
        self._state = state
        self._say = say
        self.number = number
        self.time = CaseTime(house, workflow_id(opened.platform, opened.shop, opened.external_id, opened.run))

    @classmethod
    async def begin(cls, house: DemoHouse, say: Say) -> "Month":
        """The review is left, intake finds it, and Alice has the case."""
        buyer = await Buyer.with_an_order(house)
        await buyer.review()
        say(f"{buyer.nick} leaves a one-star review of an order in the sandbox; intake looks every few seconds.")
        number = await _found(house, buyer.oid)
        answer = await house.people["alice"].get(f"/cases/{number}")
        month = cls(house, buyer, number, ReviewCaseState.model_validate(answer["state"]), say)
        await month.until(lambda case: case.identity is not None, "the case is registered")
        say(f"It is case {number}.")
        await month._give_to_alice()
        await month.step("set_phone", phone=buyer.phone)
        return month

    async def look(self) -> ReviewCaseState:
        answer = await self._house.people["alice"].get(f"/cases/{self.number}")
        self._state = ReviewCaseState.model_validate(answer["state"])
        return self._state

    async def until(self, so: Callable[[ReviewCaseState], bool], what: str) -> ReviewCaseState:
        """Raises TooSlow."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not so(await self.look()):
            if asyncio.get_running_loop().time() > deadline:
                raise TooSlow(f"Case {self.number}: {what} was not so within {PATIENCE_SECONDS:.0f} s.")
            await asyncio.sleep(LOOK_EVERY)
        return self._state

    async def step(self, step: str, who: str = "alice", **body: Any) -> None:
        answer = await self._house.people[who].post(f"/cases/{self.number}/steps", step=step, **body)
        self._state = ReviewCaseState.model_validate(answer["state"])

    async def _give_to_alice(self) -> None:
        alice = (await self._house.people["alice"].get("/me"))["person"]
        state = await self.until(
            lambda case: case.assignee is not None or case.assign_again_at is not None, "the case is assigned"
        )
        if state.assignee is None:
            await self.step("claim")
        elif state.assignee != alice:
            await self.step("hand_over", who="bob", to=alice)

    async def amended_and_paid(self) -> None:
        """Nobody picks up, then Chen does; the offer is accepted, the review amended, the money sent once."""
        await self._buyer.behave("no_answer")
        while not self._state.explained:
            if sum(attempt.channel is Channel.CALL for attempt in self._state.attempts) == UNANSWERED_CALLS:
                await self._buyer.behave("answers")
            await self._go_on()
        await self.step("confirm_cause", cause=CAUSE)
        await self.step("make_offer", amount_fen=OFFER_FEN)
        await self._have_it_approved()
        await self.step("answer_offer", offer=1, accepted=True)
        await self.step("set_payee", payee={"account": self._buyer.account, "name": "陈晓"})
        await self._say_now(f"Chen accepts {OFFER_FEN / 100:.2f} yuan; nothing is paid before the review is amended")
        await self.time.pass_to(await self.time.now() + timedelta(hours=20))
        await self._buyer.amend()
        await self._say_now("Chen amends the review")
        await self._to_the_end()

    async def unreachable(self) -> None:
        """Nobody picks up or answers for a month; before it ends Alice confirms the public reply."""
        await self._buyer.behave("no_answer")
        await self._to_the_end()

    async def _to_the_end(self) -> None:
        while (await self.look()).closed_at is None:
            await self._go_on()

    async def _go_on(self) -> None:
        """Do what a person is needed for, else let time pass to whatever is due next."""
        state = await self.look()
        if state.contact is not None and state.amendment is None and state.accepted_offer is None:
            await self._contact()
        elif state.reply is not None and state.reply.status is ReplyStatus.PREPARED:
            await self.step("post_reply")
            await self._say_now("Alice confirms the public reply")
        else:
            await self._wait(state)

    async def _wait(self, state: ReviewCaseState) -> None:
        due = next_due(state)
        if due is not None and due.at > await self.time.now():
            await self.time.pass_to(due.at)
        else:
            await asyncio.sleep(LOOK_EVERY)

    async def _contact(self) -> None:
        """The contact is due, taken, made and logged."""
        contact = self._state.contact
        assert contact is not None  # noqa: S101 the caller has just seen it
        await self.time.pass_to(contact.due_at)
        state = await self.until(lambda case: case.contact is None or case.contact.due, "the contact is due")
        if state.contact is None:
            return
        await self.step("begin_contact")
        result = await self._call() if contact.channel is Channel.CALL else CallResult.SENT
        reached: dict[str, Any] = (
            {"talk": "undecided", "explained": True, "seconds": 150} if result is CallResult.CONNECTED else {}
        )
        await self.step("log_contact", result=result, **reached)
        await self._say_now(f"Alice tries by {contact.channel}: {result.replace('_', ' ')}")

    async def _call(self) -> CallResult:
        dialled = await self._house.people["alice"].get(f"/cases/{self.number}/phone")
        call = await self._house.sandbox.post("/phone/dial", phone=dialled["phone"], talk_seconds=150)
        return CallResult.CONNECTED if call["result"] == "answers" else CallResult(call["result"])

    async def _have_it_approved(self) -> None:
        offer = self._state.offer
        if offer is not None and offer.status is OfferStatus.WAITING_APPROVAL:
            await self.step("approve", who="bob", offer=offer.number, amount_fen=offer.amount_fen)

    async def _say_now(self, what: str) -> None:
        self._say(f"  {day(await self.time.now(), self._state.opened_at)}  {what}.")

    async def timeline(self) -> list[str]:
        """Everything that happened, one line each, in Beijing time."""
        page = await self._house.people["alice"].get(f"/cases/{self.number}/timeline", limit=1000)
        return [self._line(event) for event in page["events"]]

    def _line(self, event: dict[str, Any]) -> str:
        when = day(datetime.fromisoformat(event["at"]), self._state.opened_at)
        return f"{when}  {event['actor'] or event['actor_kind']:<8} {event['says']}"


def day(moment: datetime, opened: datetime) -> str:
    """`day 3  11-25 12:31`, Beijing time; the day of opening is day 0."""
    local = moment.astimezone(CHINA)
    passed = (local.date() - opened.astimezone(CHINA).date()).days
    return f"day {passed:>2}  {local:%m-%d %H:%M}"


async def _found(house: DemoHouse, external_id: str) -> str:
    """The number of the review's case, once intake has brought it in. Raises TooSlow."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        page = await house.people["alice"].get("/cases", shop=SHOP, all=True, limit=100)
        for line in page["cases"]:
            if line["external_id"] == external_id:
                return str(line["number"])
        await asyncio.sleep(LOOK_EVERY)
    raise TooSlow(f"No case came of review {external_id} within {PATIENCE_SECONDS:.0f} s: is the shop's intake on?")


__all__ = ["Buyer", "DemoRefused", "Month", "TooSlow", "day"]
