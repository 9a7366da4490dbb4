"""The one door for words: what leaves was looked at, and nothing else can leave."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.errors import PolicyUnreadable
from domain.gate import GateMode
from domain.outgoing import WordsUnfit, clear, clear_notice
from domain.policies.documents import load_shipped, with_overrides
from domain.policies.texts import NoticeKind, TextsPolicy
from domain.wording import lint

POLICY = load_shipped("texts", TextsPolicy)
HOUSE = Path(__file__).resolve().parent.parent.parent
ROOMS = ("activities", "api", "db", "domain", "gateways", "workflows", "embedded")
NOTICE = {"shop": "云帆数码", "item": "保温杯", "amount": "¥5.00", "contact": "在线客服"}
OWN = {"word": "亲亲", "instead": "您好"}


def calls(name: str) -> Iterator[str]:
    """Files of the house in which something of this name is made."""
    for path in (file for room in ROOMS for file in (HOUSE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
                yield str(path.relative_to(HOUSE))


@pytest.mark.parametrize("pass_", ["Cleared", "ClearedNotice"])
def test_only_the_door_gives_out_its_pass(pass_: str) -> None:
    """Gateways take nothing else (the type checker sees to that), so nothing passes by the lint."""
    assert set(calls(pass_)) == {"domain/outgoing.py"}


@pytest.mark.covers(74)
def test_a_refusal_names_the_words_and_what_to_say_instead() -> None:
    with pytest.raises(WordsUnfit, match=r"好评返现.*instead: 问题我们会处理好") as refused:
        clear("亲,好评返现5元", POLICY.wording, GateMode.ON_RESOLUTION)

    assert refused.value.facts["problems"] == ["paid_review"]
    assert refused.value.facts["words"] == [
        {"code": "paid_review", "found": "好评返现", "instead": POLICY.wording.instead["paid_review"]}
    ]


def test_every_kind_of_problem_has_its_better_words() -> None:
    codes = {"paid_review", "threat", "buyer_data", *(rule.code for rule in POLICY.wording.public)}

    assert codes <= set(POLICY.wording.instead)


def test_a_notice_is_stopped_by_its_own_words_whatever_the_shop_has_signed() -> None:
    with pytest.raises(WordsUnfit, match="好评红包"):
        clear_notice(NoticeKind.PAYMENT, NOTICE | {"item": "好评红包"}, POLICY)

    assert clear_notice(NoticeKind.PAYMENT, NOTICE, POLICY).words == NOTICE


@pytest.mark.parametrize(("public", "public_only", "found"), [(True, True, 1), (False, True, 0), (False, False, 1)])
def test_a_shop_has_words_of_its_own(public: bool, public_only: bool, found: int) -> None:
    changed = with_overrides(POLICY, {"wording": {"shop_words": [OWN | {"public_only": public_only}]}})

    problems = lint("亲 亲,抱歉", changed.wording, GateMode.AFTER_AMENDMENT, public)

    assert [(one.code, one.instead, one.blocks) for one in problems] == [("shop_word", "您好", True)] * found


@pytest.mark.parametrize("word", ["亲", "!!", ""])
def test_a_word_that_is_in_every_text_is_no_word_to_look_for(word: str) -> None:
    with pytest.raises(PolicyUnreadable, match=r"wording\.shop_words"):
        with_overrides(POLICY, {"wording": {"shop_words": [OWN | {"word": word}]}})


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("notices.payment", {"notices": {"payment": "【{shop}】改好评返现,{amount}已转出"}}),
        ("offer.on_resolution", {"offer": {"on_resolution": "五星返现{amount}"}}),
        ("quick_phrases.general.0", {"quick_phrases": {"general": ["不改就没有补偿"]}}),
        ("ways_out.words.resend", {"ways_out": {"words": {"resend": "好评送一个"}}}),
        ("public_reply.templates.default.0", {"public_reply": {"templates": {"default": ["这是恶意差评。"]}}}),
        (
            "follow_up.questions.0.ask",
            {"follow_up": {"questions": [{"code": "x", "kind": "open", "ask": "好评有礼,您满意吗?"}]}},
        ),
    ],
)
@pytest.mark.covers(74)
def test_no_template_is_saved_with_words_that_may_not_go_out(path: str, change: dict[str, Any]) -> None:
    with pytest.raises(PolicyUnreadable) as refused:
        with_overrides(POLICY, change)

    assert {field["path"] for field in refused.value.facts["fields"]} == {path}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["paid_review", "threats", "public"])
def test_nobody_takes_a_word_off_the_list(name: str) -> None:
    kept = POLICY.model_dump(mode="json")["wording"][name][1:]

    with pytest.raises(PolicyUnreadable, match="missing"):
        with_overrides(POLICY, {"wording": {name: kept}})


def test_what_ships_passes_its_own_lint() -> None:
    assert list(POLICY.unfit()) == []
