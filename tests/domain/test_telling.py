"""What the buyer told: vague reviews, their details, and the original chat."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contact_terms import Channel, Occupation
from domain.errors import Refusal
from domain.policies.causes import CausesPolicy
from domain.policies.documents import load_shipped
from domain.review_case import progress, rules
from domain.review_case.agreement_steps import AttachChat, DescribeBuyer, RecordDetails
from domain.review_case.facts import Planned
from domain.review_case.steps import Command
from domain.review_case.telling import MOST_CHATS
from domain.vagueness import is_vague
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, TEXT

CAUSES = load_shipped("causes", CausesPolicy)
KEYWORDS = sorted(
    word for code, _, sub in CAUSES.codes() if code != CAUSES.no_text for word in sub.keywords if len(word) > 1
)


@pytest.mark.covers(50)
@pytest.mark.parametrize(
    "text", ["", "差", "真的很糟!!!", "不好 不推荐", "😡😡😡", "bad, never again", "此用户没有填写评价"]
)
def test_a_review_that_only_scolds_is_vague(text: str) -> None:
    assert is_vague(text, CAUSES)


@pytest.mark.covers(50)
@pytest.mark.parametrize(
    "text", ["漏水", "发错了", "颜色和图片不一样", "买回来给孩子用的结果第二天盖子就再也拧不上去了"]
)
def test_a_review_that_names_something_is_not_vague(text: str) -> None:
    assert not is_vague(text, CAUSES)


@given(st.sampled_from(KEYWORDS))
def test_a_keyword_of_any_cause_is_something_definite(keyword: str) -> None:
    assert not is_vague(keyword, CAUSES)


@pytest.mark.covers(50)
def test_details_that_were_given_are_wanted_no_more() -> None:
    world = a_plain_case(details_wanted=True)
    assert world.step(ALICE, RecordDetails(description=TEXT, order=TEXT))
    assert not world.case.agreements.details_wanted
    assert world.case.unwritten[-1].kind == "details_recorded"


def test_triage_says_that_a_review_is_vague() -> None:
    triaged = next(event for event in a_plain_case(details_wanted=True).case.unwritten if event.kind == "triaged")
    assert triaged.facts["details_wanted"] is True


@pytest.mark.covers(18)
def test_pieces_of_the_chat_are_numbered_and_bounded() -> None:
    world = a_plain_case()
    for _ in range(MOST_CHATS):
        assert world.step(ALICE, AttachChat(text=TEXT))
    assert [chat.number for chat in world.case.agreements.chats] == list(range(1, MOST_CHATS + 1))
    with pytest.raises(Refusal) as refused:
        rules.check(
            world.case, Command(actor=ALICE, step=AttachChat(text=TEXT), digest="", sent_at=world.now), world.now
        )
    assert refused.value.code == "ChatFull"


@pytest.mark.covers(14, 15)
def test_hours_that_the_buyer_named_plan_a_waiting_contact_anew() -> None:
    world = a_plain_case()
    begins = world.now + timedelta(hours=5)
    found = Planned(due_at=begins, slot_ends_at=begins + timedelta(hours=1), channel=Channel.CALL, why="lunch")
    progress.planned(world.case, found, world.now)
    assert world.step(ALICE, DescribeBuyer(hours=["19:00-21:00"]))
    assert world.case.agreements.hours == ["19:00-21:00"]
    assert (world.case.contact, world.case.plan_again_at) == (None, world.now)
    assert world.step(ALICE, DescribeBuyer(occupation=Occupation.TEACHER))
    assert world.case.agreements.hours == ["19:00-21:00"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "NothingDescribed"),
        ({"occupation": "teacher", "written": True}, "NothingDescribed"),
        ({"hours": ["evenings"]}, "BadTime"),
        ({"hours": ["22:00-02:00"]}, "BadTime"),
    ],
)
def test_a_description_that_says_nothing_or_no_hours_is_refused_by_name(said: dict[str, Any], code: str) -> None:
    world = a_plain_case()
    step = DescribeBuyer.model_validate(said)
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, Command(actor=ALICE, step=step, digest="", sent_at=world.now), world.now)
    assert refused.value.code == code
