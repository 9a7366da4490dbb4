"""What the activities find out for a review case, as plain facts; domain/review_case/progress.py lets them count."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.assignment import Assigned as Assigned
from domain.case_clocks import Reckoned as Reckoned
from domain.case_clocks import Told as Told
from domain.contact_terms import CapName, Channel, NextMove, StopSignal
from domain.disputes.state import Risk
from domain.escalation import EscalationKind
from domain.people import Actor, Role
from domain.review_case.state import Identity, ReviewCaseState
from domain.sealed import SealedRef


class Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class Opened(Fact):
    """The case is registered and triaged. `duplicate_of` names the case that already has this review; `number` is the
    number that counts, should the minted one have been taken. `before` is what an earlier run left, `reversed_fen`
    what that had paid for an amendment that is gone; `buyer_reversals` counts such cases of the same person."""

    number: str
    duplicate_of: str | None = None
    identity: Identity | None = None
    before: ReviewCaseState | None = None
    policies: dict[str, str] = Field(default_factory=dict)
    suggested_cause: str | None = None
    severity: int = 1
    severity_reasons: list[str] = Field(default_factory=list)
    signals: list[str] = Field(default_factory=list)
    score: int = 0
    review_by_person: bool = False
    details_wanted: bool = False
    earlier_cases: int = 0
    reversed_fen: int | None = None
    buyer_reversals: int = 0
    clocks: dict[EscalationKind, datetime] = Field(default_factory=dict)


class Planned(Fact):
    """The next contact, or why there is none; `again_at` None means that asking again changes nothing."""

    due_at: datetime | None = None
    slot_ends_at: datetime | None = None
    channel: Channel | None = None
    why: str
    why_zh: str = ""
    code: str | None = None
    warnings: list[str] = Field(default_factory=list)
    in_surge: bool = False
    presence_again_at: datetime | None = None
    again_at: datetime | None = None
    policy: str = ""


class FollowUpPlanned(Fact):
    """The visit after a solved case with its closed questions, or (without a due time) why there is none."""

    due_at: datetime | None = None
    slot_ends_at: datetime | None = None
    channel: Channel | None = None
    why: str
    why_zh: str = ""
    warnings: list[str] = Field(default_factory=list)
    questions: dict[str, list[str]] = Field(default_factory=dict)
    policy: str = ""
    hours_policy: str = ""


class Prepared(Fact):
    """What an activity found out before a step could be carried out; only the fields of that step are set."""

    policy: str | None = None
    attempt: str | None = None
    severity: int | None = None
    score: int | None = None
    next: NextMove | None = None
    again_at: datetime | None = None
    stop: StopSignal | None = None
    counts: bool | None = None
    cap: CapName | None = None
    need_roles: list[Role] = Field(default_factory=list)
    need_both: bool = False
    valid_until: datetime | None = None
    approval_until: datetime | None = None
    range_fen: tuple[int, int] | None = None
    paid_back_fen: int | None = None
    amount_fen: int | None = None
    month: str | None = None
    workflow: str | None = None
    off_shift: bool = False
    digests: dict[str, str] = Field(default_factory=dict)


class Asked(Fact):
    """Who was asked to approve an offer: the role whose turn it is and those of it who are at work now; `passed_over`
    are those whose turn it would have been. Without a role nobody was, until `next_at`."""

    since: datetime
    role: Role | None = None
    people: list[str] = Field(default_factory=list)
    passed_over: list[str] = Field(default_factory=list)
    next_at: datetime | None = None
    policy: str = ""


class ReplyText(Fact):
    """A prepared public reply, or why there can be none. `template` is the library's, or `policy`; `left_out` are how
    many of its sentences this case can't say."""

    text: SealedRef | None = None
    template: str | None = None
    left_out: int = 0
    impossible: str | None = None
    policy: str = ""


class Posted(Fact):
    """What became of posting the reply: posted and read back, refused by the marketplace, or stopped at our own door
    because its words are `unfit`."""

    posted: bool
    unfit: bool = False
    why: str = ""


class NoticeSent(Fact):
    """The final notice: sent, not needed, or to be tried again at the next permitted hour."""

    sent: bool
    why: str
    again_at: datetime | None = None


class PayoutOpened(Fact):
    """The gate's answer for one payout: its key when it is open, what is missing when it is not. `ours` says that only
    the shop can supply what is missing, so that the buyer's money must not run out of time; `gate_facts` are what the
    gate rested on, `give_roles` who may give what is given by hand."""

    key: str | None = None
    amount_fen: int = 0
    gate: str = ""
    gate_facts: dict[str, Any] = Field(default_factory=dict)
    missing: list[str] = Field(default_factory=list)
    ours: bool = False
    again_at: datetime | None = None
    give_roles: list[Role] = Field(default_factory=list)
    second_person: bool = True
    policy: str = ""


class PayoutReport(Fact):
    """What a payout tells its case, by signal. `person`: asking has not helped for as long as the policy allows, or
    the wallet contradicts us; with it comes all that is known."""

    key: str
    status: str
    code: str | None = None
    remedy: str | None = None
    closed: bool = False
    person: bool = False
    sends: int | None = None
    queries: int | None = None
    sent_at: datetime | None = None
    at: datetime


class BuyerMessage(Fact):
    """What a messenger, or another program, received from the buyer. `by` is the program's person id."""

    by: str
    channel: Channel
    text: SealedRef
    opt_out: bool = False
    risks: list[Risk] = Field(default_factory=list)


class StepRequest(Fact):
    """What an activity gets to prepare a step: references and circumstances, never the whole history."""

    case: str
    shop: str
    actor: Actor
    now: datetime
    update_id: str
