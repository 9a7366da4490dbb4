"""What a courier owes, until when, on which evidence; and what the shop bears of the rest."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.courier_claims import (
    ClaimAboveLimit,
    ClaimEvidenceMissing,
    ClaimEvidenceUnknown,
    ClaimKind,
    ClaimTooLate,
    DamageFinding,
    check_amount,
    check_evidence,
    check_in_time,
    claim_until,
    claimable_fen,
    share_of_loss,
    suggest_finding,
)
from domain.policies.documents import load_shipped
from domain.policies.refunds import RefundsPolicy

POLICY = load_shipped("refunds", RefundsPolicy).claims
AT = datetime(2026, 11, 21, 4, tzinfo=UTC)
FEN = st.integers(0, 10_000_000)


@pytest.mark.covers(137)
@pytest.mark.parametrize(
    ("lost", "freight", "declared", "most"),
    [(8900, 1000, None, 5000), (3000, 1000, None, 3000), (8900, 0, None, 8900), (8900, 1000, 6000, 6000),
     (8900, 1000, 20_000, 8900)],
)  # fmt: skip
def test_insured_is_the_loss_up_to_the_declared_value_else_so_many_times_the_freight(
    lost: int, freight: int, declared: int | None, most: int
) -> None:
    assert claimable_fen(lost, freight, declared, POLICY) == most


@given(FEN, FEN, st.none() | FEN)
def test_nobody_claims_more_than_was_lost(lost: int, freight: int, declared: int | None) -> None:
    assert claimable_fen(lost, freight, declared, POLICY) <= lost


def test_more_than_the_limit_is_named_with_the_limit() -> None:
    check_amount(5000, 5000)
    with pytest.raises(ClaimAboveLimit, match="5000"):
        check_amount(5001, 5000)


@pytest.mark.covers(137)
@pytest.mark.parametrize(
    ("signed", "last", "since"), [(AT, AT + timedelta(days=1), AT), (None, AT, AT), (None, None, AT)]
)
def test_the_time_counts_from_the_sign_for_else_from_the_last_scan_else_from_when_we_heard(
    signed: datetime | None, last: datetime | None, since: datetime
) -> None:
    until = claim_until(signed, last, AT, POLICY)
    assert until == since + timedelta(days=POLICY.within_days)
    check_in_time(until, until - timedelta(seconds=1))
    with pytest.raises(ClaimTooLate, match="share_loss"):
        check_in_time(until, until)


@pytest.mark.covers(137)
def test_damage_is_claimed_with_the_photos_that_the_policy_lists_and_loss_without() -> None:
    check_evidence(ClaimKind.LOSS, [], POLICY)
    check_evidence(ClaimKind.DAMAGE, [*POLICY.evidence, "damage_photo"], POLICY)
    with pytest.raises(ClaimEvidenceMissing, match="waybill"):
        check_evidence(ClaimKind.DAMAGE, ["outer_box_photo", "inner_packing_photo"], POLICY)
    with pytest.raises(ClaimEvidenceUnknown, match="selfie"):
        check_evidence(ClaimKind.LOSS, ["selfie"], POLICY)


@pytest.mark.covers(138)
@given(FEN)
def test_a_share_is_whole_yuan_and_never_more_than_the_policys_part(unrecovered: int) -> None:
    share = share_of_loss(unrecovered, POLICY)
    assert share % 100 == 0
    assert 0 <= share <= unrecovered * POLICY.share_percent / 100
    assert unrecovered * POLICY.share_percent / 100 - share < 100


@pytest.mark.covers(135)
@pytest.mark.parametrize(
    ("intact", "by_trace", "finding"),
    [(True, False, DamageFinding.QUALITY), (False, False, DamageFinding.TRANSIT), (None, False, None),
     (None, True, DamageFinding.TRANSIT), (True, True, DamageFinding.TRANSIT)],
)  # fmt: skip
def test_packaging_and_trace_speak_for_where_damage_came_from(
    intact: bool | None, by_trace: bool, finding: DamageFinding | None
) -> None:
    assert suggest_finding(intact, by_trace) == finding
