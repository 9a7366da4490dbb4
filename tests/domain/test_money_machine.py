"""Offers, approvals and the ledger of budgets driven together, in any order, against a reckoning of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain import budgets
from domain.approvals import needed_approval
from domain.budgets import Amount, Balance, BudgetExhausted, BudgetInUse, BudgetKey, BudgetScope, Line, PostingKind
from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.errors import Refusal
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.people import Actor, Role
from domain.platforms import AmendMode
from domain.policies.compensation import CompensationPolicy, FormKind
from domain.policies.documents import load_shipped, with_overrides
from domain.review_case import approving, paying, progress, rules, steps
from domain.review_case.facts import PayoutOpened, PayoutReport, Prepared
from domain.review_case.state import Amendment, Offer, OfferStatus, ReviewCaseState
from domain.sealed import PayeeRef
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import TEXT

LADDER = [
    {"up_to_fen": 300, "alone": ["agent", "lead"], "by": ["lead"]},
    {"up_to_fen": 500, "by": ["lead"]},
    {"by": ["supervisor", "finance"], "both": True},
]
NARROW = {"cash_month_fen": 5_000, "cash_agent_day_fen": 2_500, "cash_buyer_90_days_fen": 2_000}
POLICIES = [
    with_overrides(
        load_shipped("compensation", CompensationPolicy),
        {
            "budget": {name: fen * wider for name, fen in NARROW.items()},
            "coupons": {"month_count": 2 * wider, "month_fen": 1_500 * wider},
            "approvals": {"ladders": {"cash": LADDER, "coupon": LADDER}},
        },
    )
    for wider in (1, 2)
]
HUMANS = {"alice": "alice", "alice-too": "alice", "lea": "lea", "bob": "bob", "sue": "sue", "fay": "fay"}
ROLES = {
    "alice": {Role.AGENT}, "alice-too": {Role.LEAD, Role.SUPERVISOR, Role.FINANCE}, "lea": {Role.LEAD},
    "bob": {Role.SUPERVISOR, Role.FINANCE, Role.LEAD}, "sue": {Role.SUPERVISOR}, "fay": {Role.FINANCE},
}  # fmt: skip
WHO = st.sampled_from(sorted(HUMANS))
A_CASE = st.integers(0, 3)
SHOP_MONTHS = [BudgetKey(FormKind.CASH, BudgetScope.SHOP, "demo", month) for month in ("2026-11", "2026-12")]
BEFORE_MIDNIGHT = datetime(2026, 11, 30, 14, tzinfo=UTC)  # 22:00 in Shanghai, the last evening of November


def actor(name: str) -> Actor:
    others = frozenset(one for one, human in HUMANS.items() if human == HUMANS[name] and one != name)
    return Actor(person=name, roles=frozenset(ROLES[name]), accounts=others)


@dataclass
class Kept:
    """What this test itself remembers of an offer that drew on budgets."""

    case: int
    offer: int
    drawn: dict[str, Amount]
    lines: list[Line]
    ended: PostingKind | None = None


class Money(RuleBasedStateMachine):
    """Four cases of two buyers in one shop, whose month ends two hours after the beginning."""

    @initialize()
    def open(self) -> None:
        self.now, self.policy = BEFORE_MIDNIGHT, POLICIES[0]
        self.books: dict[str, Balance] = {}
        self.kept: list[Kept] = []
        self.raises: dict[str, int] = {}
        self.cases = [self._case() for _ in range(4)]

    def _case(self) -> ReviewCaseState:
        world = a_plain_case()
        talk = {"result": CallResult.CONNECTED, "talk": TalkOutcome.UNDECIDED, "explained": True}
        explain = steps.LogContact(inbound=True, channel=Channel.CALL, **talk)
        lea = actor("lea")
        assert world.step(lea, explain)
        assert world.step(lea, steps.ConfirmCause(cause="quality.broken"))
        assert world.step(lea, steps.SetPayee(payee=PayeeRef(id="payee", kind="ALIPAY_LOGON_ID")))
        return world.case

    def _take(self, case: ReviewCaseState, who: str, step: steps.Step, found: Prepared | None = None) -> bool:
        command = steps.Command(actor=actor(who), step=step, digest="d", sent_at=self.now)
        try:
            rules.check(case, command, self.now)
        except Refusal:
            return False
        rules.apply(case, command, self.now, found or Prepared(valid_until=self.now + timedelta(hours=72)))
        return True

    def _post(self, lines: list[Line]) -> None:
        for key in {line.budget for line in lines}:
            mine = [line for line in lines if line.budget == key]
            self.books[key] = self.books.get(key, Balance()).after(mine)

    @rule(
        number=A_CASE,
        who=WHO,
        form=st.sampled_from([OfferForm.CASH_ALIPAY, OfferForm.COUPON_DIRECT, OfferForm.MEMBER_LEVEL_UP]),
        fen=st.sampled_from([300, 500, 1_000, 2_000]),
    )
    def offer(self, number: int, who: str, form: OfferForm, fen: int) -> None:
        case, step = self.cases[number], steps.MakeOffer(form=form, amount_fen=fen, reason=TEXT)
        command = steps.Command(actor=actor(who), step=step, digest="d", sent_at=self.now)
        try:
            rules.check(case, command, self.now)
        except Refusal:
            return
        where = budgets.Circumstances(
            shop="demo", zone="Asia/Shanghai", at=self.now, maker=HUMANS[who], buyer=f"buyer-{number % 2}"
        )
        draws = budgets.draws(self.policy.forms[form], fen, where, self.policy)
        fits = all(self._fits(draw) for draw in draws)
        try:
            posted = budgets.reserve(draws, {str(d.budget): self.books.get(str(d.budget), Balance()) for d in draws})
        except BudgetExhausted:
            assert not fits
            return
        assert fits
        self._post([*posted.grants, *posted.lines])
        drawn = {str(draw.budget): draw.wanted for draw in draws}
        self.kept.append(Kept(number, len(case.offers) + 1, drawn, posted.lines))
        need, until = needed_approval(form, fen, ROLES[who], self.policy), self.now + timedelta(hours=48)
        found = Prepared(
            need_roles=list(need.by) if need else [], need_both=bool(need and need.both), valid_until=until
        )
        rules.apply(case, command, self.now, found.model_copy(update={"approval_until": until}))

    def _fits(self, draw: budgets.Draw) -> bool:
        """Reckoned from what this test remembers alone."""
        key, used = (
            str(draw.budget),
            self._used(str(draw.budget), None) + self._used(str(draw.budget), PostingKind.SPEND),
        )
        room = draw.ceiling + Amount(self.raises.get(key, 0))
        return room.covers(used + draw.wanted)

    def _used(self, key: str, ended: PostingKind | None) -> Amount:
        return sum((one.drawn[key] for one in self.kept if key in one.drawn and one.ended is ended), Amount())

    @rule(number=A_CASE, people=st.lists(WHO, min_size=1, max_size=4), more=st.sampled_from([0, 0, 0, 1]))
    def approve(self, number: int, people: list[str], more: int) -> None:
        """Several come at once, each with the amount that they saw."""
        for who in people:
            offer = self.cases[number].offer
            if offer is not None:
                step = steps.Approve(offer=offer.number, amount_fen=offer.amount_fen + more)
                assert not self._take(self.cases[number], who, step) or not more

    @rule(number=A_CASE, who=WHO)
    def reject(self, number: int, who: str) -> None:
        offer = self.cases[number].offer
        if offer is not None:
            self._take(self.cases[number], who, steps.Reject(offer=offer.number, why=TEXT))

    @rule(number=A_CASE, accepted=st.booleans())
    def answer(self, number: int, accepted: bool) -> None:
        offer = self.cases[number].offer
        if offer is not None:
            self._take(self.cases[number], "lea", steps.AnswerOffer(offer=offer.number, accepted=accepted))

    @rule(hours=st.sampled_from([1, 3, 30]))
    def pass_time(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for case in self.cases:
            if case.offer is not None and case.offer.open and case.offer.valid_until <= self.now:
                progress.offer_expired(case, self.now)

    @rule()
    def release(self) -> None:
        """What ended without a payment goes back, once; doing it again changes nothing."""
        for one in self.kept:
            offer = self.cases[one.case].offers[one.offer - 1]
            ended = offer.status in {OfferStatus.DECLINED, OfferStatus.EXPIRED, OfferStatus.REJECTED}
            if ended and one.ended is None:
                self._post(budgets.settled(PostingKind.RELEASE, one.lines))
                one.ended = PostingKind.RELEASE
                progress.offer_released(self.cases[one.case], one.offer)

    @rule(number=A_CASE)
    def pay(self, number: int) -> None:
        case = self.cases[number]
        offer = case.accepted_offer
        if offer is None:
            return
        assert offer.approved
        one = next(kept for kept in self.kept if (kept.case, kept.offer) == (number, offer.number))
        assert one.ended is None
        case.amendment = Amendment(mode=AmendMode.EDIT_RESULT, at=self.now, by="machine", evidence="")
        paying.payout_opened(case, PayoutOpened(key=f"key-{number}", amount_fen=offer.amount_fen), self.now)
        paying.payout_reported(case, PayoutReport(key=f"key-{number}", status=PayoutStatus.PAID, at=self.now), self.now)
        self._post(budgets.settled(PostingKind.SPEND, one.lines))
        one.ended = PostingKind.SPEND
        assert case.offers[offer.number - 1].status is OfferStatus.FULFILLED

    @rule(key=st.sampled_from(SHOP_MONTHS), fen=st.sampled_from([-2_000, -500, 500]))
    def raise_budget(self, key: BudgetKey, fen: int) -> None:
        book = self.books.get(str(key), Balance())
        try:
            lines = budgets.raised(key, book, Amount(fen))
        except BudgetInUse:
            assert book.left.fen + fen < 0
            return
        self._post(lines)
        self.raises[str(key)] = self.raises.get(str(key), 0) + fen

    @rule(which=st.integers(0, 1))
    def change_policy(self, which: int) -> None:
        self.policy = POLICIES[which]

    @invariant()
    def every_budget_balances_and_holds_what_the_offers_say(self) -> None:
        for key, book in getattr(self, "books", {}).items():
            assert book.sound
            assert (book.reserved, book.spent) == (self._used(key, None), self._used(key, PostingKind.SPEND))

    @invariant()
    def whatever_reached_the_buyer_was_approved_by_others_than_its_maker(self) -> None:
        for offer in (offer for case in getattr(self, "cases", []) for offer in case.offers):
            if offer.status in {OfferStatus.MADE, OfferStatus.ACCEPTED, OfferStatus.FULFILLED}:
                assert offer.approved
            assert _by_others(offer)


def _by_others(offer: Offer) -> bool:
    """Each approval by another human being, none of them the maker, each for a role that they hold."""
    humans = [HUMANS[given.person] for given in offer.approvals]
    held = all(given.role in ROLES[given.person] for given in offer.approvals)
    asked = {role for _, role in approving.given_of(offer)} <= set(offer.need_roles)
    return held and asked and HUMANS[offer.maker] not in humans and len(set(humans)) == len(humans)


TestMoney = pytest.mark.covers(67, 70, 200, 201)(Money.TestCase)
TestMoney.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
