"""What a talk leaves behind: the buyer's yes, what was asked, how the buyer was, and when to talk again."""

from collections.abc import Collection
from datetime import datetime

from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.people import Actor
from domain.policies.contact import ContactPolicy
from domain.review_case import steps
from domain.review_case.permissions import require
from domain.review_case.refusals import (
    AcceptanceMissing,
    AskingBanned,
    AsksUsedUp,
    NextStepMissing,
    NobodyReached,
    TalkMissing,
    UnknownTemper,
)
from domain.review_case.state import ReviewCaseState


def check_acceptance(case: ReviewCaseState, actor: Actor, step: steps.LogContact, now: datetime) -> None:
    """First the buyer's yes to the result, then the review (R55), and never where the marketplace bans asking."""
    reached = step.result is CallResult.CONNECTED
    require(reached or not step.result_accepted, TalkMissing, "Nobody was reached, so nobody said yes; leave that out.")
    require(
        reached or step.convinced is None, TalkMissing, "Nobody was reached, so nobody was convinced; leave it out."
    )
    if not step.asked_to_amend:
        return
    asking = case.identity is not None and case.identity.may_ask_to_amend
    require(
        asking, AskingBanned, "This marketplace bans asking for an amendment; settle the matter and leave it at it."
    )
    accepted = step.result_accepted or case.agreements.accepted_at is not None
    require(
        accepted,
        AcceptanceMissing,
        "The review is mentioned only after the buyer said yes to the result: record that yes with this contact "
        "(result_accepted), or log it without asked_to_amend.",
    )


def check_said(step: steps.LogContact) -> None:
    """Raises NobodyReached: nothing is said, agreed or heard in a contact that did not come about."""
    reached, written = step.result is CallResult.CONNECTED, step.result is CallResult.SENT
    said = step.explained or step.asked_to_amend
    require(
        reached or written or not said, NobodyReached,
        "Nobody was reached, so nothing was explained and no review mentioned: leave explained and asked_to_amend out.",
    )  # fmt: skip
    require(
        reached or step.next_at is None, NobodyReached,
        "Nobody was reached, so no time was agreed: leave next_at out, and log the talk in which one is.",
    )  # fmt: skip
    came = reached or (written and step.channel is not Channel.CALL)
    require(
        came or not step.inbound, NobodyReached,
        "A buyer who came was reached: log it as connected, or as sent where they only wrote. A call of theirs that "
        "nobody took is a note.",
    )  # fmt: skip


def check_asks(made: int, policy: ContactPolicy) -> None:
    """Raises AsksUsedUp. `made` counts the contacts of the case, over all its runs, in which the review came up."""
    allowed = policy.per_case.asks_to_amend_total
    require(
        made < allowed,
        AsksUsedUp,
        f"The review was mentioned {made} times in this case, and {allowed} are allowed; don't mention it again.",
        made=made,
        allowed=allowed,
    )


def check_temper(tags: Collection[str], known: Collection[str]) -> None:
    """Raises UnknownTemper: what is written about a buyer is a closed list, the rest goes into the cautions."""
    strange = sorted(set(tags) - set(known))
    require(not strange, UnknownTemper, f"There is no tag {', '.join(strange)}; use {', '.join(known)}.", tags=strange)


def check_next(talk: TalkOutcome | None, next_at: datetime | None, policy: ContactPolicy) -> None:
    """Raises NextStepMissing where policy wants a time for the next talk."""
    wanted = talk is not None and policy.talk_outcomes[talk].needs_agreed_time
    require(
        next_at is not None or not wanted,
        NextStepMissing,
        f"After {talk} say when to talk again (next_at); choose another outcome if no time was agreed.",
    )


def keep(case: ReviewCaseState, step: steps.LogContact, now: datetime) -> None:
    """What counts beyond this contact."""
    said = case.agreements
    if step.result_accepted and said.accepted_at is None:
        said.accepted_at = now
    if step.temper:
        said.temper = list(step.temper)
    said.cautions = step.cautions or said.cautions
    if step.next_at is not None:
        case.preference_at, case.preference_stated_at = step.next_at, now
        case.plan_again_at = now
