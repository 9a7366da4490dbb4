"""Trees: every leaf is proven by its path, and nothing else is."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from db import merkle

CONTENTS = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


@given(CONTENTS, st.data())
def test_every_content_leads_to_the_root(contents: list[bytes], data: st.DataObject) -> None:
    tree = merkle.Tree(contents)
    place = data.draw(st.integers(0, len(contents) - 1))
    assert merkle.climb(contents[place], tree.path(place)) == tree.root


@given(CONTENTS, st.binary(max_size=8), st.data())
def test_another_content_leads_elsewhere(contents: list[bytes], other: bytes, data: st.DataObject) -> None:
    tree = merkle.Tree(contents)
    place = data.draw(st.integers(0, len(contents) - 1))
    assert (merkle.climb(other, tree.path(place)) == tree.root) == (other == contents[place])


def test_a_node_can_not_pass_for_a_content() -> None:
    leaves = [hashlib.sha256(b"\x00" + content).digest() for content in (b"a", b"b")]
    assert merkle.Tree([leaves[0] + leaves[1]]).root != merkle.Tree([b"a", b"b"]).root
