"""Files that come with a case."""

import pytest

from domain.review_case import steps
from domain.review_case.facts import Prepared
from tests.domain.review_world import ALICE, World
from tests.domain.test_replying import world

FOUND = Prepared(digests={"f1": "ab" * 32, "f2": "cd" * 32})


def attached(one: World, **step: object) -> bool:
    return one.step(ALICE, steps.AttachFiles.model_validate({"files": ["f1"]} | step), FOUND)


@pytest.mark.covers(49)
def test_files_are_kept_by_their_hashes() -> None:
    one = world()
    assert attached(one, files=["f1", "f2"])
    assert [kept.digest for kept in one.case.files] == ["ab" * 32, "cd" * 32]
    assert one.case.unwritten[-1].facts["files"][0] == {"file": "f1", "sha256": "ab" * 32}


def test_a_file_is_kept_once() -> None:
    one = world()
    assert [attached(one), attached(one), attached(one, files=["f2", "f2"])] == [True, False, False]


def test_a_contact_that_was_not_made_can_not_be_named() -> None:
    assert not attached(world(), contact=7)


def test_evidence_may_be_a_file_of_the_vault() -> None:
    one = world()
    piece = steps.AttachEvidence(kind="platform_chat", upload="f1")
    assert [one.step(ALICE, piece, FOUND), one.step(ALICE, piece, FOUND)] == [True, False]
    assert one.case.malice.evidence[0].digest == "ab" * 32
