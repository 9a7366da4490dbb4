"""A surge of the case's shop has begun or is over: what was planned the other way is planned anew."""

from datetime import datetime

from domain.contact_terms import Channel
from domain.people import SYSTEM
from domain.review_case.desk import replan_unmade
from domain.review_case.recording import record
from domain.review_case.state import ContactWait, ReviewCaseState


def surge_changed(case: ReviewCaseState, surging: bool, now: datetime) -> None:
    """A written contact is planned anew when a surge begins (phone first), one planned in a surge when it is over. What
    has come due stays: somebody may be at it."""
    contact = case.contact
    if contact is None or contact.due or case.outcome is not None or not _concerned(contact, surging):
        return
    record(
        case, SYSTEM, now, "surge_begun" if surging else "surge_over",
        number=contact.number, channel=contact.channel, was_due_at=contact.due_at,
    )  # fmt: skip
    replan_unmade(case, now)


def _concerned(contact: ContactWait, surging: bool) -> bool:
    return contact.channel is not Channel.CALL if surging else contact.in_surge
