"""Cases whose buyer has accepted an offer of cash: made row by row and rule by rule as the desk would, and handed to
the engine as a case that continues as new; what is left is the account, and then the money moves."""

import json
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import select
from temporalio.client import Client

from activities.clocks import DeskClock
from activities.opening import OpeningActivities
from activities.policies import Policies
from activities.projection import ProjectionActivities
from activities.requests import OpenRequest, Projection
from bench.reviews import TEXTS
from db import budgets, office
from db.buyers import BuyerFacts, keep_payee
from db.reviews import ReviewFacts, keep_review
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.buyers import Review
from db.tables.office import Person, Shop
from domain.case_numbers import mint
from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.fulfilment import in_faces
from domain.gate import GateMode
from domain.offers import OfferForm
from domain.people import TIMER, Actor, Role
from domain.review_case import desk, progress, resting, rules, steps
from domain.review_case.facts import Prepared
from domain.review_case.state import Opening, ReviewCaseState
from settings import Settings
from workflows.review_case import ReviewCase
from workflows.starting import case_workflow_id, start_options

BY = "bench"
SHOP = "campaign"
ENOUGH_FEN = 1_000_000_000
NOWHERE = {"app_key": "1", "app_secret": "1", "session": "1"}
FACES_FEN = (300, 500, 1_000)
FORMS = (OfferForm.CASH_ALIPAY, OfferForm.CASH_WECHAT)


@dataclass(frozen=True)
class Agreed:
    """One such case; `owner` names its buyer's account, and `amount_fen` is what the buyer accepted."""

    opening: Opening
    state: ReviewCaseState
    form: OfferForm
    amount_fen: int
    owner: str

    @property
    def number(self) -> str:
        return self.opening.case

    def payee(self, which: int) -> dict[str, str]:
        """One of the buyer's accounts, as an agent enters it."""
        owner = f"{self.owner}{which}"
        if self.form is OfferForm.CASH_WECHAT:
            return {"kind": "WECHAT_OPENID", "account": f"o-{owner}", "name": "陈晓"}
        return {"kind": "ALIPAY_LOGON_ID", "account": f"{owner}@example.com", "name": "陈晓"}


def settings_of(variables: Mapping[str, str]) -> Settings:
    return Settings(
        database_url=SecretStr(variables["AMENDS_DATABASE_URL"]),
        field_keys=SecretStr(variables["AMENDS_FIELD_KEYS"]),
        index_key=SecretStr(variables["AMENDS_INDEX_KEY"]),
    )


async def open_shop(
    sessions: Sessions,
    asks_after: tuple[int, ...],
    person_after_seconds: int = 86_400,
    credentials: Mapping[str, str] = NOWHERE,
) -> None:
    """A shop of its own beside the demo's, in the hands of the demo's people: it pays once the problem is solved, has
    means without end, asks about an unknown payout after these seconds and leaves it to a person after those."""
    now = datetime.now(UTC)
    async with sessions.begin() as session:
        if await session.get(Shop, SHOP) is not None:
            return
        await office.add_shop(
            session, BY, now, code=SHOP, name="Campaign", platform="sandbox", jurisdiction="none", seller_nick=SHOP,
            gate_mode=GateMode.ON_RESOLUTION, cut_off_at=now - timedelta(days=30), intake=False,
            credentials=json.dumps(dict(credentials)),
        )  # fmt: skip
        for login, role in (("alice", Role.AGENT), ("fay", Role.FINANCE)):
            person = (await session.scalars(select(Person.id).where(Person.login == login))).one()
            await office.grant(session, BY, now, person, role, SHOP)
        policy = (await office.policy_in_force(session, "compensation", SHOP)).document.model_dump(mode="json")
        policy["budget"] |= {name: ENOUGH_FEN for name in policy["budget"] if name.endswith("_fen")}
        policy["coupons"] |= {"month_count": ENOUGH_FEN, "month_fen": ENOUGH_FEN, "month_permille_of_sales": None}
        policy["payout"]["query_after_seconds"] = list(asks_after)
        policy["payout"]["human_after_hours"] = person_after_seconds / 3600
        await office.put_policy(session, "compensation", SHOP, policy, BY, "a campaign pays", now)


class Desk:
    """Makes agreed cases of one shop, each for a buyer of its own."""

    def __init__(self, sessions: Sessions, ring: KeyRing, alice: UUID) -> None:
        self._sessions, self._ring = sessions, ring
        self._policies = Policies()
        self._projection = ProjectionActivities(sessions)
        self._opening = OpeningActivities(sessions, self._policies, DeskClock(self._policies))
        self._alice = Actor(person=str(alice), roles=frozenset({Role.AGENT}))

    async def agreed(self, chance: random.Random, forms: Sequence[OfferForm] = FORMS, *, payee: bool = False) -> Agreed:
        """With `payee` the buyer's account is known already, so that it is paid as soon as it begins."""
        now, name = datetime.now(UTC), f"b{secrets.token_hex(6)}"
        form = chance.choice(forms)
        fen = chance.choice(FACES_FEN) if in_faces(form) else 10 * chance.randint(5, 100)
        opening = await self._kept(name, now)
        request = OpenRequest(opening=opening, workflow=case_workflow_id(opening), now=now)
        case = ReviewCaseState(opening=opening, opened_at=now)
        progress.opened(case, await self._opening.open_case(request), now)
        assert case.identity is not None
        # The campaign is about money: no case asks the marketplace what became of its review.
        case.identity = case.identity.model_copy(update={"read_by_machine": False})
        desk.assign(case, TIMER, self._alice.person, "assigned", now)
        await self._talked(case, form, fen, now)
        if payee:
            await self._names(case, Agreed(case.opening, case, form, fen, name).payee(1), now)
        await self._written(case, request.workflow, now)
        return Agreed(case.opening, case, form, fen, name)

    async def _written(self, case: ReviewCaseState, workflow: str, now: datetime) -> None:
        """Its record and its file say what has happened so far, as the case's own projector would have them."""
        batch = Projection(
            workflow=workflow, state=case.view(), events=list(case.unwritten), due_at=now, due_what="contact_due"
        )
        await self._projection.project(batch)
        case.unwritten.clear()

    async def _names(self, case: ReviewCaseState, payee: Mapping[str, str], now: datetime) -> None:
        """The buyer has named an account already."""
        async with self._sessions.begin() as session:
            buyer = await session.scalar(select(Review.buyer).where(Review.id == UUID(case.opening.review_row)))
            assert buyer is not None
            by = self._alice.person
            kept = await keep_payee(session, self._ring, buyer, payee["kind"], payee["account"], payee["name"], by, now)
        step = steps.SetPayee(payee=kept)
        command = steps.Command.model_validate({"actor": self._alice, "step": step, "digest": "", "sent_at": now})
        rules.apply(case, command, now, Prepared())
        resting.rest(case, now)

    async def _kept(self, name: str, now: datetime) -> Opening:
        facts = ReviewFacts(
            shop=SHOP, platform="sandbox", external_id=name, order_external_id=name, grade="bad",
            text=random.choice(TEXTS), created_at=now, source="api", paid_fen=8900,
            buyer=BuyerFacts("sandbox", name, nick=name, name="陈晓"),
        )  # fmt: skip
        async with self._sessions.begin() as session:
            kept = await keep_review(session, self._ring, facts, now)
        return Opening(
            case=mint(now.year, secrets.token_bytes(16)), platform="sandbox", shop=SHOP, external_id=name,
            review_row=str(kept.row),
        )  # fmt: skip

    async def _talked(self, case: ReviewCaseState, form: OfferForm, fen: int, now: datetime) -> None:
        def take(step: steps.Step, **found: Any) -> None:
            command = steps.Command.model_validate(
                {"actor": self._alice, "step": step, "digest": "", "sent_at": now}, strict=False
            )
            rules.apply(case, command, now, Prepared(**found))

        take(
            steps.LogContact(
                inbound=True, channel=Channel.IM, result=CallResult.CONNECTED, talk=TalkOutcome.AGREED_AMEND,
                explained=True, result_accepted=True,
            ),
            attempt=str(uuid4()),
        )  # fmt: skip
        take(steps.ConfirmCause(cause="quality.broken"), severity=2)
        await self._reserved(case, form, fen, now)
        take(steps.MakeOffer(form=form, amount_fen=fen), policy="compensation", valid_until=now + timedelta(days=3))
        take(steps.AnswerOffer(offer=1, accepted=True))
        resting.rest(case, now)

    async def _reserved(self, case: ReviewCaseState, form: OfferForm, fen: int, now: datetime) -> None:
        async with self._sessions.begin() as session:
            policy, version = await self._policies.compensation(session, SHOP)
            claim = budgets.Claim(
                case=case.opening.case, offer=1, shop=SHOP, review=UUID(case.opening.review_row), form=form,
                amount_fen=fen, maker=self._alice.person, at=now,
            )  # fmt: skip
            await budgets.reserve(session, claim, policy, version)


async def begin(client: Client, agreed: Agreed, task_queue: str) -> None:
    """Start the case where it stands, as if its last run had just continued as new."""
    await client.start_workflow(
        ReviewCase.run, args=[agreed.opening, agreed.state], **start_options(agreed.opening, task_queue)
    )
