"""Checking chains: that every line follows from the one before, and that what heads have signed is still there."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from db import chain, merkle
from db.heads import CASE, OFFICE, is_sound
from db.tables.record import RecordHead
from record.documents import CaseDoc, EventDoc, HeadDoc, LeavesDoc, OfficePart, TipDoc
from record.findings import Report

Heads = Mapping[int, RecordHead]
# Events may be written this much later than they happened, when the database was away; a head need not cover those.
LATE = timedelta(days=1)
ZERO = bytes(32).hex()


def check_heads(
    documents: Sequence[HeadDoc], report: Report, trusted: frozenset[str], pinned: Mapping[int, str]
) -> Heads:
    """The heads by number. `trusted` are the public keys that may have signed (none: any), `pinned` hashes of heads
    that were kept elsewhere."""
    previous, expected = chain.FIRST, 1
    rows = [document.row() for document in documents]
    for head in rows:
        name = f"head {head.number}"
        if head.number != expected:
            report.missing(f"head {expected}", "is not there")
        elif not is_sound(head, previous):
            report.broken(name, f"of {head.day} does not follow from the one before it, or its signature is wrong")
        if trusted and head.public not in trusted:
            report.broken(name, f"is signed by {head.public[:16]}…, which is none of the keys you gave")
        previous, expected = head.hash, head.number + 1
    found = {head.number: head for head in rows}
    for number, wanted in sorted(pinned.items()):
        kept = found[number].hash.hex() if number in found else None
        if kept != wanted:
            report.broken(f"head {number}", f"is {kept or 'not there'}, and you have kept {wanted}")
    report.count("heads", len(rows))
    return found


def check_case(doc: CaseDoc, heads: Heads, report: Report) -> None:
    number = doc.case.number
    check_events(number, doc.events, report)
    if len(doc.events) != doc.case.version:
        report.missing(
            f"case {number}", f"has {len(doc.events)} events, and its row says {doc.case.version}: its tail was cut"
        )
    lines = {event.seq: event.hash for event in doc.events}
    tips = [tip for tip in doc.tips if tip.chain == CASE + number]
    check_tips(f"case {number}", tips, lines, heads, report)
    _check_cover(number, doc.events, tips, heads, report)


def check_events(case: str, events: Sequence[EventDoc], report: Report) -> None:
    """Names the first link that does not hold; what comes after it proves nothing."""
    previous, at = ZERO, None
    for expected, event in enumerate(events, 1):
        where = f"case {case} event {expected}"
        if event.seq != expected:
            report.missing(where, f"is not there: the next one is {event.seq}")
            return
        if event.previous != previous or _hash(event.previous, event.line(case)) != event.hash:
            report.broken(where, f"({event.kind}) does not follow from the one before it: one of the two was changed")
            return
        if at is not None and event.at < at:
            report.noted(where, f"({event.kind}) is earlier than the one before it: the clock went back")
        previous, at = event.hash, event.at
    report.count("events", len(events))


def check_office(part: OfficePart, heads: Heads, report: Report) -> None:
    """A stretch of the office's chain; its first line is taken as it stands where it is not line 1."""
    lines, previous = part.lines, None
    for expected, line in enumerate(lines, lines[0].seq if lines else 1):
        where = f"office line {expected}"
        if line.seq != expected:
            report.missing(where, f"is not there: the next one is {line.seq}")
            return
        before = ZERO if line.seq == 1 else previous or line.previous
        if line.previous != before or _hash(line.previous, line.line()) != line.hash:
            report.broken(where, f"({line.kind}) does not follow from the one before it: one of the two was changed")
            return
        previous = line.hash
    report.count("office lines", len(lines))
    tips = [tip for tip in part.tips if tip.chain == OFFICE]
    check_tips("office", tips, {line.seq: line.hash for line in lines}, heads, report)


def check_leaves(parts: Sequence[LeavesDoc], cases: Collection[str], heads: Heads, report: Report) -> None:
    """Every case that a head of the period covers is in the export."""
    for part in parts:
        head = heads.get(part.head)
        if head is None or merkle.Tree(tip.leaf for tip in part.tips()).root != head.root:
            report.broken(f"head {part.head}", "has other leaves than those that it has signed")
            continue
        for tip in part.tips():
            number = tip.chain.removeprefix(CASE)
            if tip.chain.startswith(CASE) and number not in cases:
                report.missing(f"case {number}", f"is covered by head {part.head} and was left out of the export")


def check_tips(where: str, tips: Sequence[TipDoc], lines: Mapping[int, str], heads: Heads, report: Report) -> None:
    """Each tip leads to its head's root, and the line that it names is in the chain as it was signed."""
    for tip in tips:
        head = heads.get(tip.head)
        path = [(side, bytes.fromhex(sister)) for side, sister in tip.path]
        if head is None or merkle.climb(tip.tip().leaf, path) != head.root:
            report.broken(where, f"has a tip (line {tip.seq}) that does not lead to the root of head {tip.head}")
        elif tip.seq not in lines:
            report.missing(where, f"line {tip.seq} was signed with head {tip.head} and is not there: the tail was cut")
        elif lines[tip.seq] != tip.hash:
            report.broken(
                where,
                f"line {tip.seq} is not what head {tip.head} has signed: the chain was reckoned anew up to there",
            )


def _check_cover(case: str, events: Sequence[EventDoc], tips: Sequence[TipDoc], heads: Heads, report: Report) -> None:
    """Whoever reckons a chain anew would leave its tips out: a head that came after an event must cover it."""
    for head in heads.values():
        covered = max((tip.seq for tip in tips if tip.head <= head.number), default=0)
        old = [event.seq for event in events if event.at < head.at - LATE]
        if old and covered < old[-1]:
            report.missing(f"case {case}", f"event {old[-1]} is older than head {head.number}, which does not cover it")
            return
    last = max((tip.seq for tip in tips), default=0)
    open_end = len(events) - last
    if open_end > 0:
        report.noted(f"case {case}", f"events from {last + 1} on came after the last head: no head covers them yet")


def _hash(previous: str, line: Mapping[str, object]) -> str:
    return chain.link(bytes.fromhex(previous), line).hex()
