"""What opening a case finds out, as hypothesis draws it."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.amendment import Baseline
from domain.gate import GateMode
from domain.platforms import AmendMode, Grade
from domain.review_case.facts import Opened
from domain.review_case.state import Identity


def drawn_opening(draw: Any, start: datetime) -> Opened:
    created = start - timedelta(hours=1)
    ends = created + timedelta(days=30)
    due = draw(st.none() | st.just(ends - timedelta(days=2)))
    identity = Identity(
        case_serial=1,
        shop_serial=1,
        installation="TEST",
        grade=Grade.BAD,
        baseline=Baseline(at=start, grade=Grade.BAD, review_created_at=created),
        review_created_at=created,
        persistence_ends_at=ends,
        reply_due_at=due,
        reply_closes_at=ends if due else None,
        amend_modes=draw(st.sampled_from([[AmendMode.EDIT_RESULT, AmendMode.DELETE], [AmendMode.EDIT_RESULT], []])),
        read_by_machine=draw(st.booleans()),
        gate_mode=draw(st.sampled_from(GateMode)),
        order_paid_fen=8900,
    )
    return Opened(
        number="A26-1", identity=identity, severity=draw(st.integers(1, 4)), review_by_person=draw(st.booleans())
    )
