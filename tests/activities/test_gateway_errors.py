"""What a failure at an outside party means for the engine."""

from datetime import UTC, datetime, timedelta

import pytest

from activities.gateway_errors import application_error, outside
from gateways.failures import AuthRevoked, GatewayFailure, Nonsense, RateLimited, Rejected, Transient

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failure", "final"),
    [
        (Transient("TOP", "http-500", "its server failed"), False),
        (Nonsense("TOP", "not-json", "its body is not JSON"), False),
        (RateLimited("TOP", "7", NOW), False),
        (AuthRevoked("TOP", "27", "let the seller authorise it again"), True),
        (Rejected("TOP", "15", "it refused"), True),
    ],
)
def test_only_what_repeating_can_mend_is_repeated(failure: GatewayFailure, final: bool) -> None:
    error = application_error(failure, NOW)
    assert (error.non_retryable, error.type) == (final, type(failure).__name__)


@pytest.mark.parametrize(
    ("failure", "delay"),
    [
        (RateLimited("TOP", "7", NOW + timedelta(minutes=3)), timedelta(minutes=3)),
        (RateLimited("TOP", "7", NOW - timedelta(minutes=3)), timedelta(seconds=1)),
        (Transient("TOP", "http-503", "busy", retry_after_seconds=9), timedelta(seconds=9)),
        (Transient("TOP", "http-503", "busy"), None),
    ],
)
def test_a_known_waiting_time_is_kept(failure: GatewayFailure, delay: timedelta | None) -> None:
    assert application_error(failure, NOW).next_retry_delay == delay


def test_what_the_party_wrote_stays_out_of_the_history() -> None:
    failure = Rejected("TOP", "15", "it refused", sub_code="isv.bad", party_text="买家陈晓的订单")
    error = application_error(failure, NOW)
    assert error.details == ({"party": "TOP", "code": "15", "sub_code": "isv.bad"},)
    assert "陈晓" not in f"{error.message} {error.details}"


def test_errors_of_our_own_pass_as_they_are() -> None:
    with pytest.raises(KeyError), outside():
        raise KeyError("not the party's fault")
