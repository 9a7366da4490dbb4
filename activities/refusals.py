"""A rule's refusal inside an activity: it is final, so the engine is told not to try again."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from domain.errors import Refusal


@contextmanager
def refusing() -> Iterator[None]:
    """Turns a Refusal into a non-retryable ApplicationError of the same code, with its message and facts."""
    try:
        yield
    except Refusal as refusal:
        facts = {name: str(value) for name, value in refusal.facts.items()}
        details = {"message": refusal.message, "facts": facts}
        raise ApplicationError(refusal.message, details, type=refusal.code, non_retryable=True) from None
