"""References to what may not stand in history: texts and buyer data live in rows of their own, sealed."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class SealedRef(BaseModel):
    """A sealed text: the id of its row, and the salted hash by which events commit to it. The salt is erased together
    with the text, so that afterwards the hash tells nothing."""

    model_config = ConfigDict(frozen=True)

    id: str
    digest: str


class PayeeRef(BaseModel):
    """A wallet account that was sealed into a row of its own; `kind` is the wallet's identity type."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str


class PhoneRef(BaseModel):
    """A phone number that was sealed into the buyer's row; `kind` is its PhoneKind."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str


class ParcelRef(BaseModel):
    """A parcel that stands in the warehouse, in a row of its own with its waybill sealed."""

    model_config = ConfigDict(frozen=True)

    id: str


class ShipmentRef(BaseModel):
    """Goods on their way, in a row of their own with their waybill sealed."""

    model_config = ConfigDict(frozen=True)

    id: str


class Event(BaseModel):
    """One line of a case's record: facts and references, never people's data.

    `seq` counts per case across runs from 1; `policy` names the policy version that decided, as `kind:version`.
    """

    model_config = ConfigDict(frozen=True)

    seq: int
    at: datetime
    kind: str
    actor_kind: str
    actor: str = ""
    policy: str | None = None
    facts: dict[str, Any] = {}
