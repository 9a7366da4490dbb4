"""Trees: every leaf is proven by its path, and nothing else is."""

from hypothesis import given
from hypothesis import strategies as st

from db import merkle

CONTENTS = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


@given(CONTENTS, st.data())
def test_every_leaf_leads_to_the_root(contents: list[bytes], data: st.DataObject) -> None:
    leaves = [merkle.leaf(content) for content in contents]
    place = data.draw(st.integers(0, len(contents) - 1))
    assert merkle.climb(contents[place], merkle.path(leaves, place)) == merkle.root(leaves)


@given(CONTENTS, st.binary(max_size=8), st.data())
def test_another_content_leads_elsewhere(contents: list[bytes], other: bytes, data: st.DataObject) -> None:
    leaves = [merkle.leaf(content) for content in contents]
    place = data.draw(st.integers(0, len(contents) - 1))
    reached = merkle.climb(other, merkle.path(leaves, place))
    assert (reached == merkle.root(leaves)) == (other == contents[place])


def test_a_node_can_not_pass_for_a_leaf() -> None:
    two = [merkle.leaf(b"a"), merkle.leaf(b"b")]
    assert merkle.root([merkle.leaf(two[0] + two[1])]) != merkle.root(two)
