"""Making an export: one case, or every case in which something happened in a period."""

import gzip
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.signatures import Signer
from db.tables.buyers import Buyer, Review
from db.tables.cases import CaseFile
from db.tables.office import Installation, OfficeEvent
from db.tables.record import CaseEvent
from domain.errors import Refusal
from record import collect
from record.bundle import HEADS, LEAVES, OFFICE, POLICIES, Writer, case_file
from record.documents import CaseDoc, Manifest, Scope

README = """An export of the record of Amends.

Check it with the product of the same or a later version: amends verify FILE
manifest.json names the SHA-256 of every file, signature.json signs the manifest (Ed25519 over its SHA-256),
heads.json are the signed heads, and each case's `tips` lead to their roots. Keys and buyers' data are not in it; where
the manifest says `texts`, the cases hold what people wrote.
"""


class ExportEmpty(Refusal):
    """Nothing happened in what was asked for."""

    code = "ExportEmpty"


class ExportTooLarge(Refusal):
    """More cases than one request may export."""

    code = "ExportTooLarge"


class BuyerErased(Refusal):
    """Texts were asked for that were erased with their buyer."""

    code = "BuyerErased"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants what exported and why. `shops` of the scope None means every shop; `most` bounds the cases."""

    scope: Scope
    by: str
    why: str
    now: datetime
    texts: bool = False
    most: int | None = None


async def export(session: AsyncSession, wish: Wish, signer: Signer | None, path: Path) -> Manifest:
    """Write the file; the manifest says what it holds. Raises ExportEmpty, ExportTooLarge or BuyerErased."""
    # One moment for all that is read, while cases go on being written.
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    numbers = await cases_of(session, wish)
    if wish.texts:
        await _refuse_erased(session, numbers)
    trees, policies = collect.Trees(session), set[str]()
    with Writer(path) as writer:
        async for doc in _cases(session, trees, numbers, wish, writer):
            policies |= {event.policy for event in doc.events if event.policy}
        writer.document(HEADS, [*await collect.heads(session)])
        writer.document(POLICIES, [*await collect.policies(session, policies)])
        if wish.scope.case is None and wish.scope.shops is None:
            writer.document(OFFICE, await collect.office(session, trees, await _first_line(session, wish.scope)))
            writer.document(LEAVES, [*await collect.leaves(session, wish.scope)])
        writer.add("README.txt", README.encode())
        installation = await session.scalar(select(Installation.prefix))
        manifest = Manifest(
            installation=installation or "", made_at=wish.now, made_by=wish.by, why=wish.why, scope=wish.scope,
            cases=list(numbers), texts=wish.texts, files=writer.files,
        )  # fmt: skip
        writer.finish(manifest, signer)
    return manifest


async def cases_of(session: AsyncSession, wish: Wish) -> Sequence[str]:
    """The numbers of the cases that the wish is about. Raises ExportEmpty or ExportTooLarge."""
    scope = wish.scope
    found = select(CaseFile.number).order_by(CaseFile.number)
    if scope.case is not None:
        found = found.where(CaseFile.number == scope.case)
    else:
        happened = select(CaseEvent.case).where(CaseEvent.at >= scope.since, CaseEvent.at < scope.until)
        found = found.where(CaseFile.number.in_(happened))
    if scope.shops is not None:
        found = found.where(CaseFile.shop.in_(scope.shops))
    numbers = list(await session.scalars(found.limit(wish.most + 1 if wish.most else None)))
    if not numbers:
        raise ExportEmpty("Nothing happened in what you asked for; choose another case, period or shop.")
    if wish.most and len(numbers) > wish.most:
        raise ExportTooLarge(
            f"The period has more than {wish.most} cases: choose a shorter one, or use `amends export` on the server.",
            most=wish.most,
        )
    return numbers


async def _refuse_erased(session: AsyncSession, numbers: Sequence[str]) -> None:
    erased = (
        select(CaseFile.number)
        .join(Review, Review.id == CaseFile.source_row)
        .join(Buyer, Buyer.id == Review.buyer)
        .where(CaseFile.number.in_(numbers), Buyer.erased_at.is_not(None))
    )
    number = await session.scalar(erased.order_by(CaseFile.number).limit(1))
    if number is not None:
        raise BuyerErased(
            f"The buyer of case {number} was erased, and what was written with them: export it without texts.",
            case=number,
        )


async def _cases(
    session: AsyncSession, trees: collect.Trees, numbers: Sequence[str], wish: Wish, writer: Writer
) -> AsyncIterator[CaseDoc]:
    """One case after the other, so that an export of many needs the memory of one."""
    for number in numbers:
        file = await session.get_one(CaseFile, number)
        doc = await collect.case(session, trees, file, texts=wish.texts)
        writer.document(case_file(number), doc)
        for row, history in zip(await collect.histories(session, number), doc.histories, strict=True):
            if history.file is not None:
                writer.add(history.file, gzip.decompress(row.body))
        session.expunge_all()
        yield doc


async def _first_line(session: AsyncSession, scope: Scope) -> int:
    """Where the office's part begins: at its first line of the period, so that no line of it is missing."""
    first = await session.scalar(select(func.min(OfficeEvent.seq)).where(OfficeEvent.at >= scope.since))
    return first or 1
