"""Checking the house's own record where it stands, and the histories of cases that still run."""

import gzip
from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from db.heads import lost
from db.tables.cases import CaseFile
from record import collect
from record.case_checks import check_money, check_policies, check_texts
from record.chains import Heads, check_case, check_heads, check_office
from record.documents import CaseDoc
from record.findings import Report
from record.history_checks import Histories
from record.replay import Replay, read_history
from record.verify import Trust

A_PAGE = 200


async def verify(session: AsyncSession, replay: Replay | None, trust: Trust) -> Report:
    """Everything that an export of the whole house would hold, read case by case, and all that was ever signed."""
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    report, trees = Report(), collect.Trees(session)
    heads = check_heads(await collect.heads(session), report, trust.keys, trust.heads)
    for chain in await lost(session):
        report.broken(chain, "is not any more what the newest head over it has signed")
    check_office(await collect.office(session, trees, 1), heads, report)
    async for doc, contents in _cases(session, trees):
        await _check(session, doc, contents, heads, replay, report)
    return report


async def archived(session: AsyncSession, number: str) -> list[WorkflowHistory]:
    found = [read_history(row.workflow, gzip.decompress(row.body)) for row in await collect.histories(session, number)]
    return [history for history in found if history is not None]


async def running(client: Client, file: CaseFile) -> list[WorkflowHistory]:
    """The history of the case's present run, as far as it has come; none where the engine does not know it."""
    try:
        return [await client.get_workflow_handle(file.workflow).fetch_history()]
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return []


async def _cases(session: AsyncSession, trees: collect.Trees) -> AsyncIterator[tuple[CaseDoc, dict[str, bytes]]]:
    """Every case with the contents of its histories, one at a time."""
    after = ""
    while True:
        page = select(CaseFile.number).where(CaseFile.number > after).order_by(CaseFile.number).limit(A_PAGE)
        numbers = list(await session.scalars(page))
        for number in numbers:
            doc = await collect.case(session, trees, await session.get_one(CaseFile, number), texts=True)
            kept = zip(doc.histories, await collect.histories(session, number), strict=True)
            yield doc, {one.file: gzip.decompress(row.body) for one, row in kept if one.file}
            session.expunge_all()
        if len(numbers) < A_PAGE:
            return
        after = numbers[-1]


async def _check(
    session: AsyncSession,
    doc: CaseDoc,
    contents: dict[str, bytes],
    heads: Heads,
    replay: Replay | None,
    report: Report,
) -> None:
    policies = await collect.policies(session, {event.policy for event in doc.events if event.policy})
    check_case(doc, heads, report)
    check_policies(doc, {policy.name: policy for policy in policies}, report)
    check_money(doc, report)
    check_texts(doc, report)
    report.count("cases")
    await Histories(doc, contents.__getitem__, replay, report).check(heads, fresh=True)
