"""Kinds of phone numbers as buyers and platforms write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.phones import Phone, PhoneKind, phone_kind

K = PhoneKind


@pytest.mark.covers(17)
@pytest.mark.parametrize(
    ("raw", "kind", "number", "extension"),
    [
        ("13800138000", K.MOBILE, "13800138000", None),
        ("+86 138-0013-8000", K.MOBILE, "13800138000", None),
        ("8613800138000", K.MOBILE, "13800138000", None),
        ("0086 19912345678", K.MOBILE, "19912345678", None),
        ("１３８００１３８０００", K.MOBILE, "13800138000", None),
        ("013800138000", K.MOBILE, "13800138000", None),
        ("138 0013 8000", K.MOBILE, "13800138000", None),
        ("13800138000-1234", K.PRIVACY_EXT, "13800138000", "1234"),
        ("13800138000转8", K.PRIVACY_EXT, "13800138000", "8"),
        ("13800138000,8821", K.PRIVACY_EXT, "13800138000", "8821"),
        ("13800138000—0421", K.PRIVACY_EXT, "13800138000", "0421"),
        ("+86-13800138000 转 77", K.PRIVACY_EXT, "13800138000", "77"),
        ("010-88886666", K.FIXED_LINE, "01088886666", None),
        ("(0991) 2345678", K.FIXED_LINE, "09912345678", None),
        ("+86 10 88886666", K.FIXED_LINE, "01088886666", None),
        ("0755-28886666-801", K.FIXED_LINE, "075528886666", "801"),
        ("021-58886666分机12", K.FIXED_LINE, "02158886666", "12"),
        ("400-820-8820", K.SHARED_COST, "4008208820", None),
        ("8008208820", K.SHARED_COST, "8008208820", None),
        ("138****8000", K.MASKED, None, None),
        ("*******8000", K.MASKED, None, None),
        ("138xxxx8000", K.MASKED, None, None),
        ("+852 5123 4567", K.FOREIGN, "+85251234567", None),
        ("001 415 555 0100", K.FOREIGN, "+14155550100", None),
        ("95588", K.INVALID, None, None),
        ("12315", K.INVALID, None, None),
        ("88886666", K.INVALID, None, None),
        ("1380013800", K.INVALID, None, None),
        ("12800138000", K.INVALID, None, None),
        ("not a number", K.INVALID, None, None),
        ("", K.INVALID, None, None),
        (None, K.INVALID, None, None),
    ],
)
def test_the_kind_of_a_number_is_known_before_dialling(
    raw: str | None, kind: PhoneKind, number: str | None, extension: str | None
) -> None:
    assert phone_kind(raw) == Phone(kind, number, extension)


@given(st.text(max_size=60))
def test_any_text_has_a_kind_and_what_can_be_dialled_has_a_number(raw: str) -> None:
    phone = phone_kind(raw)

    assert (phone.number is None) == (phone.kind in {K.MASKED, K.INVALID})


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.from_regex(r"[0-9]{1,6}", fullmatch=True))
def test_an_extension_is_kept_apart_from_its_number(number: str, extension: str) -> None:
    assert phone_kind(f"{number}-{extension}") == Phone(K.PRIVACY_EXT, number, extension)
