"""An application as its marketplace shows it: one reading, and which of two is the newer."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from domain.people import Role
from domain.policies.causes import Fault
from domain.policies.refund_rules import RefundStatus
from domain.policies.refunds import CourierClaims
from domain.policies.tracking import TrackingPolicy
from domain.refund_deadlines import Deadline
from domain.tracking import Leg


class RefundKind(StrEnum):
    """What the buyer asks for."""

    REFUND = "refund"
    RETURN = "return"
    EXCHANGE = "exchange"
    REPAIR = "repair"
    RESEND = "resend"


GOODS_COME_BACK = frozenset({RefundKind.RETURN, RefundKind.EXCHANGE, RefundKind.REPAIR})
GOODS_GO_OUT = frozenset({RefundKind.EXCHANGE, RefundKind.REPAIR, RefundKind.RESEND})
ENDED = frozenset({RefundStatus.SUCCEEDED, RefundStatus.CLOSED})


class Counter(StrEnum):
    """Where an application is read and answered by machine; NONE: only people can, in the marketplace's workbench."""

    REFUNDS = "refunds"
    EXCHANGES = "exchanges"
    NONE = "none"


class Intervention(StrEnum):
    """What part the marketplace's own service takes."""

    NONE = "none"
    ASKED = "asked"
    STEPPED_IN = "stepped_in"
    FOR_BUYER = "for_buyer"
    FOR_SELLER = "for_seller"

    @property
    def under_way(self) -> bool:
        return self in {Intervention.ASKED, Intervention.STEPPED_IN}


class Handling(BaseModel):
    """How the shop handles refunds at the moment of a reading; `policy` is the version that says so. `by_machine`:
    whether the marketplace can be read and answered without a person; a sum above `by_machine_up_to_fen` is released in
    its workbench. `goods_are_taken`: it wants to be told that old goods are taken before others go out. Without
    `tracking` nobody watches the parcels. `pays_alternatives`: what is
    given in place of a refund can be paid from here."""

    model_config = ConfigDict(frozen=True)

    executed_by: Literal["finance", "service"]
    inspected_by: Literal["warehouse", "service"]
    safe_asked: Literal["agree", "let_pass"] = "let_pass"
    safe_returned: Literal["refund", "let_pass"] = "let_pass"
    safe_up_to_fen: int = 0
    warn_hours: list[int] = [24, 6, 1]
    warn_roles: list[Role] = [Role.AGENT, Role.LEAD, Role.SUPERVISOR]
    act_minutes_before: int = 30
    alternatives: list[str] = []
    try_first_max_days: int = 7
    goods_wait_days: int = 15
    second_look_hours: int = 24
    return_freight_fen: int = 0
    by_machine_up_to_fen: int | None = None
    by_machine: bool = True
    proof_to_refuse: bool = False
    tracking: TrackingPolicy | None = None
    claims: CourierClaims | None = None
    outbound_freight_fen: int = 0
    insurance_cap_fen: int = 0
    goods_are_taken: bool = False
    pays_alternatives: bool = False
    policy: str = ""

    # Parts of a policy are strict, and a state that was kept in a row holds lists and plain words.
    @field_validator("tracking", mode="before")
    @classmethod
    def _kept_tracking(cls, value: Any) -> Any:
        return TrackingPolicy.model_validate(value, strict=False) if isinstance(value, dict) else value

    @field_validator("claims", mode="before")
    @classmethod
    def _kept_claims(cls, value: Any) -> Any:
        return CourierClaims.model_validate(value, strict=False) if isinstance(value, dict) else value


class OnItsWay(BaseModel):
    """A parcel that was told of: the row of its shipment, whose way it is on, and since when we know of it."""

    model_config = ConfigDict(frozen=True)

    shipment: str
    leg: Leg
    told_at: datetime


class Reading(BaseModel):
    """`code` is the marketplace's own word for the status, `version` its optimistic lock. `shipment` is the row of the
    parcel that the buyer says is on its way back. `cause` and `fault` follow from the marketplace's reason."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    status: RefundStatus
    code: str
    version: str | None = None
    phase: str | None = None
    modified_at: datetime | None = None
    kind: RefundKind
    amount_fen: int
    cause: str | None = None
    fault: Fault = "none"
    cannot_refuse: bool = False
    intervention: Intervention = Intervention.NONE
    deadline: Deadline | None = None
    shipment: str | None = None
    parcels: list[OnItsWay] = []
    handling: Handling


class Basis(BaseModel):
    """What somebody decided on. A message of the buyer moves the version and not this."""

    model_config = ConfigDict(frozen=True)

    status: RefundStatus
    kind: RefundKind
    amount_fen: int
    cause: str | None


def basis_of(reading: Reading) -> Basis:
    return Basis(status=reading.status, kind=reading.kind, amount_fen=reading.amount_fen, cause=reading.cause)


def older(reading: Reading, than: Reading) -> bool:
    """Whether a reading tells of an earlier state than the one that is known: by version where both are numbers, else
    by the marketplace's own time of the last change, else by when each was read."""
    mine, known = _number(reading.version), _number(than.version)
    if mine is not None and known is not None:
        return mine < known
    if reading.modified_at is not None and than.modified_at is not None:
        return reading.modified_at < than.modified_at
    return reading.at < than.at


def _number(version: str | None) -> int | None:
    return int(version) if version is not None and version.isascii() and version.isdigit() else None
