"""What may be offered in a case, with the reasons."""

from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.callers import TheCaller
from api.errors import documented
from api.finding import case_for
from api.house import TheHouse
from api.live import live_state
from db.refunds import paid_back_for
from domain.approvals import needed_approval
from domain.errors import Refusal
from domain.fulfilment import Fulfilment, fulfilled_by, in_faces
from domain.offers import OfferForm
from domain.people import Actor, Role
from domain.platforms import Platform
from domain.policies.compensation import CompensationPolicy
from domain.review_case import fixing
from domain.review_case.agreements import Fix
from domain.review_case.explaining import Explanation, explanation
from domain.review_case.standards import in_the_way, range_for
from domain.review_case.state import ReviewCaseState

router = APIRouter(tags=["cases"])


class InTheWay(BaseModel):
    """A refusal that would come."""

    code: str
    detail: str

    @classmethod
    def of(cls, refusal: Refusal | None) -> Self | None:
        return cls(code=refusal.code, detail=refusal.message) if refusal else None


class Approvers(BaseModel):
    by: list[Role]
    both: bool = Field(description="one person for each of the roles; else one person with any of them")


class FormRange(BaseModel):
    """One form. `base_fen` is what to start with; the other figures are its bounds without a supervisor."""

    form: OfferForm
    fulfilled_by: Fulfilment
    min_fen: int
    base_fen: int
    max_fen: int
    faces_fen: list[int] | None = Field(description="the only amounts there are; null where every amount is one")
    frozen: bool = Field(description="a supervisor decides first")
    reasons: list[str]
    approval: Approvers | None = Field(description="who approves the base amount if I offer it; null: nobody need")


class OfferRanges(BaseModel):
    case: str
    policy: str = Field(description="the version that these figures come from")
    grade: str
    cause: str | None
    cause_confirmed: bool
    severity: int
    order_paid_fen: int | None
    paid_back_fen: int = Field(description="of the order, by refunds at the marketplace or as people recorded it")
    fixes: list[Fix] = Field(description="how the problem was repaired; an offer is on top of that")
    explanation: Explanation | None
    buyer_reversals: int = Field(
        description="other reviews that this buyer was paid to see amended, and turned bad again"
    )
    reason_needed: bool = Field(description="it would not be the first offer")
    in_the_way: InTheWay | None = Field(description="why I may offer nothing now; null where I may")
    forms: list[FormRange]


@router.get("/cases/{number}/offer-range", responses=documented(403, 404, 409), summary="What may be offered, and why")
async def show_offer_range(house: TheHouse, caller: TheCaller, number: str) -> OfferRanges:
    """By rating, cause, severity and order amount, as the policy in force has it. Asking sets nothing aside; budgets
    are looked at when the offer is made."""
    row = await case_for(house, caller, number)
    state, _ = await live_state(house, row)
    async with house.reads() as session:
        policy, version = await house.policies.compensation(session, row.shop)
        platforms, _ = await house.policies.platforms(session, row.shop)
        back = await paid_back_for(session, row.source_row)
    actor = caller.actor(row.shop)
    paid = state.identity.order_paid_fen if state.identity else None
    coupon_api = platforms.rules(Platform(row.platform)).coupon_api
    return OfferRanges(
        case=row.number,
        policy=version,
        grade=state.identity.grade if state.identity else row.grade or "",
        cause=state.cause or state.suggested_cause,
        cause_confirmed=state.cause is not None,
        severity=state.severity,
        order_paid_fen=paid,
        paid_back_fen=max(back, fixing.paid_back(state)),
        fixes=state.agreements.fixes,
        explanation=explanation(state),
        buyer_reversals=state.buyer_reversals,
        reason_needed=bool(state.offers),
        in_the_way=InTheWay.of(in_the_way(state, actor)),
        forms=[_range(state, form, policy, actor, coupon_api, back) for form in policy.forms if paid is not None],
    )


def _range(
    state: ReviewCaseState, form: OfferForm, policy: CompensationPolicy, actor: Actor, coupon_api: bool, back: int
) -> FormRange:
    found = range_for(state, form, policy, back)
    need = needed_approval(form, found.base_fen, actor.roles, policy)
    return FormRange(
        form=form,
        fulfilled_by=fulfilled_by(form, coupon_api=coupon_api),
        min_fen=found.min_fen,
        base_fen=found.base_fen,
        max_fen=found.max_fen,
        faces_fen=list(policy.coupons.faces_fen) if in_faces(form) else None,
        frozen=found.frozen,
        reasons=list(found.reasons),
        approval=Approvers(by=list(need.by), both=need.both) if need else None,
    )
