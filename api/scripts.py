"""What an agent says: the call script of one case with its own words filled in, and phrases to copy."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import Caller, TheCaller
from api.errors import NotFound, documented
from api.fields import Line
from api.finding import case_for
from api.house import House, TheHouse
from api.live import live_state
from db.contacts import asks_in_merged
from db.reads import reviews
from db.reads.disputes import RuleLine, list_rules
from db.sealed_texts import open_text
from db.tables.cases import CaseFile
from db.tables.office import Shop
from domain.causes import UnknownCause, remedies_of, suggest_cause
from domain.contact_terms import TalkOutcome
from domain.gate import GateMode
from domain.money import format_fen
from domain.outgoing import clear
from domain.platforms import Platform
from domain.policies.causes import CausesPolicy
from domain.policies.documents import load_shipped
from domain.policies.texts import TextsPolicy
from domain.review_case.state import OfferStatus, ReviewCaseState
from domain.scripts import ScriptFacts, ScriptStep, call_script, offer_words, quick_phrases, ways_out

router = APIRouter(tags=["cases"])
ANGRY = "angry"
# From this severity on somebody should find out what happened (R57).
GRAVE = 3


class ScriptView(BaseModel):
    """The six steps of a call, filled. `policies` are the versions whose words and rules these are."""

    case: str
    cause: str | None
    cause_confirmed: bool
    first_goal: str = Field(description="what this talk is for before anything else")
    steps: list[ScriptStep]
    options: list[str] = Field(description="ways out for the buyer to choose from, best first")
    phrases: list[str] = Field(description="quick phrases to copy, those of the cause first")
    temper: list[str] = Field(description="how the buyer was when last talked to")
    cautions: str | None = Field(description="what to mind in this talk, as the last agent wrote it")
    principles: list[str] = Field(description="how to talk, whatever the case")
    offer: str | None = Field(description="how the offer that stands is put to the buyer")
    never: list[str] = Field(description="what is not said, and why")
    rules: list[RuleLine] = Field(description="what supervisors answered where no rule was, for this cause")
    suggests: list[str] = Field(description="steps that this case calls for, beside the talk")
    policies: list[str]


@router.get("/cases/{number}/script", responses=documented(403, 404, 409), summary="What to say in the next talk")
async def show_script(
    house: TheHouse,
    caller: TheCaller,
    number: str,
    item: Annotated[Line | None, Query(description="what to call the item, where its title is not known")] = None,
) -> ScriptView:
    """Filled with the shop's, the item's and the review's own words; what is left out of this talk says why."""
    row = await case_for(house, caller, number)
    state, _ = await live_state(house, row)
    async with house.reads() as session:
        return await _script(session, house, caller, row, state, item)


async def _script(
    session: AsyncSession, house: House, caller: Caller, row: CaseFile, state: ReviewCaseState, item: str | None
) -> ScriptView:
    texts, texts_version = await house.policies.texts(session, row.shop)
    causes, causes_version = await house.policies.causes(session, row.shop)
    contact, contact_version = await house.policies.contact(session, row.shop)
    platforms, _ = await house.policies.platforms(session, row.shop)
    texts = _with_ways_out(texts)
    cause, said = state.cause or state.suggested_cause, state.agreements
    options = ways_out(_remedies(cause, causes), texts)
    facts = await _facts(session, caller, row, state, item, options, causes, contact.per_case.asks_to_amend_total)
    # What others named is said as well: the shop's and the item's name, and what the agent calls it.
    clear(" ".join((facts.shop, facts.item, *options)), texts.wording, GateMode.ON_RESOLUTION)
    steps = list(call_script(facts, platforms.rules(Platform(row.platform)), texts))
    return ScriptView(
        case=row.number,
        cause=cause,
        cause_confirmed=state.cause is not None,
        first_goal=steps[1 if facts.vague else 0].goal,
        steps=steps,
        options=list(options),
        phrases=list(quick_phrases(cause, facts, texts)),
        temper=said.temper,
        cautions=await open_text(session, said.cautions.id) if said.cautions else None,
        principles=list(texts.call.principles),
        offer=await _offer(session, row, state, facts, texts),
        never=[f"{one.what}: {one.why}" for one in texts.call.never],
        rules=await list_rules(session, row.shop, cause),
        suggests=suggested(state),
        policies=[texts_version, causes_version, contact_version],
    )


async def _facts(
    session: AsyncSession,
    caller: Caller,
    row: CaseFile,
    state: ReviewCaseState,
    item: str | None,
    options: tuple[str, ...],
    causes: CausesPolicy,
    asks_allowed: int,
) -> ScriptFacts:
    review = await reviews.read_review(session, row.source_row)
    if review is None:
        raise NotFound(f"Case {row.number} has no review.")
    shop = await session.get_one(Shop, row.shop)
    written = review.created_at.astimezone(ZoneInfo(shop.zone))
    complaint = await _complaint(session, review.text or "", state, causes)
    return ScriptFacts(
        shop=shop.name,
        agent=caller.name,
        item=item or review.item_title or "",
        date=f"{written.month}月{written.day}日",
        complaint=complaint,
        options=options,
        severity=state.severity,
        buyer_angry=_angry(state),
        asks_made=sum(attempt.asked_to_amend for attempt in state.attempts) + await asks_in_merged(session, row.number),
        asks_allowed=asks_allowed,
        vague=state.agreements.details_wanted or not complaint.strip(),
    )


async def _complaint(session: AsyncSession, written: str, state: ReviewCaseState, causes: CausesPolicy) -> str:
    """The review's own words; of one without any those that its buyer found when asked."""
    details = state.agreements.details
    if details is None or suggest_cause(written, causes).cause != causes.no_text:
        return written
    return await open_text(session, details.description.id) or written


async def _offer(
    session: AsyncSession, row: CaseFile, state: ReviewCaseState, facts: ScriptFacts, texts: TextsPolicy
) -> str | None:
    offer = state.offer
    if offer is None or offer.status is not OfferStatus.MADE or state.identity is None:
        return None
    shop = await session.get_one(Shop, row.shop)
    ends = offer.valid_until.astimezone(ZoneInfo(shop.zone))
    until = f"{ends.month}月{ends.day}日{ends:%H:%M}"
    return offer_words(state.identity.gate_mode, facts, format_fen(offer.amount_fen), until, texts)


def _angry(state: ReviewCaseState) -> bool:
    last = next((attempt.talk for attempt in reversed(state.attempts) if attempt.talk is not None), None)
    return ANGRY in state.agreements.temper or last is TalkOutcome.ABUSIVE


def _remedies(cause: str | None, causes: CausesPolicy) -> tuple[str, ...]:
    """None for a cause that the shop's policy dropped meanwhile."""
    try:
        return remedies_of(cause or "", causes)
    except UnknownCause:
        return ()


def _with_ways_out(texts: TextsPolicy) -> TextsPolicy:
    """A shop's document from before ways out had words speaks with those that ship."""
    if texts.ways_out.words:
        return texts
    return texts.model_copy(update={"ways_out": load_shipped("texts", TextsPolicy).ways_out})


def suggested(state: ReviewCaseState) -> list[str]:
    """Steps that nobody has to take but that this case calls for."""
    said = state.agreements
    grave = state.severity >= GRAVE and not said.investigations
    return ["record_details"] * said.details_wanted + ["open_investigation"] * grave
