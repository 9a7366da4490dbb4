"""The wording lint for whoever writes: the same look that every text gets at the door, before it is sent."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.callers import TheCaller
from api.errors import documented
from api.fields import Text
from api.house import TheHouse
from db import office
from domain.disputes.flags import risks_in
from domain.disputes.state import Risk
from domain.gate import GateMode
from domain.malicious import text_signals
from domain.wording import lint

router = APIRouter(tags=["cases"])


class Draft(BaseModel):
    """Words that somebody is about to send or say."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    public: bool = Field(default=False, description="whether everybody will read it")


class Found(BaseModel):
    code: str
    found: str
    blocks: bool = Field(description="false: the shop has taken it upon itself, and sees it as a warning")
    instead: str = Field(description="what to say in its place")


class Looked(BaseModel):
    may_go_out: bool
    problems: list[Found]
    risks: list[Risk] = Field(description="what the words would be if a buyer wrote them: flag it with `flag_risk`")
    policy: str = Field(description="the version whose words these are")


@router.post("/shops/{code}/wording", responses=documented(403, 404), summary="Whether a text may go out")
async def check_wording(house: TheHouse, caller: TheCaller, code: str, body: Draft) -> Looked:
    """Nothing is kept of what is asked."""
    caller.enter(code)
    async with house.reads() as session:
        shop = await office.shop_of(session, code)
        texts, version = await house.policies.texts(session, code)
        causes, _ = await house.policies.causes(session, code)
    problems = lint(body.text, texts.wording, GateMode(shop.gate_mode), body.public)
    found = [Found(code=one.code, found=one.found, blocks=one.blocks, instead=one.instead) for one in problems]
    risks = risks_in(text_signals(body.text, causes))
    return Looked(may_go_out=not any(one.blocks for one in found), problems=found, risks=risks, policy=version)
