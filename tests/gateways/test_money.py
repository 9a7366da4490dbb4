"""Amounts between fen and the wire's yuan."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.money import fen_of, yuan_text

FEN = st.integers(min_value=0, max_value=10**14 - 1)


@given(FEN)
def test_an_amount_survives_the_wire(fen: int) -> None:
    assert fen_of(yuan_text(fen)) == fen


@given(FEN)
def test_an_amount_is_written_with_two_decimals_and_no_exponent(fen: int) -> None:
    whole, _, cents = yuan_text(fen).partition(".")
    assert (int(whole), len(cents), int(cents)) == (fen // 100, 2, fen % 100)


@pytest.mark.parametrize(("text", "fen"), [("5", 500), ("15.7", 1570), ("0.10", 10), ("9.900", 990)])
def test_shorter_and_longer_writings_are_read(text: str, fen: int) -> None:
    assert fen_of(text) == fen


@pytest.mark.parametrize("text", ["", "-5.00", "+5", "5.001", "1e3", "NaN", "5,00", "٥", " 5", "5.", "9" * 13])
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        fen_of(text)


@given(st.text())
def test_no_text_crashes_the_reader(text: str) -> None:
    with suppress(ValueError):
        assert fen_of(text) >= 0


def test_a_negative_amount_can_not_be_written() -> None:
    with pytest.raises(ValueError, match="negative"):
        yuan_text(-1)
