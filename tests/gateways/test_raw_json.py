"""The exact text of a JSON object's members."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.raw_json import raw_members

VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(content=st.dictionaries(st.text(), VALUES), indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_members_are_cut_out_character_by_character(
    content: dict[str, object], indent: int | None, ascii_only: bool
) -> None:
    members = raw_members(json.dumps(content, indent=indent, ensure_ascii=ascii_only))
    assert {key: json.loads(raw) for key, raw in members.items()} == content


def test_a_members_own_spacing_and_escapes_are_kept() -> None:
    assert raw_members(' { "a" : {"b":  "\\/\\u552e"} , "sign":"x" } ')["a"] == '{"b":  "\\/\\u552e"}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"a"}',
        '{"a":1,}',
        '{"a":1} x',
        '{"a":1,"a":2}',
        '{"a":1,"\\u0061":2}',
        "{1:2}",
        '{"a":' + "[" * 99_999,
    ],
)
def test_anything_but_one_plain_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        raw_members(text)
