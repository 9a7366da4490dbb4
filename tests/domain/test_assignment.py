from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.assignment import Candidate, Choice, Nobody, choose

MORNING = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
SKILLS = ["taobao", "douyin", "english"]
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        person=st.sampled_from("abcdefgh"),
        skills=st.frozensets(st.sampled_from(SKILLS)),
        on_shift=st.booleans(),
        open_cases=st.integers(0, 6),
        capacity=st.integers(0, 5),
        last_assigned_at=st.none() | st.integers(0, 300).map(lambda minutes: MORNING + timedelta(minutes=minutes)),
        seniority=st.integers(0, 2),
    ),
    unique_by=lambda one: one.person,
    max_size=6,
)


def agent(person: str, **facts: Any) -> Candidate:
    usual: dict[str, Any] = {"skills": frozenset({"taobao"}), "on_shift": True, "open_cases": 0, "capacity": 10}
    return Candidate(person, **(usual | facts))


def chosen(*candidates: Candidate, skills: tuple[str, ...] = (), seniority: int = 0) -> str:
    """The person who was chosen, or why nobody was."""
    answer = choose(candidates, skills, seniority)
    return answer.person if isinstance(answer, Choice) else answer.reason


@pytest.mark.covers(4, 196)
def test_the_least_loaded_relative_to_capacity_takes_the_case() -> None:
    assert chosen(agent("alice", open_cases=3, capacity=4), agent("ann", open_cases=5, capacity=20)) == "ann"


@pytest.mark.covers(196)
def test_with_equal_loads_whoever_has_waited_longest_takes_it() -> None:
    lately, earlier = MORNING + timedelta(hours=1), MORNING

    assert chosen(agent("alice", last_assigned_at=lately), agent("ann", last_assigned_at=earlier)) == "ann"


def test_a_newcomer_has_waited_longest() -> None:
    assert chosen(agent("alice", last_assigned_at=MORNING), agent("nina")) == "nina"


@pytest.mark.covers(8)
@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"on_shift": False}, "nobody is on shift"),
        ({"skills": frozenset({"douyin"})}, "nobody on shift has the skills taobao"),
        ({"seniority": 0}, "nobody with the skills has seniority 1"),
        ({"seniority": 1, "open_cases": 10}, "everybody suitable is at capacity"),
    ],
)
def test_when_nobody_suits_the_lead_is_told_why(facts: dict[str, Any], why: str) -> None:
    assert chosen(agent("alice", **facts), skills=("taobao",), seniority=1) == why


def test_an_empty_desk_assigns_nobody() -> None:
    assert chosen() == "nobody is on shift"


@given(CANDIDATES, st.lists(st.sampled_from(SKILLS), max_size=2), st.integers(0, 2))
def test_whoever_is_chosen_can_take_the_case(candidates: list[Candidate], skills: list[str], seniority: int) -> None:
    suitable = {
        one.person
        for one in candidates
        if one.on_shift and one.open_cases < one.capacity and set(skills) <= one.skills and one.seniority >= seniority
    }

    answer = choose(candidates, skills, seniority)

    assert answer.person in suitable if isinstance(answer, Choice) else not suitable


@given(CANDIDATES, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(candidates: list[Candidate], dice: Any) -> None:
    shuffled = list(candidates)
    dice.shuffle(shuffled)

    assert choose(candidates) == choose(shuffled)


def test_nobody_says_so_in_words() -> None:
    assert choose([]) == Nobody("nobody is on shift")
