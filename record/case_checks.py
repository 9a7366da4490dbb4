"""Checking a case beyond its chain: that what its events speak of is there and fits them."""

from collections import Counter
from collections.abc import Mapping

from db.policy_rows import KINDS
from db.sealed_references import references
from db.sealing import commitment
from domain.errors import PolicyUnreadable
from domain.payouts import PayoutStatus
from domain.policies.documents import read_document
from record.documents import CaseDoc, PolicyDoc
from record.findings import Report


def check_policies(doc: CaseDoc, policies: Mapping[str, PolicyDoc], report: Report) -> None:
    """Every policy version by which something was decided is there, and can still be read."""
    for name in sorted({event.policy for event in doc.events if event.policy}):
        where, policy = f"case {doc.case.number}", policies.get(name)
        if policy is None:
            report.missing(where, f"was decided by {name}, which is not in the export")
            continue
        try:
            read_document(KINDS[name.partition(":")[0]], policy.document)
        except PolicyUnreadable as refusal:
            report.noted(where, f"was decided by {name}, which this version of the product can't read: {refusal}")


def check_money(doc: CaseDoc, report: Report) -> None:
    """Postings balance, and what the events say was paid is what the payouts' rows say."""
    where = f"case {doc.case.number}"
    balance: Counter[str] = Counter()
    for entry in doc.ledger:
        balance[entry.posting] += entry.amount_fen
    for posting, rest in sorted(balance.items()):
        if rest:
            report.broken(where, f"posting {posting} does not balance: {rest} fen are left over")
    told = {str(event.facts.get("payout")) for event in doc.events if event.kind == "payout_paid"}
    paid = {payout.key for payout in doc.payouts if payout.status == PayoutStatus.PAID}
    for key in sorted(told - paid):
        report.missing(where, f"says that {key} was paid, and no payout's row does")
    if doc.case.closed_at is not None:
        for key in sorted(paid - told):
            report.missing(where, f"has a payout {key} that was paid, and no event tells of it")


def check_texts(doc: CaseDoc, report: Report) -> None:
    """Texts are those to which the events are committed; an erased one is noted, the chain holds without it."""
    if doc.texts is None:
        return
    where, texts = f"case {doc.case.number}", {text.id: text for text in doc.texts}
    erased = 0
    for event in doc.events:
        for id, digest in references(event.facts):
            text = texts.get(id)
            if text is None or text.body is None or text.salt is None:
                erased += 1
            elif text.digest != digest or commitment(bytes.fromhex(text.salt), text.body) != digest:
                report.broken(f"{where} event {event.seq}", f"refers to text {id}, which is not what was written")
    if erased:
        report.noted(where, f"{erased} texts were erased; their hashes stand")
