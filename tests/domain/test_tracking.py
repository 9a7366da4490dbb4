"""When a parcel is late, and from when on it will be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policies.documents import load_shipped
from domain.policies.refunds import RefundsPolicy
from domain.policies.tracking import TrackingPolicy
from domain.tracking import ARRIVED, DelayReason, Moves, Scan, Trace, TransitState, delay_of, late_at

POLICY = load_shipped("refunds", RefundsPolicy).tracking
TOLD = datetime(2026, 11, 21, 4, tzinfo=UTC)
HOURS = st.integers(0, 24 * 30).map(lambda hours: timedelta(hours=hours))


@st.composite
def moves(draw: st.DrawFn) -> Moves:
    state = draw(st.sampled_from(TransitState))
    if state is TransitState.UNKNOWN:
        return Moves(state, TOLD)
    first = TOLD + draw(HOURS)
    return Moves(state, TOLD, first, first + draw(HOURS))


MOVING, UNKNOWN = TransitState.MOVING, TransitState.UNKNOWN


@pytest.mark.covers(140)
@pytest.mark.parametrize(
    ("hours", "state", "scanned", "reason"),
    [
        (47, MOVING, (0, 0), None),
        (48, MOVING, (0, 0), DelayReason.SILENT),
        (170, MOVING, (0, 160), DelayReason.SLOW),
        (167, MOVING, (0, 160), None),
        (47, UNKNOWN, None, None),
        (48, UNKNOWN, None, DelayReason.UNCOLLECTED),
        (1, TransitState.TROUBLE, (0, 0), DelayReason.TROUBLE),
        (1, TransitState.DAMAGED, (0, 0), DelayReason.DAMAGED),
        (1, TransitState.REFUSED, (0, 0), DelayReason.TURNED_BACK),
        (1, TransitState.RETURNING, (0, 0), DelayReason.TURNED_BACK),
        (999, TransitState.SIGNED, (0, 0), None),
        (999, TransitState.RETURNED, (0, 0), None),
    ],
)
def test_a_parcel_is_late_for_a_named_reason(
    hours: int, state: TransitState, scanned: tuple[int, int] | None, reason: DelayReason | None
) -> None:
    first, last = [TOLD + timedelta(hours=one) for one in scanned] if scanned else (None, None)
    assert delay_of(Moves(state, TOLD, first, last), POLICY, TOLD + timedelta(hours=hours)) == reason


@pytest.mark.covers(140)
@given(moves())
def test_a_parcel_is_late_from_the_reckoned_moment_on_and_not_before(parcel: Moves) -> None:
    at = late_at(parcel, POLICY)
    if at is None:
        said = parcel.state not in ARRIVED
        assert (delay_of(parcel, POLICY, TOLD) is not None) == said
        return
    assert delay_of(parcel, POLICY, at) is not None
    assert delay_of(parcel, POLICY, at - timedelta(seconds=1)) is None


@given(moves(), HOURS)
def test_a_stricter_policy_never_makes_a_late_parcel_punctual(parcel: Moves, later: timedelta) -> None:
    strict = TrackingPolicy(silent_hours=24, slow_days=3, collect_hours=24)
    if delay_of(parcel, POLICY, TOLD + later) is not None:
        assert delay_of(parcel, strict, TOLD + later) is not None


def test_a_trace_tells_the_moment_of_the_sign_for_and_not_of_what_was_scanned_afterwards() -> None:
    signed = Scan(TOLD, TransitState.SIGNED, "signed")
    trace = Trace("YT1", "yuantong", TransitState.SIGNED, (Scan(TOLD + timedelta(hours=1), None, "rated"), signed))
    assert trace.signed_at == TOLD
    assert Trace("YT1", "yuantong", TransitState.SIGNED, ()).signed_at is None
    assert Trace("YT1", "yuantong", TransitState.MOVING, (signed,)).signed_at is None
