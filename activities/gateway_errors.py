"""What a failure at an outside party means for the engine: try again, try again at a known time, or give up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from gateways.failures import AuthRevoked, GatewayFailure, RateLimited, Rejected, Transient

SOONEST = timedelta(seconds=1)


def application_error(failure: GatewayFailure, now: datetime) -> ApplicationError:
    """The failure as the engine carries it. `now` is the wall clock, by which a party's ban ends.

    Its type is the failure's class, its one detail holds the party's codes; what the party wrote stays out, because
    histories are kept.
    """
    codes = {"party": failure.party, "code": failure.code, "sub_code": failure.sub_code}
    expected = isinstance(failure, Transient | RateLimited)
    return ApplicationError(
        str(failure),
        codes,
        type=type(failure).__name__,
        non_retryable=isinstance(failure, AuthRevoked | Rejected),
        next_retry_delay=_delay(failure, now),
        category=ApplicationErrorCategory.BENIGN if expected else ApplicationErrorCategory.UNSPECIFIED,
    )


def _delay(failure: GatewayFailure, now: datetime) -> timedelta | None:
    if isinstance(failure, RateLimited):
        return max(failure.until - now, SOONEST)
    if isinstance(failure, Transient) and failure.retry_after_seconds is not None:
        return max(timedelta(seconds=failure.retry_after_seconds), SOONEST)
    return None


@contextmanager
def outside() -> Iterator[None]:
    """Turns every failure at an outside party into the engine's own error."""
    try:
        yield
    except GatewayFailure as failure:
        raise application_error(failure, datetime.now(UTC)) from failure
