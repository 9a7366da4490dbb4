"""Public replies: honest about what was done, of some use to the next reader, kept in a library by cause."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims import Claim
from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.errors import PolicyUnreadable
from domain.offers import OfferForm
from domain.platforms import Platform
from domain.policies.documents import load_shipped, with_overrides
from domain.policies.platforms import PlatformsPolicy
from domain.policies.public_replies import ReplySentence
from domain.policies.texts import TextsPolicy
from domain.public_reply import ReplyFacts, ReplyUnfit, check, draft, prepare
from domain.reply_library import POLICYS, Template, TemplateUnfit, causes_for, check_template, suggest
from domain.review_case.claims import shown_by
from domain.review_case.state import Attempt, Offer, OfferStatus, ReviewCaseState
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import START

POLICY = load_shipped("texts", TextsPolicy)
RULES = load_shipped("platforms", PlatformsPolicy).rules(Platform.SANDBOX)
SORRY = ReplySentence(say="抱歉让您失望了。")
HELP = ReplySentence(say="其他朋友可以先找客服。", readers=True)
REFUNDED = ReplySentence(say="我们已为您退款。", claims=(Claim.REFUNDED,))


def offered(form: OfferForm, status: OfferStatus = OfferStatus.FULFILLED) -> ReviewCaseState:
    case = a_plain_case().case
    case.offers = [
        Offer(number=1, form=form, amount_fen=500, maker="alice", at=START, valid_until=START, status=status)
    ]
    return case


def talked(**more: Any) -> ReviewCaseState:
    case = a_plain_case().case
    facts = {"result": CallResult.CONNECTED, "talk": TalkOutcome.UNDECIDED} | more
    case.attempts.append(Attempt(number=1, channel=Channel.CALL, at=START, by="alice", **facts))
    return case


@pytest.mark.covers(80)
@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("抱歉,已经给您全额退款。", Claim.REFUNDED),
        ("退款已到账,请查收", Claim.REFUNDED),
        ("我们已 经 为您补寄新的杯盖", Claim.RESENT),
        ("已给您换新", Claim.EXCHANGED),
        ("经核实是物流的问题", Claim.INVESTIGATED),
        ("出库时完好无损", Claim.EVIDENCE_KEPT),
        ("监控显示装箱没有问题", Claim.EVIDENCE_KEPT),
        ("我们已经和您电话沟通", Claim.CONTACTED),
        ("多次联系您都没有接通", Claim.TRIED),
        ("问题已经妥善解决", Claim.SETTLED),
        ("已向您说明原因", Claim.EXPLAINED),
        ("已经兑现承诺", Claim.PROMISE_KEPT),
        ("我们已经给您补偿", Claim.COMPENSATED),
    ],
)
def test_a_reply_claims_nothing_that_its_case_does_not_show(text: str, claim: Claim) -> None:
    with pytest.raises(ReplyUnfit, match=f"not_shown_{claim}.*instead: "):
        check(text, RULES, POLICY, shown=set(Claim) - {claim})
    check(text, RULES, POLICY, shown=set(Claim))


@pytest.mark.parametrize("text", ["抱歉,退款请联系客服", "我们会尽快给您补寄", "都可以要求退款", "抱歉给您漏发了。"])
def test_what_is_asked_or_promised_is_no_claim(text: str) -> None:
    check(text, RULES, POLICY)


@pytest.mark.parametrize(
    ("case", "claims"),
    [
        (a_plain_case().case, set()),
        (talked(), {Claim.TRIED, Claim.CONTACTED}),
        (talked(result=CallResult.NO_ANSWER, talk=None), {Claim.TRIED}),
        (talked(inbound=True, explained=True), {Claim.CONTACTED, Claim.EXPLAINED}),
        (offered(OfferForm.CASH_ALIPAY), {Claim.COMPENSATED}),
        (offered(OfferForm.CASH_ALIPAY, OfferStatus.ACCEPTED), set()),
        (offered(OfferForm.PARTIAL_REFUND), {Claim.COMPENSATED, Claim.REFUNDED}),
        (offered(OfferForm.EXCHANGE_FREE), {Claim.COMPENSATED, Claim.EXCHANGED, Claim.RESENT}),
    ],
)
def test_a_case_shows_what_stands_in_its_record(case: ReviewCaseState, claims: set[Claim]) -> None:
    assert set(shown_by(case)) == claims


def test_a_template_says_what_the_case_shows_and_leaves_out_the_rest() -> None:
    without = draft([SORRY, REFUNDED, HELP], ReplyFacts(), RULES, POLICY)
    assert (without.text, without.for_readers) == ("抱歉让您失望了。其他朋友可以先找客服。", True)
    assert [(one.say, one.why) for one in without.left_out] == [(REFUNDED.say, "the case does not show: refunded")]
    assert REFUNDED.say in draft([SORRY, REFUNDED], ReplyFacts(), RULES, POLICY, {Claim.REFUNDED}).text


def test_what_was_done_is_said_by_the_strongest_thing_that_the_case_shows() -> None:
    text = prepare("quality.broken", ReplyFacts(), RULES, POLICY, {Claim.CONTACTED, Claim.EXCHANGED})
    assert "我们已为您更换商品。" in text
    assert "取得联系" not in text


@pytest.mark.covers(78)
@pytest.mark.parametrize("cause", sorted(POLICY.public_reply.templates))
def test_every_reply_helps_the_next_reader(cause: str) -> None:
    assert draft(POLICY.public_reply.of(cause), ReplyFacts(), RULES, POLICY).for_readers


@given(st.sets(st.sampled_from(Claim)), st.sampled_from(sorted(POLICY.public_reply.templates)))
def test_whatever_a_case_shows_its_prepared_reply_may_be_posted(shown: set[Claim], cause: str) -> None:
    text = prepare(cause, ReplyFacts(), RULES, POLICY, shown)
    check(text, RULES, POLICY, shown=shown)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"templates": {"default": ["抱歉。", "我们已为您退款。"]}}, "public_reply.templates.default.1"),
        ({"actions": {"contacted": "我们已为您补寄"}}, "public_reply.actions.contacted"),
        ({"claims": []}, None),
        ({"claims": [{"claim": "refunded", "pattern": "x", "instead": "y"}]}, "public_reply.claims"),
    ],
)
def test_a_policy_says_what_its_sentences_claim(change: dict[str, Any], path: str | None) -> None:
    if path is None:
        assert with_overrides(POLICY, {"public_reply": change}).public_reply.claims == ()
        return
    with pytest.raises(PolicyUnreadable) as refused:
        with_overrides(POLICY, {"public_reply": change})
    fields: list[dict[str, str]] = refused.value.facts["fields"]  # type: ignore[assignment]
    assert {field["path"] for field in fields} == {path}


@pytest.mark.parametrize(
    ("sentences", "why"),
    [
        ([SORRY], "next reader"),
        ([SORRY, ReplySentence(say="我们已为您退款。"), HELP], "give it the claim refunded"),
        ([SORRY, ReplySentence(say="加微信 abcd1234"), HELP], "account"),
        ([SORRY, ReplySentence(say="好评返现"), HELP], "paid_review"),
        ([REFUNDED, HELP], "first sentence"),
    ],
)
def test_a_reply_is_looked_at_before_it_stands_in_the_library(sentences: list[ReplySentence], why: str) -> None:
    with pytest.raises(TemplateUnfit, match=why):
        check_template(sentences, POLICY)
    check_template([SORRY, REFUNDED, HELP], POLICY)


def test_the_closest_cause_is_suggested_first_and_the_shops_own_before_the_policys() -> None:
    causes = causes_for("quality.broken")
    library = [
        Template("a", "default", "any", (SORRY, HELP)),
        Template("b", "quality.broken", "of the cause", (SORRY, REFUNDED, HELP)),
        Template("c", "quality", "of its level", (SORRY, HELP)),
    ]
    found = suggest(library, causes, ReplyFacts(), RULES, POLICY, set())
    assert [one.template.id for one in found] == ["b", "c", POLICYS, "a"]


def test_a_malicious_review_gets_the_words_for_one() -> None:
    found = suggest([], causes_for("quality.broken", malicious=True), ReplyFacts(), RULES, POLICY, set())
    assert [one.template.cause for one in found] == ["malicious"]
