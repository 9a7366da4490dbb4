"""`amends export`, `amends verify`, `amends replay` and `amends heads`: the record's proof."""

from datetime import UTC, datetime
from pathlib import Path

import typer
from sqlalchemy import select

from cli.house import command, opened
from db.audit import NotThere, record
from db.tables.cases import CaseFile
from db.tables.record import RecordHead
from domain import case_numbers
from domain.errors import Refusal
from record import live
from record.documents import Scope
from record.export import Wish
from record.export import export as write_export
from record.findings import Report, Weight
from record.replay import Replay
from record.verify import Trust
from record.verify import verify as check_export
from settings import Settings
from worker import WORKFLOWS
from workflows.connection import data_converter

COLOURS = {Weight.BROKEN: typer.colors.RED, Weight.MISSING: typer.colors.RED, Weight.NOTED: typer.colors.YELLOW}


class BadHead(Refusal):
    """A head that was kept elsewhere is given as NUMBER:HASH."""

    code = "BadHead"


@command
async def export(
    file: Path = typer.Argument(help="where to write it"),
    case: str | None = typer.Option(None, help="the number of one case"),
    since: datetime | None = typer.Option(None, help="begin of a period, UTC"),
    until: datetime | None = typer.Option(None, help="its end"),
    shop: str | None = typer.Option(None, help="only this shop's cases"),
    texts: bool = typer.Option(False, help="with what people wrote"),
    why: str = typer.Option(..., help="what it is for; it stands in the office's record"),
) -> None:
    """Export a case, or all that happened in a period, as one signed file."""
    if (case is None) == (since is None or until is None):
        raise typer.BadParameter("give --case, or --since and --until")
    async with opened() as house:
        scope = Scope(
            case=case_numbers.parse(case) if case else None,
            since=since.replace(tzinfo=UTC) if since else None,
            until=until.replace(tzinfo=UTC) if until else None,
            shops=[shop] if shop else None,
        )
        async with house.sessions() as session:
            manifest = await write_export(session, Wish(scope, house.by, why, house.now, texts), house.signer, file)
        async with house.sessions.begin() as session:
            facts = {"scope": scope.model_dump(mode="json", exclude_none=True), "cases": len(manifest.cases)}
            await record(
                session, house.by, house.now, "record.exported", scope.case or "period",
                facts | {"texts": texts, "why": why},
            )  # fmt: skip
    typer.echo(f"{file}: {len(manifest.cases)} cases, {len(manifest.files)} files.")


@command
async def verify(
    file: Path | None = typer.Argument(None, exists=True, dir_okay=False, help="an export; without it, this house"),
    key: list[str] = typer.Option([], help="public key that may have signed, as `amends heads` shows it"),
    head: list[str] = typer.Option([], help="NUMBER:HASH of a head that you have kept elsewhere"),
    replay: bool = typer.Option(True, help="replay each history against the code"),
) -> int:
    """Check chains, hashes, signatures and completeness. An export needs nothing but itself and this program."""
    trust = Trust(frozenset(key), dict(_head(one) for one in head))
    proof = Replay(tuple(WORKFLOWS), data_converter(Settings())) if replay else None
    if file is not None:
        return _tell(await check_export(file, proof, trust))
    async with opened() as house, house.sessions() as session:
        return _tell(await live.verify(session, proof, trust))


@command
async def replay(case: str = typer.Argument(help="its number")) -> int:
    """Replay everything that the engine recorded of a case against the code of today."""
    number = case_numbers.parse(case)
    async with opened() as house:
        async with house.sessions() as session:
            file = await session.get(CaseFile, number)
            if file is None:
                raise NotThere(f"There is no case {number}.")
            kept = await live.archived(session, number)
        histories = kept or await live.running(await house.client(), file)
    proof, failed = Replay(tuple(WORKFLOWS), data_converter(house.settings)), 0
    for history in histories:
        differs = await proof.differs(history)
        typer.echo(f"{history.workflow_id} ({len(history.events)} events): {differs or 'replays'}")
        failed += differs is not None
    return int(failed > 0 or not histories)


@command
async def heads(last: int = typer.Option(10, help="how many")) -> None:
    """The newest signed heads. Keep one of them elsewhere now and then: `amends verify --head` asks for it."""
    async with opened() as house, house.sessions() as session:
        rows = await session.scalars(select(RecordHead).order_by(RecordHead.number.desc()).limit(last))
        for row in rows:
            typer.echo(f"{row.number}:{row.hash.hex()}  {row.day}  {row.leaves} chains  key {row.public}")


def _head(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise BadHead(f"{text!r} is no head: give NUMBER:HASH as `amends heads` prints it.")
    return int(number), digest.lower()


def _tell(report: Report) -> int:
    for finding in report.findings:
        typer.secho(str(finding), fg=COLOURS[finding.weight])
    counts = ", ".join(f"{many} {what}" for what, many in report.counts.items())
    if report.first is None:
        typer.secho(f"It holds: {counts}.", fg=typer.colors.GREEN)
        return 0
    typer.secho(f"It does not hold. First: {report.first.where} {report.first.what}. ({counts})", fg=typer.colors.RED)
    return 1
