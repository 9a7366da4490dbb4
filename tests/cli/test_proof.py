"""The record's proof from the shell."""

import asyncio
import gzip
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import create_async_engine

from db.tables.record import HistoryArchive
from tests.cli.conftest import NOW, Typed
from tests.conftest import Database
from tests.record_world import ONE, signer

RECORDED = Path(__file__).resolve().parent.parent / "histories" / "ReviewCase.amended_and_paid.json"


def test_an_export_is_made_and_holds_until_a_byte_is_changed(typed: Typed, record: None, tmp_path: Path) -> None:
    file = tmp_path / "export.zip"
    assert typed("export", str(file), "--case", ONE, "--why", "audit").exit_code == 0
    sound = typed("verify", str(file), "--key", signer().public)
    assert (sound.exit_code, "It holds: 1 cases" in sound.stdout) == (0, True)
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)
    assert typed("verify", str(file)).exit_code == 1


def test_the_house_checks_its_own_record(typed: Typed, record: None) -> None:
    kept = typed("heads").stdout.split()[0]
    assert typed("verify", "--head", kept).exit_code == 0
    other = f"1:{'0' * 64}"
    found = typed("verify", "--head", other)
    assert (found.exit_code, "and you have kept" in found.stdout) == (1, True)


async def _archive(database: Database, content: bytes) -> None:
    engine = create_async_engine(database.app_url)
    async with engine.begin() as connection:
        kept = {"workflow": "review:sandbox:demo:1", "engine_run": "run-1", "case": ONE, "closed_at": NOW}
        body = {"archived_at": NOW, "sha256": sha256(content).digest(), "body": gzip.compress(content)}
        await connection.execute(insert(HistoryArchive).values(**kept, **body))
    await engine.dispose()


@pytest.mark.covers(212)
@pytest.mark.parametrize(("forged", "status"), [(False, 0), (True, 1)])
def test_a_case_replays_against_the_code_of_today_unless_its_history_was_forged(
    typed: Typed, record: None, database: Database, forged: bool, status: int
) -> None:
    text = RECORDED.read_text()
    asyncio.run(
        _archive(database, (text.replace('"name": "plan"', '"name": "send_money"') if forged else text).encode())
    )
    replayed = typed("replay", ONE)
    assert (replayed.exit_code, "replays" in replayed.stdout) == (status, not forged)


def test_a_case_that_the_engine_does_not_know_can_not_be_replayed(typed: Typed, record: None) -> None:
    assert typed("replay", ONE).exit_code == 1


@pytest.mark.parametrize("words", [["verify", "--head", "x"], ["replay", "A26"]])
def test_nonsense_is_refused_in_one_line(typed: Typed, record: None, words: list[str]) -> None:
    refused = typed(*words)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
