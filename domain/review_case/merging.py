"""Merging two cases of one buyer about one order: who may, what is refused, and what the merged case becomes."""

from datetime import datetime

from pydantic import BaseModel

from domain.case_numbers import parse
from domain.disputes import questions
from domain.escalation import EscalationKind
from domain.people import SYSTEM, Actor
from domain.review_case import decisions, investigations, promises, resting, steps
from domain.review_case.closing import end
from domain.review_case.desk import replan
from domain.review_case.endings import BuyerWaits, Merged
from domain.review_case.facts import Prepared
from domain.review_case.outcomes import Outcome
from domain.review_case.permissions import leaders, require
from domain.review_case.recording import record
from domain.review_case.refusals import MergeRefused, WrongStage
from domain.review_case.state import Clock, OfferStatus, ReviewCaseState

MONEY = frozenset({OfferStatus.WAITING_APPROVAL, OfferStatus.MADE, OfferStatus.ACCEPTED, OfferStatus.FULFILLED})


class MergeSide(BaseModel):
    """What is compared of either case; None is what nobody knows, and what nobody knows does not match."""

    number: str
    shop: str
    person: str | None
    order: str | None
    closed: bool
    merged_into: str | None


def may_merge(case: ReviewCaseState, actor: Actor) -> None:
    leaders(case, actor)
    require(case.outcome is None, WrongStage, "The case is ending already; nothing later will come of it.")
    money = any(offer.status in MONEY for offer in case.offers) or bool(case.payouts)
    require(not money, MergeRefused, "Money was offered or paid in this case; merge the other one into it instead.")
    kept = not promises.unbroken(case)
    require(kept, MergeRefused, "A promise to the buyer is open here; keep it first, or merge the other one into this.")
    if case.edition >= 1:
        _nobody_was_asked(case)
    require(not (case.suspected or case.malicious), MergeRefused, "Decide first whether this review is malicious.")


def _nobody_was_asked(case: ReviewCaseState) -> None:
    asked = [
        (investigations.unanswered(case), "An investigation is open here; answer it first (answer_investigation)"),
        (decisions.undecided(case), "A decision was asked for here; decide first (decide)"),
        (questions.unanswered(case), "A supervisor was asked what to do here; answer first (answer_question)"),
    ]
    for waiting, says in asked:
        require(not waiting, MergeRefused, f"{says}, or merge the other one into this.")


def check_merge(case: ReviewCaseState, actor: Actor, step: steps.Merge, now: datetime) -> None:
    itself = parse(step.into) == case.opening.case
    require(
        not itself, MergeRefused,
        "That case goes on here: it is this one, or was merged into it already. To merge another, name that one.",
    )  # fmt: skip


def check_sides(this: MergeSide, into: MergeSide) -> None:
    """Raises MergeRefused, naming what does not fit; `facts["why"]` holds it as a word."""
    same_person = this.person is not None and this.person == into.person
    refused = [
        (into.shop != this.shop, "other_shop", "is another shop's"),
        (not same_person, "other_buyer", "is another buyer's"),
        (this.order is None or this.order != into.order, "other_order", "is about another order"),
        (into.merged_into == this.number, "circular", "was merged into this one; go on here"),
        (into.merged_into is not None, "merged", f"was merged into {into.merged_into}; name that one"),
        (into.closed, "closed", "is closed; reopen it first, or merge it into this one"),
    ]
    for holds, why, says in refused:
        if holds:
            raise MergeRefused(f"Case {into.number} {says}.", why=why)


def merge(case: ReviewCaseState, actor: Actor, step: steps.Merge, now: datetime, found: Prepared) -> None:
    into = parse(step.into)
    case.merged = Merged(into=into, workflow=found.workflow or "", by=actor.person, at=now, waits=_waits(case))
    record(case, actor, now, "merged", into=into, contacts=len(case.attempts), why=step.why)
    case.clocks.pop(EscalationKind.BUYER_WROTE, None)  # its buyer waits for the other case's answer now
    end(case, actor, Outcome.DUPLICATE, now, into=into)


def _waits(case: ReviewCaseState) -> BuyerWaits:
    said, wrote = case.agreements, case.clocks.get(EscalationKind.BUYER_WROTE)
    return BuyerWaits(
        agreed_at=case.preference_at if resting.agreed(case) else None, stated_at=case.preference_stated_at,
        hours=said.hours, hours_written=said.hours_written, wrote_at=wrote.since if wrote else None,
    )  # fmt: skip


def merge_told(case: ReviewCaseState) -> None:
    if case.merged is not None:
        case.merged = case.merged.model_copy(update={"told": True})


def absorbed(case: ReviewCaseState, number: str, now: datetime, waits: BuyerWaits | None = None) -> None:
    """Another case was merged into this one; its contacts count here as well, and its buyer waits here. Once per case,
    however often it is told."""
    if number not in case.absorbed and case.closed_at is None:
        case.absorbed = [*case.absorbed, number]
        given = waits or BuyerWaits()
        record(
            case, SYSTEM, now, "absorbed",
            merged=number, agreed_at=given.agreed_at, hours=given.hours or None, buyer_wrote_at=given.wrote_at,
        )  # fmt: skip
        _wait_here(case, given, now)


def _wait_here(case: ReviewCaseState, waits: BuyerWaits, now: datetime) -> None:
    """Of two agreed times the one that was agreed last counts; the hours known here stay."""
    said, anew = case.agreements, False
    if waits.agreed_at is not None and _counts_more(case, waits, now):
        case.preference_at, case.preference_stated_at, anew = waits.agreed_at, waits.stated_at, True
    if waits.hours and not said.hours:
        said.hours, said.hours_written, anew = waits.hours, waits.hours_written, True
    if waits.wrote_at is not None:
        case.clocks.setdefault(EscalationKind.BUYER_WROTE, Clock(since=waits.wrote_at))
    if anew:
        replan(case, now)


def _counts_more(case: ReviewCaseState, waits: BuyerWaits, now: datetime) -> bool:
    mine, said_at = case.preference_at, case.preference_stated_at
    if mine is None or mine <= now:
        return True
    return waits.stated_at is not None and (said_at is None or waits.stated_at > said_at)


def plan_from_all_contacts(case: ReviewCaseState, now: datetime) -> None:
    """What was planned here knew nothing of the contacts made in the merged case: nobody is called again because of
    it."""
    if case.contact is not None:
        replan(case, now)


def split_off(case: ReviewCaseState, now: datetime) -> None:
    """The merge was a mistake: this run goes on by itself, with the contacts that were made in this case before."""
    if case.opening.split_from is not None and case.closed_at is None:
        record(case, SYSTEM, now, "split_off", survivor=case.opening.split_from)


def given_back(case: ReviewCaseState, number: str, now: datetime) -> None:
    """A case that was merged into this one goes on by itself again; what was done here since stays here."""
    if number in case.absorbed and case.closed_at is None:
        case.absorbed = [one for one in case.absorbed if one != number]
        record(case, SYSTEM, now, "given_back", merged=number)
