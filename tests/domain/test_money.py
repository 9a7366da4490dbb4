from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    LARGEST_FEN,
    AmountTooLarge,
    BadAmount,
    FractionOfFen,
    NegativeAmount,
    NotAnAmount,
    fen_of,
    format_fen,
    yuan_of,
)

SUMS = st.integers(0, LARGEST_FEN)


@given(SUMS)
def test_money_comes_back_from_the_wallets_form(fen: int) -> None:
    assert fen_of(yuan_of(fen)) == fen


@given(SUMS)
def test_money_comes_back_from_the_form_for_people(fen: int) -> None:
    assert fen_of(format_fen(fen)) == fen


@given(st.text(max_size=20))
def test_any_text_is_an_exact_amount_or_a_named_refusal(text: str) -> None:
    try:
        fen = fen_of(text)
    except BadAmount as refused:
        given_text = refused.facts["given"]
    else:
        given_text = text
        assert 0 <= fen <= LARGEST_FEN
    assert given_text == text


@given(st.decimals(min_value=0, max_value=1000, places=4, allow_nan=False))
def test_a_part_of_a_fen_is_never_rounded_away(yuan: Decimal) -> None:
    if yuan * 100 % 1:
        with pytest.raises(FractionOfFen):
            fen_of(yuan)
    else:
        assert Decimal(fen_of(yuan)) == yuan * 100


@pytest.mark.parametrize(("text", "fen"), [("5", 500), ("0.1", 10), (" ¥1,234.50 ", 123450), ("3元", 300), ("￥0", 0)])
def test_people_write_money_in_many_ways(text: str, fen: int) -> None:
    assert fen_of(text) == fen


@pytest.mark.parametrize("text", ["", "abc", "1e5", "NaN", "Infinity", "五元", "٥", "5.", ".5", "1_000", "5 5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        fen_of(text)


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_numbers_that_are_no_sums_are_refused(amount: Decimal) -> None:
    with pytest.raises(NotAnAmount):
        fen_of(amount)


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(NegativeAmount):
        fen_of("-5.00")


@pytest.mark.parametrize("text", ["5.005", "5." + "0" * 40 + "1"])
def test_a_part_of_a_fen_is_refused(text: str) -> None:
    with pytest.raises(FractionOfFen):
        fen_of(text)


def test_an_amount_that_no_wallet_takes_is_refused() -> None:
    with pytest.raises(AmountTooLarge):
        fen_of("100000000.01")


def test_a_debt_is_never_written_as_a_payment() -> None:
    with pytest.raises(NegativeAmount):
        yuan_of(-1)


def test_money_for_people_has_a_sign_and_groups() -> None:
    assert format_fen(123456789) == "¥1,234,567.89"
