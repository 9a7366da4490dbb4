"""A surge begins or is over: which planned contact is chosen anew, and which stays."""

from datetime import timedelta

import pytest

from domain.contact_terms import Channel
from domain.review_case import progress
from domain.review_case.facts import Planned
from domain.review_case.state import ReviewCaseState
from domain.review_case.surging import surge_changed
from tests.domain.review_world import START
from tests.domain.test_desk_of_a_case import opened

TONIGHT, SOON = START + timedelta(hours=6), START + timedelta(minutes=20)


def planned(channel: Channel, *, in_surge: bool) -> ReviewCaseState:
    case = opened()
    end = TONIGHT + timedelta(hours=1)
    progress.planned(
        case, Planned(due_at=TONIGHT, slot_ends_at=end, channel=channel, why="evening", in_surge=in_surge), START
    )
    return case


@pytest.mark.covers(34)
@pytest.mark.parametrize(
    ("channel", "in_surge", "began", "anew"),
    [
        (Channel.IM, False, True, True),
        (Channel.SMS, False, True, True),
        (Channel.CALL, False, True, False),
        (Channel.CALL, True, False, True),
        (Channel.IM, True, False, True),
        (Channel.IM, False, False, False),
    ],
)
def test_what_was_planned_the_other_way_is_planned_anew(
    channel: Channel, in_surge: bool, began: bool, anew: bool
) -> None:
    case = planned(channel, in_surge=in_surge)
    surge_changed(case, began, SOON)

    assert (case.contact is None, case.plan_again_at, case.contacts_planned) == (
        (True, SOON, 0) if anew else (False, None, 1)
    )


def test_a_contact_that_is_due_stays_with_whoever_takes_it() -> None:
    case = planned(Channel.IM, in_surge=False)
    progress.contact_due(case, TONIGHT)
    surge_changed(case, True, TONIGHT)

    assert case.contact is not None
