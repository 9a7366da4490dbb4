"""What differs between two documents, field by field."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.policies.changes import ChangeKind, differences

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("xy", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)


def applied(old: Any, path: list[str], kind: ChangeKind, new: Any) -> None:
    """Carry one change out on a copy."""
    *above, last = path
    for part in above:
        old = old[int(part)] if isinstance(old, list) else old[part]
    if isinstance(old, list):
        old[int(last)] = new
    elif kind is ChangeKind.REMOVED:
        del old[last]
    else:
        old[last] = new


@given(DOCUMENTS, DOCUMENTS)
def test_the_changes_lead_from_the_one_document_to_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    result = deepcopy(old)
    for change in differences(old, new):
        applied(result, change.path.split("."), change.kind, deepcopy(change.new))
    assert json.dumps(result, sort_keys=True) == json.dumps(new, sort_keys=True)


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert differences(document, deepcopy(document)) == []


def test_a_rung_is_compared_field_by_field_and_a_ladder_of_another_length_as_a_whole() -> None:
    old = {"ladder": [{"up_to_fen": 1000, "by": ["lead"]}, {"by": ["lead"]}]}
    raised = {"ladder": [{"up_to_fen": 2000, "by": ["lead"]}, {"by": ["lead"]}]}
    assert [change.path for change in differences(old, raised)] == ["ladder.0.up_to_fen"]
    assert [change.path for change in differences(old, {"ladder": old["ladder"][1:]})] == ["ladder"]
