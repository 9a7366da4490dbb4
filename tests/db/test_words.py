"""The timeline in words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import domain.refund_case
import domain.review_case
from db.reads.words import SENTENCES, sentence

NAMES = {"5f0a": "Alice"}


def recorded_kinds() -> Iterator[str]:
    """Every kind that the cases' rules write literally."""
    rooms = (domain.review_case, domain.refund_case)
    for file in (file for room in rooms for file in Path(room.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
                yield from (word.value for word in ast.walk(node.args[3]) if isinstance(word, ast.Constant))  # type: ignore[misc]


def test_every_kind_of_event_has_its_sentence() -> None:
    kinds = {kind for kind in recorded_kinds() if kind != "payout_"}
    assert len(kinds) > 30
    assert kinds <= set(SENTENCES)


def test_people_money_and_times_are_written_out() -> None:
    made = {
        "offer": 1,
        "amount_fen": 1005,
        "form": "red_packet",
        "month": "2026-11",
        "valid_until": "2026-11-22T08:00Z",
    }
    assert sentence("assigned", {"to": "5f0a", "why": "free"}, NAMES) == "Assigned to Alice (free)."
    assert (
        sentence("offer_made", made, NAMES)
        == "Offer 1: 10.05 yuan as red packet on the budget of 2026-11, valid until 2026-11-22 08:00 UTC."
    )


def test_a_fact_that_is_missing_leaves_a_dash() -> None:
    assert sentence("claimed", {}, NAMES) == "Taken by —."


def test_an_unknown_kind_reads_by_its_name() -> None:
    assert sentence("parcel_matched", {"x": 1}, NAMES) == "Parcel matched."
