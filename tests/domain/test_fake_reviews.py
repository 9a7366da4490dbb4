"""Fake reviews are no remedy: no text speaks of them, and nobody proposes one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PolicyUnreadable
from domain.fake_reviews import FakeReviewForbidden, forbid_fake_reviews
from domain.gate import GateMode
from domain.policies.documents import load_shipped, with_overrides
from domain.policies.texts import TextsPolicy
from domain.wording import lint

POLICY = load_shipped("texts", TextsPolicy)
PHRASES = st.sampled_from(POLICY.wording.fake_reviews)
GAPS = st.text(alphabet=" *-_.·~,。", max_size=3)


@pytest.mark.covers(75)
@given(PHRASES, st.sampled_from(GateMode), st.booleans(), GAPS)
def test_no_text_that_goes_out_speaks_of_fake_reviews(phrase: str, mode: GateMode, public: bool, gap: str) -> None:
    problems = lint(f"我们{gap.join(phrase)}吧", POLICY.wording, mode, public)
    assert any(problem.code == "fake_review" and problem.blocks for problem in problems)


@pytest.mark.covers(75)
@given(PHRASES, GAPS)
def test_nobody_proposes_one_however_it_is_spelt(phrase: str, gap: str) -> None:
    with pytest.raises(FakeReviewForbidden, match="no remedy"):
        forbid_fake_reviews(f"请批准:{gap.join(phrase)}", POLICY.wording)


@pytest.mark.parametrize("words", ["", "换一个新的给她", "退一半,再送一张券", "请客户单独评价快递"])
def test_an_honest_remedy_passes(words: str) -> None:
    forbid_fake_reviews(words, POLICY.wording)


def test_a_shop_adds_to_the_list_and_takes_nothing_away() -> None:
    with pytest.raises(PolicyUnreadable, match=r"wording\.fake_reviews"):
        with_overrides(POLICY, {"wording": {"fake_reviews": ["水军"]}})
