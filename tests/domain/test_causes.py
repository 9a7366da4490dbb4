import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.causes import (
    Likelihood,
    UnknownCause,
    check_cause,
    department_of,
    fault_of,
    remedies_of,
    severity_of,
    suggest_cause,
)
from domain.malicious import UnknownSignal, score, text_signals
from domain.policies.causes import CausesPolicy
from domain.policies.documents import load_shipped, with_overrides
from domain.severity import Severity, severity

POLICY = load_shipped("causes", CausesPolicy)
CODES = sorted(code for code, _, _ in POLICY.codes())
TEXTS = st.text(alphabet="坏了没有不快递慢色差客服态度差给钱改评 ,。abc1", max_size=40) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("用了没几天就坏了", "quality.broken"),
        ("色差太大", "description.colour"),
        ("快递太慢,半个月才到", "logistics.slow"),
        ("发错货了,不是我买的颜色", "fulfilment.wrong_item"),
        ("少发了一件,缺件", "fulfilment.missing_item"),
        ("还不发货,发货慢", "fulfilment.late_ship"),
        ("客服不回复,找不到客服", "service.slow_reply"),
        ("一般般,不喜欢", "personal.dislike"),
    ],
)
@pytest.mark.covers(20, 21, 22)
def test_the_words_of_a_review_suggest_its_cause(text: str, cause: str) -> None:
    assert suggest_cause(text, POLICY).cause == cause


@pytest.mark.covers(22)
def test_each_fulfilment_error_has_its_own_cause() -> None:
    fulfilment = {code for code in CODES if code.startswith("fulfilment.")}

    assert {"fulfilment.wrong_item", "fulfilment.missing_item", "fulfilment.late_ship"} <= fulfilment


def test_a_suggestion_shows_the_words_that_led_to_it() -> None:
    assert suggest_cause("快递慢,还没收到", POLICY).matched == ("快递慢", "还没收到")


def test_one_word_is_a_weak_suggestion() -> None:
    assert suggest_cause("有点色差", POLICY).confidence is Likelihood.LOW


def test_two_words_for_one_cause_are_a_better_one() -> None:
    assert suggest_cause("快递慢,还没收到", POLICY).confidence is Likelihood.MEDIUM


@pytest.mark.parametrize("text", ["没有色差,很满意", "不粗糙", "毫无异味"])
def test_a_denied_complaint_is_none(text: str) -> None:
    assert suggest_cause(text, POLICY).cause == "unknown.unclear"


@pytest.mark.parametrize("text", ["", "  ", "。。。", "此用户没有填写评价。"])
def test_a_review_without_words_says_so(text: str) -> None:
    assert suggest_cause(text, POLICY).cause == "unknown.no_text"


def test_words_without_a_hint_are_unclear() -> None:
    suggestion = suggest_cause("就这样吧", POLICY)

    assert (suggestion.cause, suggestion.confidence) == ("unknown.unclear", Likelihood.NONE)


def test_full_width_letters_are_read_as_usual_ones() -> None:
    assert suggest_cause("请加V", POLICY).cause == "malicious.advertising"


@given(TEXTS)
def test_any_text_gets_a_cause_that_exists(text: str) -> None:
    suggestion = suggest_cause(text, POLICY)

    assert suggestion.cause in CODES
    assert bool(suggestion.matched) == (suggestion.confidence is not Likelihood.NONE)


def test_a_shop_has_its_own_words() -> None:
    words = {"causes": {"quality": {"sub": {"broken": {"keywords": ["嘎吱响"]}}}}}

    assert suggest_cause("一坐就嘎吱响", with_overrides(POLICY, words)).cause == "quality.broken"


def test_each_cause_knows_its_department() -> None:
    assert (department_of("price.invoice", POLICY), department_of("price.not_worth", POLICY)) == (
        "finance",
        "operations",
    )


def test_a_subordinate_cause_may_be_somebody_elses_fault() -> None:
    assert (fault_of("quality.broken", POLICY), fault_of("quality.misuse", POLICY)) == ("seller", "buyer")


def test_each_cause_has_remedies() -> None:
    assert all(remedies_of(code, POLICY) for code in CODES)


@pytest.mark.parametrize("code", ["quality", "quality.", "quality.bad_luck", ""])
def test_a_cause_that_does_not_exist_is_refused(code: str) -> None:
    with pytest.raises(UnknownCause):
        check_cause(code, POLICY)


@pytest.mark.parametrize(
    ("code", "hint"),
    [("quality.flawed", "quality.broken"), ("logistic.late", "logistics."), ("品质", "GET /policies/causes")],
)
def test_a_cause_that_does_not_exist_is_answered_with_what_could_be_meant(code: str, hint: str) -> None:
    with pytest.raises(UnknownCause, match=re.escape(hint)):
        check_cause(code, POLICY)


def test_a_circumstance_raises_the_severity_by_one() -> None:
    raised = severity("logistics.slow", POLICY, has_photo=True)

    assert raised == Severity(2, ("logistics.slow", "has_photo"))


@pytest.mark.covers(63)
def test_a_large_order_raises_the_severity() -> None:
    assert severity("logistics.slow", POLICY, order_amount_fen=20_001).level == 2
    assert severity("logistics.slow", POLICY, order_amount_fen=20_000).level == 1


def test_several_circumstances_raise_by_one_and_are_all_named() -> None:
    raised = severity("quality.minor_flaw", POLICY, True, 99_999, 3, True)

    expected = ("quality.minor_flaw", "has_photo", "order_amount", "product_bad_reviews_7d", "buyer_is_member")
    assert raised == Severity(2, expected)


def test_circumstances_alone_do_not_freeze_a_case() -> None:
    assert severity("quality.broken", POLICY, has_photo=True).level == 3


@given(st.sampled_from(CODES), st.booleans(), st.integers(0, 10**6), st.integers(0, 9), st.booleans())
def test_severity_never_falls_below_its_cause_nor_leaves_the_scale(
    cause: str, photo: bool, amount: int, bad: int, member: bool
) -> None:
    level = severity(cause, POLICY, photo, amount, bad, member).level

    assert severity_of(cause, POLICY) <= level <= min(4, severity_of(cause, POLICY) + 1)


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("给我50元我就改好评", "demands_money_for_amending"),
        ("想删差评?先给 100 块", "demands_money_for_amending"),
        ("不给钱就差评", "threat_before_complaint"),
        ("加我微信聊", "moves_talk_off_platform"),
        ("转账到我的支付宝", "wants_payment_off_platform"),
        ("我不退货,赔钱", "refuses_refund_and_return_wants_cash"),
    ],
)
@pytest.mark.covers(12)
def test_the_words_of_a_blackmailer_are_noticed(text: str, signal: str) -> None:
    assert signal in text_signals(text, POLICY)


@pytest.mark.parametrize("text", ["质量很差,要求退款", "快递慢,客服不理人", "再也不买了", "打电话给客服也没用", ""])
def test_an_angry_buyer_is_no_blackmailer(text: str) -> None:
    assert text_signals(text, POLICY) == ()


@pytest.mark.covers(12)
def test_signals_add_up_until_a_person_has_to_look() -> None:
    mallory = score(["demands_money_for_amending", "targets_new_shop"], POLICY)

    assert (mallory.score, mallory.review_by_person) == (5, True)


@given(st.lists(st.sampled_from(sorted(POLICY.malicious.signals)), max_size=10))
def test_a_repeated_signal_weighs_once(signals: list[str]) -> None:
    assert score(signals, POLICY).score == score(set(signals), POLICY).score


def test_a_single_signal_is_not_enough() -> None:
    assert not score(["demands_money_for_amending"], POLICY).review_by_person


def test_a_signal_that_nobody_weighs_is_refused() -> None:
    with pytest.raises(UnknownSignal, match="bad_aura"):
        score(["bad_aura"], POLICY)


def test_every_refund_reason_of_the_platforms_has_a_cause() -> None:
    assert all(row.cause in CODES for row in POLICY.refund_reasons.values())
    assert len(POLICY.refund_reasons) == 20
