"""The bodies of steps, derived from the domain's steps: where a step holds a reference, its body takes the thing.

A new step is one model in the steps.py of its kind of case; its body, its place in the union and its sealing follow.
"""

import types
from collections.abc import Mapping
from copy import copy
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ValidationError,
    create_model,
)
from pydantic_core import CoreSchema, ErrorDetails

from api.fields import Line, Moment, OfferedFen, Text, Yuan
from api.kinds import REFUND_STEPS, REVIEW_STEPS
from domain.payees import PayeeKind
from domain.phones import phone_kind
from domain.sealed import ParcelRef, PayeeRef, PhoneRef, SealedRef, ShipmentRef
from domain.step import Step


class StepBody(BaseModel):
    """One step as a person sends it; `step` says which."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def step_name(self) -> str:
        """Which step this is: every body has a field `step`."""
        return str(getattr(self, "step"))  # noqa: B009 the field is declared by each body, not here


class PayeeBody(BaseModel):
    """The buyer's own wallet account. It is sealed before anything else happens with it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: PayeeKind = PayeeKind.ALIPAY_LOGON_ID
    account: Line = Field(description="phone number, mail address or id of the account; an openid for WeChat Pay")
    name: Line | None = Field(default=None, description="the holder's name; the wallet compares it")


class WaybillBody(BaseModel):
    """Goods that go out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    courier: Line
    waybill: Line


class ParcelBody(BaseModel):
    """A parcel that stands in the warehouse: by its id where it was entered before (POST /parcels), else by what is on
    it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID | None = None
    courier: Line | None = None
    waybill: Line | None = None
    note: Text | None = None


class Reopen(StepBody):
    """Begin the next run of a closed case. For leads and supervisors; for the whole desk when the buyer came back."""

    step: Literal["reopen"]
    why: Text
    buyer_came_back: bool = Field(default=False, description="the buyer got in touch again by themselves")


class SplitOff(StepBody):
    """Undo a merge that was a mistake: the merged case begins its next run and goes on by itself. For leads and
    supervisors."""

    step: Literal["split_off"]
    why: Text


REFERENCES: Mapping[Any, Any] = {
    SealedRef: Text,
    PayeeRef: PayeeBody,
    PhoneRef: Line,
    ParcelRef: ParcelBody,
    ShipmentRef: WaybillBody,
}
# Codes and ids go into the engine's history as they come, so they are bounded here.
BOUNDED: Mapping[Any, Any] = {str: Line, list[str]: list[Line], AwareDatetime: Moment}
# Amounts are read by their own rules, so that each way of being no amount has its name.
AMOUNTS: Mapping[str, Any] = {"amount_fen": OfferedFen, "currency": Yuan}


def _sent(annotation: Any) -> Any:
    """The annotation with every reference replaced by what a person sends in its place."""
    for known in (REFERENCES, BOUNDED):
        if annotation in known:
            return known[annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        parts = tuple(_sent(part) for part in get_args(annotation))
        return Union[parts]  # noqa: UP007 parts are known only here
    return annotation


def _body_of(step: type[Step]) -> type[StepBody]:
    fields: dict[str, Any] = {}
    for name, field in step.model_fields.items():
        own = copy(field)
        own.annotation = AMOUNTS.get(name) or _sent(field.annotation)
        fields[name] = (own.annotation, ... if name == "step" else own)
    return create_model(f"{step.__name__}Step", __base__=StepBody, __doc__=step.__doc__, **fields)


# A name means one step, in whatever kind of case.
STEPS: Mapping[str, type[Step]] = {**REVIEW_STEPS, **REFUND_STEPS}
BODIES: Mapping[str, type[StepBody]] = {name: _body_of(step) for name, step in STEPS.items()} | {
    "reopen": Reopen,
    "split_off": SplitOff,
}


def references_of(step: type[Step]) -> dict[str, type[BaseModel]]:
    """The fields of a step that hold a reference, with its kind."""
    found: dict[str, type[BaseModel]] = {}
    for name, field in step.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        reference = next((kind for kind in kinds if kind in REFERENCES), None)
        if reference is not None:
            found[name] = reference
    return found


def plain(body: StepBody) -> dict[str, Any]:
    return {name: getattr(body, name) for name in type(body).model_fields}


_EMPTY: Mapping[type, Any] = {
    SealedRef: lambda value: SealedRef(id="", digest=""),
    PayeeRef: lambda value: PayeeRef(id="", kind=value.kind),
    PhoneRef: lambda value: PhoneRef(id="", kind=phone_kind(value).kind),
    ParcelRef: lambda value: ParcelRef(id=""),
    ShipmentRef: lambda value: ShipmentRef(id=""),
}


def rehearsed(body: StepBody) -> Step:
    """The step with empty references: enough to ask the rules whether it may be taken at all."""
    kind = STEPS[body.step_name]
    filled = {name: _EMPTY[ref](value) for name, ref in references_of(kind).items() if (value := getattr(body, name))}
    return kind.model_validate(plain(body) | filled)


def _said(fault: ErrorDetails) -> str:
    where, why = ".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")
    return f"{where}: {why}" if where else why


def _whole(body: StepBody) -> StepBody:
    """A body that the step itself would not take, because of how its fields fit together, is misshapen too."""
    if body.step_name in STEPS:
        try:
            rehearsed(body)
        except ValidationError as invalid:
            raise ValueError("; ".join(map(_said, invalid.errors()))) from None
    return body


class _AnyBody:
    """Reads a `StepBody` as the union of all bodies, told apart by `step`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        members = tuple(BODIES.values())
        whole = AfterValidator(_whole)
        return handler.generate_schema(Annotated[Union[members], Field(discriminator="step"), whole])  # noqa: UP007


AnyStepBody = Annotated[StepBody, _AnyBody()]
