"""Public replies: the shop's library by cause, and what fits a case, put together from what the case shows."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.callers import TheCaller
from api.errors import NotFound, documented
from api.fields import Line
from api.finding import case_for
from api.house import TheHouse
from api.live import live_state
from api.steps import read_if_match
from api.wording import Found
from db import office
from db import reply_templates as library
from db.tables.buyers import Review
from db.tables.reply_templates import ReplyTemplate
from domain.causes import check_cause
from domain.claims import Claim
from domain.platforms import Platform, reply_max_chars
from domain.policies.public_replies import VARIABLES, ReplySentence, check_places
from domain.reply_library import DEFAULT, MALICIOUS, Suggestion, causes_for, check_template, suggest
from domain.review_case.claims import shown_by

router = APIRouter(tags=["cases"])
MOST_SENTENCES = 12


class SentenceBody(BaseModel):
    """One sentence, with {contact}, {action}, {days} and {date} where facts go. It is left out of a case that does not
    show what it `claims`; `readers`: it is there for whoever reads the review next."""

    model_config = ConfigDict(extra="forbid")

    say: Line
    claims: list[Claim] = Field(default=[], max_length=len(Claim))
    readers: bool = False

    @field_validator("say")
    @classmethod
    def _known_places(cls, say: str) -> str:
        return check_places(say, VARIABLES)

    @property
    def sentence(self) -> ReplySentence:
        return ReplySentence(say=self.say, claims=tuple(self.claims), readers=self.readers)


Sentences = Annotated[list[SentenceBody], Field(min_length=1, max_length=MOST_SENTENCES)]


class TemplateBody(BaseModel):
    """A reply for a cause of the causes policy, a first level of one, `default`, or `malicious`."""

    model_config = ConfigDict(extra="forbid")

    cause: Line
    title: Line
    sentences: Sentences


class TemplateChange(BaseModel):
    """The whole reply anew; its cause stays."""

    model_config = ConfigDict(extra="forbid")

    title: Line
    sentences: Sentences


class TemplateView(BaseModel):
    id: UUID
    cause: str
    title: str
    sentences: list[SentenceBody]
    version: int
    saved_by: UUID
    saved_at: datetime


class LeftOutView(BaseModel):
    say: str
    why: str


class SuggestionView(BaseModel):
    """A reply as this case may give it. Send `text`, or your own words, with the step `post_reply`."""

    template: str = Field(description="id in the shop's library, or `policy`")
    cause: str
    title: str
    text: str
    chars: int
    for_readers: bool = Field(description="whether it also helps whoever reads the review next")
    left_out: list[LeftOutView] = Field(description="sentences that this case can't say, and why")
    problems: list[Found] = Field(description="what still stands against posting it")


class Suggestions(BaseModel):
    """`shown` is what the case shows to have been done: a reply claims nothing else."""

    case: str
    cause: str | None
    limit: int = Field(description="characters that the marketplace takes")
    shown: list[Claim]
    guidelines: list[str]
    replies: list[SuggestionView] = Field(description="the best first")
    policy: str


@router.get("/cases/{number}/replies", responses=documented(403, 404, 409), summary="Replies that fit a case")
async def suggest_replies(house: TheHouse, caller: TheCaller, number: str) -> Suggestions:
    """From the shop's library and the policy, the closest cause first, with what is left out and why."""
    row = await case_for(house, caller, number)
    state, _ = await live_state(house, row)
    cause = state.cause or state.suggested_cause
    causes = causes_for(cause, malicious=state.malicious)
    async with house.reads() as session:
        review = await session.get(Review, row.source_row)
        if review is None:
            raise NotFound(f"Case {number} has no review.")
        texts, version = await house.policies.texts(session, row.shop)
        platforms, _ = await house.policies.platforms(session, row.shop)
        rules = platforms.rules(Platform(row.platform))
        shown = {*shown_by(state), *await library.shown_by_the_marketplace(session, review)}
        templates = [library.as_template(one) for one in await library.list_templates(session, row.shop, causes)]
        found = suggest(templates, causes, await library.reply_facts(session, review), rules, texts, shown)
    return Suggestions(
        case=row.number,
        cause=cause,
        limit=reply_max_chars(rules),
        shown=[claim for claim in Claim if claim in shown],
        guidelines=list(texts.public_reply.guidelines),
        replies=[_suggested(one) for one in found],
        policy=version,
    )


def _suggested(one: Suggestion) -> SuggestionView:
    problems = [Found(code=it.code, found=it.found, blocks=it.blocks, instead=it.instead) for it in one.problems]
    return SuggestionView(
        template=one.template.id,
        cause=one.template.cause,
        title=one.template.title,
        text=one.draft.text,
        chars=len(one.draft.text),
        for_readers=one.draft.for_readers,
        left_out=[LeftOutView(say=it.say, why=it.why) for it in one.draft.left_out],
        problems=problems,
    )


@router.get("/shops/{code}/replies", responses=documented(403, 404), summary="The shop's library of public replies")
async def list_reply_templates(
    house: TheHouse,
    caller: TheCaller,
    code: str,
    cause: Annotated[Line | None, Query(description="only those of this cause")] = None,
) -> list[TemplateView]:
    caller.enter(code)
    async with house.reads() as session:
        rows = await library.list_templates(session, code, [cause] if cause else None)
    return [_view(row) for row in rows]


@router.post("/shops/{code}/replies", responses=documented(403, 404, 409), status_code=201, summary="Add a reply")
async def save_reply_template(house: TheHouse, caller: TheCaller, code: str, body: TemplateBody) -> TemplateView:
    """Every sentence is looked at: its words, what it claims without saying so, and whether one is for the next
    reader."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        await office.shop_of(session, code)
        if body.cause not in (DEFAULT, MALICIOUS):
            causes, _ = await house.policies.causes(session, code)
            if body.cause not in causes.causes:
                check_cause(body.cause, causes)
        texts, _ = await house.policies.texts(session, code)
        sentences = [one.sentence for one in body.sentences]
        check_template(sentences, texts)
        row = await library.save_template(session, code, body.cause, body.title, sentences, caller.person, house.now())
    return _view(row)


@router.put("/shops/{code}/replies/{id}", responses=documented(403, 404, 409, 412), summary="Change a reply")
async def change_reply_template(
    house: TheHouse,
    caller: TheCaller,
    code: str,
    id: UUID,
    body: TemplateChange,
    if_match: Annotated[str | None, Header(alias="If-Match", description="the version you have changed")] = None,
) -> TemplateView:
    caller.enter(code)
    expected = read_if_match(if_match)
    async with house.sessions.begin() as session:
        texts, _ = await house.policies.texts(session, code)
        sentences = [one.sentence for one in body.sentences]
        check_template(sentences, texts)
        row = await library.change_template(
            session, code, id, body.title, sentences, caller.person, house.now(), expected
        )
    return _view(row)


@router.delete("/shops/{code}/replies/{id}", responses=documented(403, 404), status_code=204, summary="Retire a reply")
async def retire_reply_template(house: TheHouse, caller: TheCaller, code: str, id: UUID) -> None:
    """It is suggested no more; what was posted with it stays as it is."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        await library.retire_template(session, code, id, caller.person, house.now())


def _view(row: ReplyTemplate) -> TemplateView:
    kept = library.as_template(row)
    return TemplateView(
        id=row.id, cause=row.cause, title=row.title, sentences=[_body(one) for one in kept.sentences],
        version=row.version,
        saved_by=row.saved_by, saved_at=row.saved_at,
    )  # fmt: skip


def _body(one: ReplySentence) -> SentenceBody:
    return SentenceBody(say=one.say, claims=list(one.claims), readers=one.readers)
