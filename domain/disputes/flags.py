"""Risk flags: talk that leaves the marketplace and demands to be paid past it, with what shows them (R141, R142)."""

from collections.abc import Iterable
from datetime import datetime

from domain.case_record import record
from domain.disputes import steps
from domain.disputes.rules import (
    KEPT,
    DisputeFull,
    FlagUnknown,
    RiskUnproven,
    desk,
    fresh,
    leaders,
    named,
    papers_of,
    require,
)
from domain.disputes.state import SHOWN_BY, Disputed, Found, Risk, RiskFlag
from domain.people import Actor
from domain.sealed import SealedRef
from domain.step_refusals import ReasonMissing


def risks_in(signals: Iterable[str]) -> list[Risk]:
    """Those that signals of the causes policy show, in the policy's order."""
    return list(dict.fromkeys(SHOWN_BY[signal] for signal in signals if signal in SHOWN_BY))


def may_flag(case: Disputed, actor: Actor) -> None:
    desk(case, actor)
    require(len(case.disputes.flags) < KEPT, DisputeFull, f"{KEPT} flags are kept already; write a note instead.")


def check_flag(case: Disputed, actor: Actor, step: steps.FlagRisk, now: datetime) -> None:
    shown = step.words is not None or bool(step.files)
    require(shown, RiskUnproven, "Send what shows it: the buyer's words, or files of the case's vault.")
    fresh(step.files, [])


def flag(case: Disputed, actor: Actor, step: steps.FlagRisk, now: datetime, found: Found) -> None:
    one = RiskFlag(
        number=len(case.disputes.flags) + 1, risk=step.risk, words=step.words, papers=papers_of(step.files, found),
        declined=step.declined, by=actor.person, at=now,
    )  # fmt: skip
    case.disputes.flags.append(one)
    record(
        case, actor, now, "risk_flagged",
        flag=one.number, risk=one.risk, words=one.words, papers=named(one.papers), declined=one.declined,
    )  # fmt: skip


def suggest(case: Disputed, by: Actor, risks: Iterable[Risk], words: SealedRef, now: datetime) -> None:
    """The words of a message look like a risk; a person says whether they are one."""
    for risk in risks:
        waiting = any(one.risk is risk and (one.waiting or one.raised) for one in case.disputes.flags)
        if waiting or len(case.disputes.flags) >= KEPT:
            continue
        one = RiskFlag(
            number=len(case.disputes.flags) + 1, risk=risk, words=words, suggested=True, by=by.person, at=now
        )
        case.disputes.flags.append(one)
        record(case, by, now, "risk_suggested", flag=one.number, risk=risk, words=words)


def may_judge(case: Disputed, actor: Actor) -> None:
    """What a message suggested the whole desk judges; what a person raised is taken back by a leader."""
    desk(case, actor)
    open_ones = [one for one in case.disputes.flags if one.waiting or one.raised]
    require(bool(open_ones), FlagUnknown, "No flag waits for a word here; look at the case again.")
    if not any(one.waiting for one in open_ones):
        leaders(case, actor)


def check_judge(case: Disputed, actor: Actor, step: steps.JudgeFlag, now: datetime) -> None:
    one = next((one for one in case.disputes.flags if one.number == step.flag), None)
    if one is None or not (one.waiting or one.raised):
        raise FlagUnknown("That flag waits for no word; look at the case again.")
    if not one.waiting:
        leaders(case, actor)
        require(not step.stands or step.declined, FlagUnknown, "That flag stands already; look at the case again.")
    reason = step.stands or step.why is not None
    require(reason, ReasonMissing, "Say why it does not stand: what is taken off needs its reason.")


def judge(case: Disputed, actor: Actor, step: steps.JudgeFlag, now: datetime, found: Found) -> None:
    one = case.disputes.flags[step.flag - 1]
    one.stands, one.judged_by, one.judged_at = step.stands, actor.person, now
    one.declined = one.declined or step.declined
    record(
        case, actor, now, "risk_judged",
        flag=one.number, risk=one.risk, stands=step.stands, declined=one.declined, why=step.why,
    )  # fmt: skip
