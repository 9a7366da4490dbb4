"""What stands in an export: JSON documents that hold the record as it is in the database, hashes as hexadecimal."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from db import chain
from db.heads import Tip
from db.tables.record import RecordHead

FORMAT = 1
Hex = Annotated[str, StringConstraints(pattern="^([0-9a-f]{2})*$")]


class Document(BaseModel):
    model_config = ConfigDict(from_attributes=True, extra="forbid")


class EventDoc(Document):
    seq: int
    at: AwareDatetime
    kind: str
    actor_kind: str
    actor: str
    policy: str | None
    facts: dict[str, Any]
    previous: Hex
    hash: Hex

    def line(self, case: str) -> dict[str, object]:
        return {name: case if name == "case" else getattr(self, name) for name in chain.CASE_LINE}


class OfficeDoc(Document):
    seq: int
    at: AwareDatetime
    actor: str
    kind: str
    subject: str
    facts: dict[str, Any]
    previous: Hex
    hash: Hex

    def line(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in chain.OFFICE_LINE}


class HeadDoc(Document):
    number: int
    day: date
    at: AwareDatetime
    leaves: int
    root: Hex
    public: Hex
    previous: Hex
    hash: Hex
    signature: Hex

    def row(self) -> RecordHead:
        binary = {name: bytes.fromhex(getattr(self, name)) for name in ("root", "previous", "hash", "signature")}
        plain = {name: getattr(self, name) for name in ("number", "day", "at", "leaves", "public")}
        return RecordHead(**plain, **binary)


class TipDoc(Document):
    """Where a chain comes under a head, and the way up to that head's root."""

    chain: str
    head: int
    seq: int
    hash: Hex
    path: list[tuple[str, Hex]]

    def tip(self) -> Tip:
        return Tip(self.chain, self.seq, bytes.fromhex(self.hash))


class LeavesDoc(Document):
    """All leaves of one head in their order, each as chain, seq and hash: they show whether a case was left out."""

    head: int
    leaves: list[tuple[str, int, Hex]]

    def tips(self) -> list[Tip]:
        return [Tip(chain, seq, bytes.fromhex(hash)) for chain, seq, hash in self.leaves]


class HistoryDoc(Document):
    """One archived run. `file` is where its JSON lies in the export; None where the engine had forgotten it."""

    workflow: str
    run: str
    sha256: Hex
    archived_at: AwareDatetime
    file: str | None


class TextDoc(Document):
    """A text and the salt with which events commit to it; both are None once it was erased."""

    id: str
    kind: str
    digest: str
    body: str | None
    salt: Hex | None


class PayoutDoc(Document):
    """A payout without its payee; `wire_digest` is the SHA-256 of the bytes that were sent."""

    key: str
    offer: int
    attempt: int
    amount_fen: int
    form: str
    status: str
    gate: str
    code: str | None
    provider_order: str | None
    wire_digest: Hex | None
    made_at: AwareDatetime
    paid_at: AwareDatetime | None


class LedgerDoc(Document):
    posting: str
    account: str
    amount_fen: int
    at: AwareDatetime


class CaseRow(Document):
    """The case as lists show it: a projection of its events."""

    number: str
    kind: str
    workflow: str
    run: int
    shop: str
    platform: str
    external_id: str
    stage: str
    grade: str | None
    cause: str | None
    severity: int
    review_created_at: AwareDatetime
    opened_at: AwareDatetime
    outcome: str | None
    closed_at: AwareDatetime | None
    paid_fen: int
    version: int


class CaseDoc(Document):
    """Everything of one case. `texts` is None where the export was asked for without them."""

    case: CaseRow
    events: list[EventDoc]
    tips: list[TipDoc]
    histories: list[HistoryDoc]
    payouts: list[PayoutDoc]
    ledger: list[LedgerDoc]
    texts: list[TextDoc] | None = None


class OfficePart(Document):
    """A stretch of the office's own chain without a gap, and where it comes under heads."""

    lines: list[OfficeDoc]
    tips: list[TipDoc]


class PolicyDoc(Document):
    """A policy that a decision names as `kind:shop or house:version`, or `kind:shipped`."""

    name: str
    document: dict[str, Any]
    made_by: str | None = None
    made_at: AwareDatetime | None = None
    why: str | None = None


class Scope(Document):
    """What was asked for: one case, or everything that happened in a period."""

    case: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    shops: list[str] | None = None


class Manifest(Document):
    """What the export holds; its signature covers every file by the hash that stands here."""

    format: int = FORMAT
    installation: str
    made_at: datetime
    made_by: str
    why: str
    scope: Scope
    cases: list[str]
    texts: bool
    files: dict[str, Hex]


class SignatureDoc(Document):
    public: Hex
    signature: Hex
