"""Checking the archived histories of a case: complete, unchanged, what the record was written from, and what the code
would do again."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from db import chain
from db.heads import HISTORY
from domain.review_case.keys import lives_of, payout_id
from record.chains import Heads, check_tips
from record.documents import CaseDoc, HistoryDoc
from record.findings import Report
from record.histories import is_encrypted, projected
from record.replay import Replay, read_history

_CONTINUED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW


class Histories:
    """The histories of one case; `content` opens a file of the export."""

    def __init__(self, doc: CaseDoc, content: Callable[[str], bytes], replay: Replay | None, report: Report) -> None:
        self._doc = doc
        self._content = content
        self._replay = replay
        self._report = report
        self._where = f"case {doc.case.number}"
        self._written: dict[int, bytes] = {}

    async def check(self, heads: Heads, *, fresh: bool) -> None:
        """`fresh`: the case closed a moment before the export, so that its archive may not be there yet."""
        if not self._doc.histories:
            if self._doc.case.closed_at is not None:
                tell = self._report.noted if fresh else self._report.missing
                tell(self._where, "is closed and has no archived history")
            return
        self._check_workflows()
        for one in self._doc.histories:
            where = f"{self._where} history {one.workflow} run {one.run}"
            tips = [tip for tip in self._doc.tips if tip.chain == f"{HISTORY}{one.workflow}/{one.run}"]
            check_tips(where, tips, {0: one.sha256}, heads, self._report)
            history = self._read(one, where)
            if history is not None:
                await self._check_history(one, history, where)
        self._compare()

    def _check_workflows(self) -> None:
        case, kept = self._doc.case, {one.workflow for one in self._doc.histories}
        wanted = lives_of(case.workflow, case.run) + [payout_id(payout.key) for payout in self._doc.payouts]
        # A reopened case is archived again when it closes again; until then its last run is not there.
        if case.closed_at is None:
            wanted = []
        for workflow in wanted:
            if workflow not in kept:
                self._report.missing(self._where, f"has no archived history of {workflow}")

    def _read(self, one: HistoryDoc, where: str) -> WorkflowHistory | None:
        if one.file is None:
            self._report.missing(where, "is not there: the engine had forgotten it before it could be archived")
            return None
        content = self._content(one.file)
        if hashlib.sha256(content).hexdigest() != one.sha256:
            self._report.broken(where, "was changed: its SHA-256 is not that of its archiving")
            return None
        history = read_history(one.workflow, content)
        if history is None:
            self._report.broken(where, "is no history that can be read")
        return history

    async def _check_history(self, one: HistoryDoc, history: WorkflowHistory, where: str) -> None:
        self._check_links(one, history, where)
        if self._replay is None:
            return
        if self._replay.converter.payload_codec is None and is_encrypted(history):
            self._report.noted(where, "is encrypted: set AMENDS_PAYLOAD_KEYS to have it replayed")
            return
        differs = await self._replay.differs(history)
        if differs:
            self._report.broken(where, f"does not replay: {differs}")
        self._report.count("histories replayed")
        async for event in projected(history, self._replay.converter.payload_codec):
            self._written[int(event["seq"])] = chain.canonical(_line(self._doc.case.number, event))

    def _check_links(self, one: HistoryDoc, history: WorkflowHistory, where: str) -> None:
        """A run that continues another, or is continued by one, has it beside it."""
        runs = {other.run for other in self._doc.histories if other.workflow == one.workflow}
        before = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        last = history.events[-1]
        after = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
        if before and before not in runs:
            self._report.missing(where, f"continues run {before}, which is not there")
        if last.event_type == _CONTINUED and after not in runs:
            self._report.missing(where, f"is continued by run {after}, which is not there")

    def _compare(self) -> None:
        """The record is what the workflows handed over, event by event."""
        if not self._written:
            return
        there = {event.seq: chain.canonical(event.line(self._doc.case.number)) for event in self._doc.events}
        for seq in sorted(self._written.keys() | there.keys()):
            where = f"{self._where} event {seq}"
            if seq not in there:
                self._report.missing(where, "was written by the case's workflow and is not in the record")
            elif seq in self._written and self._written[seq] != there[seq]:
                self._report.broken(where, "is not what the case's workflow wrote")
            elif seq not in self._written and self._complete:
                self._report.broken(where, "was written by no workflow of the case")

    @property
    def _complete(self) -> bool:
        return self._doc.case.closed_at is not None and all(one.file for one in self._doc.histories)


def _line(case: str, event: dict[str, Any]) -> dict[str, object]:
    at = datetime.fromisoformat(event["at"])
    plain = {name: event.get(name) for name in ("seq", "kind", "actor_kind", "policy")}
    return plain | {"case": case, "at": at, "actor": event.get("actor", ""), "facts": event.get("facts", {})}
