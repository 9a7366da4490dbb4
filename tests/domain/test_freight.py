"""Who pays the freight: one example for each row of the shipped table, and the rules that hold for every return."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.freight import FreightQuestion, FreightUndecided, Payer, who_pays
from domain.policies.causes import Fault
from domain.policies.documents import load_shipped
from domain.policies.platforms import PlatformsPolicy
from domain.policies.refund_rules import Shipping

TABLE = load_shipped("platforms", PlatformsPolicy).freight
SELLER, BUYER, INSURER = Payer.SELLER, Payer.BUYER, Payer.INSURER
A_QUESTION = st.builds(
    FreightQuestion,
    fault=st.sampled_from(get_args(Fault)),
    shipping=st.sampled_from(get_args(Shipping)),
    gift_insurance=st.booleans(),
    breaks_condition=st.booleans(),
    abuse=st.booleans(),
    agreed=st.none() | st.tuples(st.sampled_from([SELLER, BUYER]), st.sampled_from([SELLER, BUYER])),
)


def answer(**given: Any) -> tuple[Payer, Payer, int]:
    found = who_pays(FreightQuestion(**({"fault": "none", "shipping": "free"} | given)), TABLE)
    return found.outbound, found.back, found.row


@pytest.mark.covers(127, 128, 129, 130, 131, 132, 133, 134, 210)
@pytest.mark.parametrize(
    ("question", "outbound", "back", "row"),
    [
        ({"agreed": (BUYER, SELLER)}, BUYER, SELLER, 1),
        ({"agreed": (SELLER, BUYER), "fault": "seller"}, SELLER, BUYER, 1),
        ({"fault": "seller", "gift_insurance": True}, SELLER, INSURER, 2),
        ({"fault": "seller", "shipping": "paid", "gift_insurance": True}, SELLER, INSURER, 2),
        ({"fault": "seller"}, SELLER, SELLER, 3),
        ({"fault": "seller", "shipping": "paid", "abuse": True}, SELLER, SELLER, 3),
        ({"fault": "courier", "shipping": "paid"}, SELLER, SELLER, 4),
        ({"fault": "courier", "gift_insurance": True}, SELLER, SELLER, 4),
        ({"abuse": True}, BUYER, BUYER, 5),
        ({"abuse": True, "gift_insurance": True}, BUYER, BUYER, 5),
        ({"gift_insurance": True}, SELLER, INSURER, 6),
        ({"gift_insurance": True, "shipping": "paid"}, BUYER, INSURER, 6),
        ({"gift_insurance": True, "shipping": "conditional_free", "breaks_condition": True}, BUYER, INSURER, 6),
        ({"shipping": "free"}, SELLER, BUYER, 7),
        ({"shipping": "conditional_free", "breaks_condition": True}, BUYER, BUYER, 8),
        ({"shipping": "conditional_free"}, SELLER, BUYER, 9),
        ({"shipping": "paid"}, BUYER, BUYER, 10),
        ({"fault": "buyer", "shipping": "free"}, SELLER, BUYER, 7),
    ],
)
def test_each_row_of_the_table_says_who_pays_each_way(
    question: dict[str, Any], outbound: Payer, back: Payer, row: int
) -> None:
    assert answer(**question) == (outbound, back, row)


@pytest.mark.covers(210)
@given(A_QUESTION)
def test_every_return_is_decided_and_says_why(question: FreightQuestion) -> None:
    found = who_pays(question, TABLE)
    assert found.reason
    assert found.recover_from == ("courier" if found.row == 4 else None)


@given(A_QUESTION)
def test_a_buyer_never_pays_for_the_sellers_fault_unless_it_was_agreed(question: FreightQuestion) -> None:
    found = who_pays(question, TABLE)
    if question.fault in {"seller", "courier"} and question.agreed is None:
        insured = question.fault == "seller" and question.gift_insurance
        assert (found.outbound, found.back) == (SELLER, INSURER if insured else SELLER)


def test_a_table_without_a_row_that_fits_leaves_it_to_a_person() -> None:
    with pytest.raises(FreightUndecided, match="agree with the buyer"):
        who_pays(FreightQuestion(fault="none", shipping="paid"), TABLE[:6])
