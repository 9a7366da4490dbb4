"""Signed heads: once a day the tips of all chains that have grown come under one root, chained and signed.

A hash chain alone can't show that its tail was cut or that it was reckoned anew from its beginning: whoever can write
the table can do both. A head outlives that. What it signed must be in the record for ever.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import chain, merkle
from db.audit import lock_office
from db.signatures import Signer, is_signed
from db.tables.cases import CaseFile
from db.tables.office import OfficeEvent
from db.tables.record import CaseEvent, HistoryArchive, RecordHead, RecordTip
from domain.errors import Refusal

PURPOSE = "record head"
OFFICE = "office"
CASE = "case:"
HISTORY = "history:"


class ClockWentBack(Refusal):
    """The clock says an earlier time than the newest head; a head that was older than its predecessor would prove
    nothing."""

    code = "ClockWentBack"


@dataclass(frozen=True, slots=True)
class Tip:
    """How far a chain had come: the hash of its line `seq`."""

    chain: str
    seq: int
    hash: bytes

    @property
    def leaf(self) -> bytes:
        """What the tree holds of it."""
        return chain.canonical({"chain": self.chain, "seq": self.seq, "hash": self.hash.hex()})


def head_line(head: RecordHead) -> dict[str, object]:
    """What a head's hash covers."""
    return {
        "number": head.number,
        "at": head.at,
        "leaves": head.leaves,
        "root": head.root.hex(),
        "public": head.public,
    }


async def head_is_due(session: AsyncSession, now: datetime) -> bool:
    """Whether the day (UTC) has no head yet; nobody else makes one until this transaction ends.

    Raises ClockWentBack.
    """
    await lock_office(session)
    last = await newest_head(session)
    if last is None or last.day == now.astimezone(UTC).date():
        return last is None
    if last.at >= now:
        raise ClockWentBack(
            f"The newest head is of {last.at:%Y-%m-%d %H:%M} UTC and the clock says {now:%Y-%m-%d %H:%M}: set the "
            "clock right, or explain that head to your auditor.",
            head=last.number,
        )
    return True


async def make_head(session: AsyncSession, signer: Signer, now: datetime) -> RecordHead:
    """The head of the day, which must be due."""
    last, tips = await newest_head(session), await grown(session)
    head = RecordHead(
        number=last.number + 1 if last else 1,
        day=now.astimezone(UTC).date(),
        at=now,
        leaves=len(tips),
        root=merkle.Tree(tip.leaf for tip in tips).root,
        public=signer.public,
        previous=last.hash if last else chain.FIRST,
    )
    head.hash = chain.link(head.previous, head_line(head))
    head.signature = signer.sign(PURPOSE, head.hash)
    session.add(head)
    await session.flush()
    rows = [{"chain": tip.chain, "head": head.number, "seq": tip.seq, "hash": tip.hash} for tip in tips]
    if rows:
        await session.execute(insert(RecordTip), rows)
    return head


async def newest_head(session: AsyncSession) -> RecordHead | None:
    head: RecordHead | None = await session.scalar(select(RecordHead).order_by(RecordHead.number.desc()).limit(1))
    return head


def is_sound(head: RecordHead, previous: bytes) -> bool:
    """Whether a head follows from the one before it and bears its own key's signature."""
    follows = head.previous == previous and head.hash == chain.link(previous, head_line(head))
    return follows and is_signed(head.public, PURPOSE, head.hash, head.signature)


async def grown(session: AsyncSession) -> list[Tip]:
    """The tips of all chains that have grown since they last came under a head, by their names."""
    covered = select(RecordTip.chain, func.max(RecordTip.seq).label("seq")).group_by(RecordTip.chain).subquery()
    name = literal(CASE) + CaseFile.number
    cases = (
        select(name.label("chain"), CaseEvent.seq, CaseEvent.hash)
        .join(CaseEvent, (CaseEvent.case == CaseFile.number) & (CaseEvent.seq == CaseFile.version))
        .outerjoin(covered, covered.c.chain == name)
        .where(CaseFile.version > func.coalesce(covered.c.seq, 0))
    )
    kept = literal(HISTORY) + HistoryArchive.workflow + "/" + HistoryArchive.engine_run
    histories = (
        select(kept.label("chain"), literal(0).label("seq"), HistoryArchive.sha256)
        .outerjoin(covered, covered.c.chain == kept)
        .where(covered.c.chain.is_(None))
    )
    newest = select(OfficeEvent.seq, OfficeEvent.hash).order_by(OfficeEvent.seq.desc()).limit(1)
    tips = [Tip(row.chain, row.seq, row.hash) for row in await session.execute(cases.union_all(histories))]
    office = (await session.execute(newest)).first()
    if office and office.seq > (await session.scalar(select(covered.c.seq).where(covered.c.chain == OFFICE)) or 0):
        tips.append(Tip(OFFICE, office.seq, office.hash))
    return sorted(tips, key=lambda tip: tip.chain)


# The newest signed tip of every chain, beside what stands there now: what is gone is NULL, what was changed differs. A
# chain that was reckoned anew differs at its newest tip too, so older ones need not be looked at.
_LOST = text(
    """
    SELECT t.chain FROM (SELECT DISTINCT ON (chain) chain, seq, hash FROM record_tip ORDER BY chain, head DESC) t
    LEFT JOIN case_event e ON left(t.chain, 5) = 'case:' AND e.case_number = substr(t.chain, 6) AND e.seq = t.seq
    LEFT JOIN office_event o ON t.chain = 'office' AND o.seq = t.seq
    LEFT JOIN history_archive h ON t.chain = 'history:' || h.workflow || '/' || h.engine_run
    WHERE t.hash IS DISTINCT FROM COALESCE(e.hash, o.hash, h.sha256)
    ORDER BY t.chain LIMIT 100
    """
)


async def lost(session: AsyncSession) -> list[str]:
    """Chains whose signed tip isn't what stands in the record now; at most 100."""
    return list(await session.scalars(_LOST))
