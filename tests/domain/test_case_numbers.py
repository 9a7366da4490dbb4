import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.case_numbers import ALPHABET, BadCaseNumber, mint, parse

NUMBERS = st.builds(mint, st.integers(2000, 2099), st.integers(0, 2**45 - 1))
PLACES = [index for index, letter in enumerate("A26-57XTE-9K2M8") if letter != "-"]


@given(NUMBERS)
def test_a_minted_number_is_read_as_itself(number: str) -> None:
    assert parse(number) == number


@given(st.integers(2000, 2099), st.integers(0, 2**45 - 1))
def test_a_number_shows_its_year_and_reads_well(year: int, random: int) -> None:
    assert re.fullmatch(rf"A{year % 100:02d}-[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}", mint(year, random))


@given(st.lists(st.integers(0, 2**45 - 1), unique=True, max_size=20))
def test_different_chances_give_different_numbers(random: list[int]) -> None:
    assert len({mint(2026, one) for one in random}) == len(random)


@given(NUMBERS, st.sampled_from(PLACES), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_caught(number: str, place: int, wrong: str) -> None:
    assume(number[place] != wrong)

    with pytest.raises(BadCaseNumber):
        parse(number[:place] + wrong + number[place + 1 :])


@given(NUMBERS, st.integers(0, len(PLACES) - 2))
def test_every_swap_of_neighbours_is_caught(number: str, first: int) -> None:
    left, right = PLACES[first], PLACES[first + 1]
    signs = list(number)
    assume(signs[left] != signs[right])
    signs[left], signs[right] = signs[right], signs[left]

    with pytest.raises(BadCaseNumber):
        parse("".join(signs))


@given(NUMBERS)
def test_it_is_read_however_it_is_written(number: str) -> None:
    heard = number.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert parse(f"  {heard} ") == number


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_a_named_refusal(text: str) -> None:
    try:
        number = parse(text)
    except BadCaseNumber as refused:
        given_text = refused.facts["given"]
    else:
        given_text = text
        assert parse(number) == number
    assert given_text == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("26-57XTE-9K2M8", "does not begin with A"),
        ("A26-57XTE-9K2U8", "U never stands"),
        ("A26-57XTE-9K2", "has 11"),
        ("A2X-57XTE-9K2M8", "not a year"),
        ("A26-57XTE-9K2MZ", "wrong or swapped"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(BadCaseNumber, match=why):
        parse(text)


def test_a_full_width_number_from_a_chinese_keyboard_is_read() -> None:
    number = mint(2026, 7)

    assert parse("".join(chr(ord(sign) + 0xFEE0) for sign in number)) == number


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="six random bytes"):
        mint(2026, b"short")


def test_bytes_and_their_number_mint_the_same() -> None:
    assert mint(2026, bytes([1, 2, 3, 4, 5, 6])) == mint(2026, 0x010203040506)
