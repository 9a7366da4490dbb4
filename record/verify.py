"""Checking an export offline: nothing but the file, the code, and what the checker has kept elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from record.bundle import HEADS, LEAVES, OFFICE, POLICIES, Bundle, ExportUnreadable, case_file
from record.case_checks import check_money, check_policies, check_texts
from record.chains import Heads, check_case, check_heads, check_leaves, check_office
from record.documents import CaseDoc, HeadDoc, LeavesDoc, OfficePart, PolicyDoc
from record.findings import Report
from record.history_checks import Histories
from record.replay import Replay

# The closer comes every ten minutes; a case that closed just before the export has no archive yet.
ARCHIVED_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Trust:
    """What the checker knows from elsewhere: public keys that may sign (none: any, said so), hashes of heads."""

    keys: frozenset[str] = frozenset()
    heads: Mapping[int, str] = field(default_factory=dict)


async def verify(path: Path, replay: Replay | None, trust: Trust) -> Report:
    """All that is wrong with the export, the first broken link first. Raises ExportUnreadable for what is no export."""
    report = Report()
    with Bundle(path) as bundle:
        _check_file(bundle, trust, report)
        heads = _heads(bundle, trust, report)
        policies = _policies(bundle, report)
        for number in bundle.manifest.cases:
            try:
                doc = bundle.read(case_file(number), CaseDoc)
                await _check_case(bundle, doc, heads, policies, replay, report)
            except ExportUnreadable as refusal:
                report.broken(f"case {number}", refusal.message)
        if OFFICE in bundle.manifest.files:
            _check_house(bundle, heads, report)
    return report


def _check_file(bundle: Bundle, trust: Trust, report: Report) -> None:
    for name, why in bundle.spoiled():
        report.broken(f"file {name}", why)
    signer = bundle.signed_by()
    if signer is None:
        report.missing("the export", "bears no valid signature: anybody may have made it")
    elif trust.keys and signer not in trust.keys:
        report.broken("the export", f"is signed by {signer[:16]}…, which is none of the keys you gave")
    elif not trust.keys:
        report.noted("the export", f"is signed by {signer}; give that key with --key once you have it from elsewhere")
    report.count("cases", len(bundle.manifest.cases))


def _heads(bundle: Bundle, trust: Trust, report: Report) -> Heads:
    try:
        documents = bundle.read_list(HEADS, HeadDoc)
    except ExportUnreadable as refusal:
        report.broken("heads", refusal.message)
        return {}
    if not documents:
        report.noted("heads", "were never signed: a chain that was reckoned anew from its start would not show")
    return check_heads(documents, report, trust.keys, trust.heads)


def _policies(bundle: Bundle, report: Report) -> Mapping[str, PolicyDoc]:
    try:
        return {policy.name: policy for policy in bundle.read_list(POLICIES, PolicyDoc)}
    except ExportUnreadable as refusal:
        report.broken("policies", refusal.message)
        return {}


async def _check_case(
    bundle: Bundle, doc: CaseDoc, heads: Heads, policies: Mapping[str, PolicyDoc], replay: Replay | None, report: Report
) -> None:
    check_case(doc, heads, report)
    check_policies(doc, policies, report)
    check_money(doc, report)
    check_texts(doc, report)
    fresh = doc.case.closed_at is not None and doc.case.closed_at > bundle.manifest.made_at - ARCHIVED_WITHIN
    await Histories(doc, bundle.content, replay, report).check(heads, fresh=fresh)


def _check_house(bundle: Bundle, heads: Heads, report: Report) -> None:
    """What only the export of a whole house holds."""
    try:
        check_leaves(bundle.read_list(LEAVES, LeavesDoc), bundle.manifest.cases, heads, report)
        check_office(bundle.read(OFFICE, OfficePart), heads, report)
    except ExportUnreadable as refusal:
        report.broken("the house's part", refusal.message)
