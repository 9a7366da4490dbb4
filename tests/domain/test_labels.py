"""What a transfer is called: its purpose, never a review."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PolicyUnreadable
from domain.labels import INSTEAD, PURPOSES, UNTRUE, untrue_in
from domain.policies.compensation import CompensationPolicy
from domain.policies.documents import load_shipped, with_overrides
from gateways.transfers import BadTransfer, Order

POLICY = load_shipped("compensation", CompensationPolicy)


@given(st.sampled_from(UNTRUE), st.sampled_from(PURPOSES), st.sampled_from(["", " ", "*", "·"]))
def test_no_label_speaks_of_a_review_however_it_is_spelt(word: str, purpose: str, gap: str) -> None:
    assert untrue_in(purpose + gap.join(word)) is not None


@pytest.mark.parametrize("label", [INSTEAD, "退货运费", "商家赔付", "保温杯差价退款"])
def test_a_true_purpose_passes(label: str) -> None:
    assert untrue_in(label) is None


@pytest.mark.parametrize("label", ["", "谢谢亲", "货款", "补偿" * 40])
def test_a_label_names_its_purpose_in_a_few_words(label: str) -> None:
    assert untrue_in(label) is not None


@pytest.mark.parametrize(
    ("field", "words"),
    [("order_title", "好评返现"), ("order_title", "补偿,改了评价就好"), ("transfer_scene", "现金营销")],
)
def test_a_policy_with_a_false_label_is_refused_by_its_field(field: str, words: str) -> None:
    with pytest.raises(PolicyUnreadable, match=rf"payout\.{field}"):
        with_overrides(POLICY, {"payout": {field: words}})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"scene": "1000"}, "not what amends are"),
        ({"perception": "现金奖励"}, "does not belong"),
        ({"info_type": "活动名称"}, "does not belong"),
    ],
)
def test_a_scene_of_wechat_pay_that_would_be_untrue_is_refused(change: dict[str, str], why: str) -> None:
    with pytest.raises(PolicyUnreadable, match=rf"payout\.wechat.*{why}"):
        with_overrides(POLICY, {"payout": {"wechat": change}})


def test_no_wallet_is_handed_a_transfer_with_a_false_name() -> None:
    with pytest.raises(BadTransfer, match="好评"):
        Order("A1", 500, "ALIPAY_USER_ID", "2088", title="好评奖励")
