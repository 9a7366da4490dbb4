"""Reading out of the database what an export holds."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import merkle
from db.heads import CASE, HISTORY, OFFICE, Tip
from db.policy_rows import KINDS, model_of
from db.sealed_references import references
from db.tables.buyers import Review, SealedText
from db.tables.cases import CaseFile
from db.tables.money import LedgerEntry, Payout
from db.tables.office import OfficeEvent
from db.tables.policies import Policy
from db.tables.record import CaseEvent, HistoryArchive, RecordHead, RecordTip
from db.tables.refunds import Refund
from domain.policies.documents import load_shipped
from record.documents import (
    CaseDoc,
    CaseRow,
    Document,
    EventDoc,
    HeadDoc,
    HistoryDoc,
    LeavesDoc,
    LedgerDoc,
    OfficeDoc,
    OfficePart,
    PayoutDoc,
    PolicyDoc,
    Scope,
    TextDoc,
    TipDoc,
)

GONE = "gone"
SHIPPED = "shipped"


class Trees:
    """The trees of heads, each built once while many chains are looked up in it."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._trees: dict[int, tuple[merkle.Tree, dict[str, int]]] = {}

    async def tips(self, *chains: str) -> list[TipDoc]:
        """Where these chains come under heads, each with its way up, in the order of the heads."""
        found = select(RecordTip).where(RecordTip.chain.in_(chains)).order_by(RecordTip.head, RecordTip.chain)
        return [await self._tip(row) for row in await self._session.scalars(found)]

    async def _tip(self, row: RecordTip) -> TipDoc:
        tree, places = await self._tree(row.head)
        path = [(side, sister.hex()) for side, sister in tree.path(places[row.chain])]
        return TipDoc(chain=row.chain, head=row.head, seq=row.seq, hash=row.hash.hex(), path=path)

    async def _tree(self, head: int) -> tuple[merkle.Tree, dict[str, int]]:
        if head not in self._trees:
            rows = await self._session.scalars(select(RecordTip).where(RecordTip.head == head))
            tips = sorted((Tip(row.chain, row.seq, row.hash) for row in rows), key=lambda tip: tip.chain)
            places = {tip.chain: place for place, tip in enumerate(tips)}
            self._trees[head] = merkle.Tree(tip.leaf for tip in tips), places
        return self._trees[head]


async def heads(session: AsyncSession) -> list[HeadDoc]:
    rows = await session.scalars(select(RecordHead).order_by(RecordHead.number))
    return [HeadDoc(**_hex(HeadDoc, row)) for row in rows]


async def leaves(session: AsyncSession, scope: Scope) -> list[LeavesDoc]:
    """The leaves of every head that covers nothing but what happened within the scope's period."""
    found, since = [], None
    for head in await session.scalars(select(RecordHead).order_by(RecordHead.number)):
        if since is not None and scope.since and scope.until and scope.since <= since and head.at <= scope.until:
            rows = await session.scalars(select(RecordTip).where(RecordTip.head == head.number))
            tips = sorted((row.chain, row.seq, row.hash.hex()) for row in rows)
            found.append(LeavesDoc(head=head.number, leaves=tips))
        since = head.at
    return found


async def case(session: AsyncSession, trees: Trees, file: CaseFile, *, texts: bool) -> CaseDoc:
    events = list(await session.scalars(select(CaseEvent).where(CaseEvent.case == file.number).order_by(CaseEvent.seq)))
    kept = await histories(session, file.number)
    payouts = await session.scalars(select(Payout).where(Payout.case == file.number).order_by(Payout.made_at))
    postings = await session.scalars(
        select(LedgerEntry).where(LedgerEntry.case == file.number).order_by(LedgerEntry.id)
    )
    chains = [CASE + file.number, *(f"{HISTORY}{row.workflow}/{row.engine_run}" for row in kept)]
    return CaseDoc(
        case=CaseRow.model_validate(file),
        events=[EventDoc(**_hex(EventDoc, event)) for event in events],
        tips=await trees.tips(*chains),
        histories=[_history(file.number, place, row) for place, row in enumerate(kept, 1)],
        payouts=[PayoutDoc(**_hex(PayoutDoc, payout)) for payout in payouts],
        ledger=[LedgerDoc.model_validate(entry) for entry in postings],
        texts=await _texts(session, file, events) if texts else None,
    )


async def histories(session: AsyncSession, number: str) -> list[HistoryArchive]:
    """The archived runs of a case, as they followed each other within each workflow."""
    found = select(HistoryArchive).where(HistoryArchive.case == number)
    ordered = found.order_by(HistoryArchive.workflow, HistoryArchive.archived_at, HistoryArchive.engine_run)
    return list(await session.scalars(ordered))


def history_file(number: str, place: int) -> str:
    return f"histories/{number}/{place}.json"


def _history(number: str, place: int, row: HistoryArchive) -> HistoryDoc:
    return HistoryDoc(
        workflow=row.workflow,
        run=row.engine_run,
        sha256=row.sha256.hex(),
        archived_at=row.archived_at,
        file=None if row.engine_run == GONE else history_file(number, place),
    )


async def _texts(session: AsyncSession, file: CaseFile, events: Sequence[CaseEvent]) -> list[TextDoc]:
    """The buyer's own words in the review or the application, and every text that an event refers to."""
    wanted = {UUID(id) for event in events for id, _ in references(event.facts)}
    review = select(Review.text).where(Review.id == file.source_row)
    note = select(Refund.note).where(Refund.id == file.source_row, Refund.note.is_not(None))
    wanted |= set(await session.scalars(review.union_all(note)))
    rows = await session.scalars(select(SealedText).where(SealedText.id.in_(wanted)).order_by(SealedText.id))
    return [
        TextDoc(
            id=str(row.id), kind=row.kind, digest=row.digest, body=row.body, salt=row.salt.hex() if row.salt else None
        )
        for row in rows
    ]


async def office(session: AsyncSession, trees: Trees, first: int) -> OfficePart:
    """The office's chain from its line `first` to its end."""
    rows = await session.scalars(select(OfficeEvent).where(OfficeEvent.seq >= first).order_by(OfficeEvent.seq))
    tips = [tip for tip in await trees.tips(OFFICE) if tip.seq >= first]
    return OfficePart(lines=[OfficeDoc(**_hex(OfficeDoc, row)) for row in rows], tips=tips)


async def policies(session: AsyncSession, names: Iterable[str]) -> list[PolicyDoc]:
    """The documents that these names of versions mean; a name that means none is left out."""
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        kind, _, version = name.partition(":")
        wanted[kind].add(version)
    found = []
    for kind in sorted(wanted.keys() & KINDS.keys()):
        if SHIPPED in wanted[kind]:
            document = load_shipped(kind, model_of(kind)).model_dump(mode="json", by_alias=True)
            found.append(PolicyDoc(name=f"{kind}:{SHIPPED}", document=document))
        rows = await session.scalars(select(Policy).where(Policy.kind == kind).order_by(Policy.id))
        found += [_policy(row) for row in rows if f"{row.shop or 'house'}:{row.version}" in wanted[kind]]
    return found


def _policy(row: Policy) -> PolicyDoc:
    name = f"{row.kind}:{row.shop or 'house'}:{row.version}"
    return PolicyDoc(name=name, document=row.document, made_by=row.made_by, made_at=row.made_at, why=row.why)


def _hex(document: type[Document], row: Any) -> dict[str, Any]:
    """The row's columns that the document has, bytes as hexadecimal."""
    values = {name: getattr(row, name) for name in document.model_fields}
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
