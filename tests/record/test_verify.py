"""Offline checks: whatever was done to the record or to its export is found, and named where it begins."""

import json
import zipfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db.heads import make_head
from db.sessions import Sessions
from record.bundle import ExportUnreadable, case_file
from record.documents import Scope
from record.export import BuyerErased, ExportEmpty, ExportTooLarge
from record.findings import Report
from record.verify import Trust, verify
from tests import record_world
from tests.record.conftest import NOW, Checked
from tests.record_world import ONE, TWO, signer

EXPORT = Callable[..., Awaitable[Path]]
OURS = Trust(frozenset({signer().public}))
WEEK = Scope(since=NOW, until=NOW + timedelta(days=7))


def first(report: Report) -> str:
    return str(report.first)


@pytest.mark.covers(202, 212)
async def test_an_untouched_record_holds(checked: Checked) -> None:
    report = await checked(scope=WEEK, texts=True)
    assert report.findings == []
    assert report.counts["events"] == 6


def rewritten(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The export with one of its files changed."""
    spoiled = path.with_name("spoiled.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(spoiled, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(entry, change(content) if entry == name else content)
    return spoiled


@pytest.mark.covers(202)
async def test_a_changed_byte_of_the_file_is_found(exported: EXPORT) -> None:
    spoiled = rewritten(await exported(), case_file(ONE), lambda content: content.replace(b"alice", b"alicf", 1))
    report = await verify(spoiled, None, OURS)
    assert first(report).startswith(f"broken: file cases/{ONE}.json was changed")
    assert f"case {ONE} event 1" in str(report.findings[1])


async def test_a_bit_that_flipped_on_the_disk_is_found(exported: EXPORT) -> None:
    path = await exported()
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    assert not (await verify(path, None, OURS)).holds


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE case_event SET facts = '{\"n\": 9}' WHERE seq = 2", "event 2 (noted) does not follow"),
        ("UPDATE case_event SET actor = 'mallory' WHERE seq = 3", "event 3 (noted) does not follow"),
        ("DELETE FROM case_event WHERE seq = 2", "event 2 is not there: the next one is 3"),
        ("DELETE FROM case_event WHERE seq = 3", "its tail was cut"),
        ("DELETE FROM case_event", "its tail was cut"),
    ],
)
@pytest.mark.covers(202)
async def test_what_was_done_to_an_event_is_named(
    checked: Checked, owner: AsyncEngine, statement: str, found: str
) -> None:
    await record_world.spoil(owner, "case_event", statement)
    assert found in first(await checked())


@pytest.mark.covers(202)
async def test_a_cut_tail_is_found_though_the_row_was_cut_with_it(checked: Checked, owner: AsyncEngine) -> None:
    await record_world.spoil(
        owner, "case_event", "DELETE FROM case_event WHERE seq = 3", "UPDATE case_file SET version = 2"
    )
    assert "line 3 was signed with head 1 and is not there: the tail was cut" in first(await checked())


@pytest.mark.covers(202)
async def test_a_wholly_recomputed_chain_is_found(checked: Checked, owner: AsyncEngine) -> None:
    await record_world.reckon_anew(owner, ONE)
    assert "line 3 is not what head 1 has signed" in first(await checked())


async def test_a_recomputed_chain_without_its_tips_is_found(checked: Checked, owner: AsyncEngine) -> None:
    await record_world.reckon_anew(owner, ONE)
    await record_world.spoil(owner, "record_tip", "DELETE FROM record_tip WHERE chain LIKE 'case:A26-0%'")
    assert "event 3 is older than head 1, which does not cover it" in first(await checked())


async def test_heads_that_were_signed_anew_show_by_their_key(
    checked: Checked, owner: AsyncEngine, record: Sessions
) -> None:
    await record_world.reckon_anew(owner, ONE)
    await record_world.sign_anew(owner, record, signer(b"m"), NOW + timedelta(days=2))
    assert "head 1 is signed by" in first(await checked())


async def test_heads_signed_anew_with_a_stolen_key_show_by_a_head_kept_elsewhere(
    checked: Checked, owner: AsyncEngine, record: Sessions
) -> None:
    async with record() as session:
        kept = await session.scalar(text("SELECT encode(hash, 'hex') FROM record_head"))
    await record_world.reckon_anew(owner, ONE)
    await record_world.sign_anew(owner, record, signer(), NOW + timedelta(days=2))
    assert (await checked()).holds
    assert f"and you have kept {kept}" in first(await checked(trust=Trust(OURS.keys, {1: str(kept)})))


async def test_what_happened_after_the_last_head_is_said_to_be_open(checked: Checked, record: Sessions) -> None:
    async with record.begin() as session:
        await record_world.add_events(session, ONE, [{"late": True}], NOW + timedelta(days=2))
    report = await checked()
    assert report.holds
    assert [str(finding) for finding in report.findings] == [
        f"noted: case {ONE} events from 4 on came after the last head: no head covers them yet"
    ]


async def test_an_export_that_nobody_signed_is_not_trusted(exported: EXPORT) -> None:
    report = await verify(await exported(signer=None), None, OURS)
    assert "bears no valid signature" in first(report)


async def test_a_changed_office_line_is_named(checked: Checked, owner: AsyncEngine) -> None:
    await record_world.spoil(owner, "office_event", "UPDATE office_event SET actor = 'mallory'")
    assert "office line 1 (shop.added) does not follow" in first(await checked(scope=WEEK))


async def test_a_case_that_was_left_out_of_a_period_is_missed(exported: EXPORT, record: Sessions) -> None:
    async with record.begin() as session:
        await record_world.add_events(session, TWO, [{"late": True}], NOW + timedelta(days=2))
        await make_head(session, signer(), NOW + timedelta(days=5))
    path = await exported(scope=WEEK.model_copy(update={"until": NOW + timedelta(days=9)}))
    left_out = rewritten(path, "manifest.json", lambda content: content.replace(f',\n  "{TWO}"'.encode(), b""))
    report = await verify(left_out, None, OURS)
    assert f"missing: case {TWO} is covered by head 2 and was left out of the export" in map(str, report.findings)


@pytest.mark.parametrize("content", [b"", b"not a zip", json.dumps({"format": 1}).encode()])
async def test_what_is_no_export_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(ExportUnreadable):
        await verify(path, None, OURS)


async def test_an_export_holds_no_text_unless_it_is_asked_for(exported: EXPORT) -> None:
    for texts in (False, True):
        with zipfile.ZipFile(await exported(texts=texts)) as export:
            whole = b"".join(export.read(name) for name in export.namelist()).decode()
        assert ("用了一次就坏了" in whole) == texts
        assert not any(word in whole for word in ("陈晓", "13800138000", "文一西路"))


async def test_an_erased_buyer_is_exported_without_texts_only(exported: EXPORT, record: Sessions) -> None:
    async with record.begin() as session:
        await session.execute(text("UPDATE buyer SET erased_at = now()"))
    with pytest.raises(BuyerErased, match=ONE):
        await exported(texts=True)


async def test_an_export_of_nothing_or_too_much_is_refused(exported: EXPORT) -> None:
    with pytest.raises(ExportEmpty):
        await exported(scope=Scope(since=NOW - timedelta(days=9), until=NOW - timedelta(days=8)))
    with pytest.raises(ExportTooLarge):
        await exported(scope=WEEK, most=1)


async def test_a_period_holds_only_the_shops_that_were_asked_for(exported: EXPORT) -> None:
    with pytest.raises(ExportEmpty):
        await exported(scope=WEEK.model_copy(update={"shops": ["other"]}))
    with zipfile.ZipFile(await exported(scope=WEEK.model_copy(update={"shops": ["demo"]}))) as export:
        assert {case_file(ONE), case_file(TWO)} < set(export.namelist())
        assert "office.json" not in export.namelist()
