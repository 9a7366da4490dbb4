"""A case's events in plain English, one sentence per kind. An unknown kind still reads, by its own name."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from db.reads.refund_words import REFUND_SENTENCES

# Times are shown in UTC here; pages of a shop show them in its own zone.
SENTENCES: Mapping[str, str] = {
    "opened": "Case opened for a {grade} review of {review_created_at} ({source}); earlier cases: {earlier_cases}.",
    "reopened": "Case reopened as run {run}: {why}.",
    "triaged": "Cause looks like {cause}; severity {severity} ({severity_reasons}).",
    "suspected": "Suspected to be malicious: {signals}. Contact and money wait for a supervisor.",
    "malicious_decided": "Supervisor decided whether the review is malicious: {malicious}.",
    "evidence_attached": "Evidence {number} kept: {what}.",
    "files_attached": "Files kept: {many}.",
    "reported_to_platform": "Reported to the platform for {ground} under {reference}, with {pieces} pieces kept.",
    "report_skipped": "The review is not reported to the platform.",
    "assigned": "Assigned to {to} ({why}).",
    "claimed": "Taken by {to}.",
    "taken_back": "Taken back from {before}, who is away.",
    "taken_over": "Taken over by {to} from {before}.",
    "handed_over": "Handed over from {before} to {to}.",
    "handed_on": "Handed on from {before}, who never works in the buyer's hours, to {to} ({why}).",
    "nobody_fits": "Nobody else can take the case: {why}.",
    "nobody_to_assign": "Nobody could be assigned: {why}.",
    "cause_confirmed": "Cause confirmed: {cause}; severity {severity}.",
    "contact_planned": "Contact {number} planned by {channel} for {due_at}: {why}.",
    "no_contact_possible": "No contact is possible: {why}.",
    "surge_begun": "The shop has more to do than hands: contact {number}, planned by {channel}, is chosen anew.",
    "surge_over": "The shop's surge is over: contact {number}, planned by {channel} in it, is chosen anew.",
    "contact_due": "Contact {number} is due by {channel}.",
    "contact_begun": "Contact {number} begun by {channel}.",
    "contact_logged": "Contact {number} by {channel}: {result} {talk}.",
    "contact_put_off": "Contact {number} by {channel} could not be begun and is planned anew: {why}",
    "contact_missed": "Nobody made contact {number} while it was due.",
    "contact_lapsed": "Contact {number}, taken by {taken_by}, was never logged.",
    "contact_stopped": "No more contact with the buyer ({signal}).",
    "contact_reopened_by_buyer": "The buyer came back, so contact is possible again.",
    "callback_agreed": "The buyer asked to be called at {at}.",
    "buyer_wrote": "The buyer wrote by {channel}.",
    "buyer_seen_online": "The buyer was seen online.",
    "offer_made": "Offer {offer}: {amount_fen} as {form} on the budget of {month}, valid until {valid_until}.",
    "offer_approved": "Offer {offer} over {amount_fen} approved as {role}.",
    "approval_put_off": "Nobody who may approve offer {offer} is at work; they are asked at {until}.",
    "offer_rejected": "Offer {offer} was not approved.",
    "offer_accepted": "The buyer accepted offer {offer}.",
    "offer_declined": "The buyer declined offer {offer}.",
    "offer_expired": "Offer {offer} expired while {was}.",
    "payee_set": "The buyer's account was entered ({kind_of_account}).",
    "phone_set": "The buyer's phone was entered ({phone_kind}).",
    "reading_asked": "Reading the review on the marketplace was asked for.",
    "reading_failed": "The marketplace could not be read.",
    "reading_unclear": "The reading was not clear: {why}.",
    "amendment_verified": "Amended review verified ({mode}).",
    "amendment_reverted": "The amendment was taken back.",
    "review_worsened": "The review became worse: {why}.",
    "fix_recorded": "The problem itself was repaired ({how}): {what}; paid back at the marketplace: {paid_back_fen}.",
    "gate_changed": "The shop chose another gate: {mode}.",
    "gate_shut": "Money may not move yet; missing: {missing}.",
    "payout_started": "Payout of {amount_fen} started under {payout} ({gate}).",
    "payout_sending": "Payout {payout} was given by hand; its proof is looked at.",
    "thanks_given": "Thanks: offer {offer}, worth {amount_fen}, as {form}.",
    "given_by_hand": "Offer {offer} over {amount_fen} was given by hand, reference {reference}.",
    "fulfilment_checked": "The proof of offer {offer} shows that it was given: {shown}.",
    "delivery_set": "The address for a parcel was entered.",
    "payout_paid": "Paid {amount_fen} under {payout}.",
    "payout_unknown": "It is not known yet whether {payout} was paid; it is being asked, never sent anew.",
    "payout_failed": "Payout {payout} failed ({code}): {remedy}.",
    "payout_cancelled": "Payout {payout} was cancelled.",
    "payout_needs_person": "Nobody knows whether {payout} was paid: sent {sends} times, first {sent_at}, asked "
    "{queries} times, last answer {code}. Look it up at the wallet.",
    "payout_word_given": "A person looked {payout} up at the wallet; paid: {paid} ({reference}).",
    "payout_decided": "About payout {payout}: {action}.",
    "reply_wanted": "A public reply is wanted: {why}.",
    "reply_prepared": "A public reply was prepared: {why}.",
    "reply_confirmed": "The public reply was confirmed.",
    "reply_posted": "The public reply stands under the review.",
    "reply_returned": "The public reply goes back to whoever confirms it: {why}",
    "reply_refused": "The marketplace refused the public reply: {why}.",
    "reply_skipped": "No public reply is given.",
    "reply_impossible": "There can be no public reply: {why}.",
    "reply_window_closed": "The marketplace takes no public reply any more.",
    "escalation_asked": "Help was asked for from the next one up.",
    "escalated": "Escalated ({what}) to the {role}; told: {told}.",
    "promised": "Promise {promise} to the buyer, due {due_at}.",
    "promise_soon": "Promise {promise} falls due at {due_at}; told: {told}.",
    "promise_due": "Promise {promise} has fallen due.",
    "promise_kept": "Promise {promise} was kept.",
    "promise_broken": "Promise {promise} was broken: nobody kept it within a day.",
    "details_recorded": "The buyer said what the review is about.",
    "investigation_opened": "Investigation {investigation}: {to} was asked, due {due_at}.",
    "investigation_soon": "Investigation {investigation} falls due at {due_at}; told: {told}.",
    "investigation_due": "Investigation {investigation} has fallen due; {to} has not answered.",
    "investigation_answered": "Investigation {investigation} was answered.",
    "decision_asked": "Decision {decision} was asked of a {needs}, due {due_at}.",
    "decision_due": "Decision {decision} has fallen due; nobody has decided.",
    "decided": "Decision {decision}: {granted}.",
    "buyer_described": "What is known of the buyer's days: {occupation} {address_type} {hours}.",
    "risk_suggested": "Flag {flag}: a message looks like {risk}; somebody says whether it is.",
    "risk_flagged": "Flag {flag}: {risk}; the buyer was told that we stay on the marketplace: {declined}.",
    "risk_judged": "Flag {flag} ({risk}) stands: {stands}; the buyer was told that we stay: {declined}.",
    "counter_claim_opened": "Counter-claim {claim} at the {forum} ({reference}); due next {due_at}.",
    "counter_claim_moved": "Counter-claim {claim} ({reference}) went on; due next {due_at}.",
    "counter_claim_due": "Counter-claim {claim} at the {forum} has fallen due.",
    "counter_claim_ended": "Counter-claim {claim} at the {forum} ended: {result}.",
    "question_asked": "Question {question}, which no rule covers, was asked of a supervisor, due {due_at}.",
    "question_due": "Question {question} has fallen due; nobody has answered.",
    "question_answered": "Question {question} was answered.",
    "chat_attached": "Piece {chat} of the original chat was attached.",
    "merged": "Merged into case {into}; its contacts count on there.",
    "absorbed": "Case {merged} was merged into this one.",
    "split_off": "Split off from case {survivor} again: the merge was a mistake.",
    "given_back": "Case {merged} was split off again.",
    "follow_up_planned": "Follow-up visit planned by {channel} for {due_at}: {why}.",
    "follow_up_left_out": "No follow-up visit: {why}.",
    "follow_up_due": "The follow-up visit is due by {channel}.",
    "follow_up_put_off": "The follow-up visit by {channel} could not be begun and is planned anew: {why}",
    "follow_up_begun": "The follow-up visit was begun.",
    "follow_up_logged": "Follow-up visit by {channel}: {result}. Answers: {answers}.",
    "follow_up_lapsed": "Nobody made the follow-up visit.",
    "follow_up_skipped": "The follow-up visit was left out.",
    "reversed": "The buyer was paid {paid_fen} and turned the review bad again; nobody contacts them about it.",
    "relapsed": "The review turned bad again; the case goes on as its next run.",
    "noted": "Note.",
    "held": "On hold until {until}.",
    "resumed": "Resumed after {paused_seconds} s.",
    "outcome_fixed": "The case ends: {outcome}.",
    "notice_sent": "The buyer got the final notice.",
    "notice_put_off": "The final notice waits until {until}, a decent hour.",
    "notice_skipped": "No final notice: {why}.",
    "closed": "Case closed: {outcome}.",
    **REFUND_SENTENCES,
}


def sentence(kind: str, facts: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """The event as one sentence; `names` turns ids of people into their names."""
    # A contact that reached nobody has no talk to tell of.
    words = {"talk": ""} | {name: _said(name, value, names) for name, value in facts.items()}
    template = SENTENCES.get(kind)
    if template is None:
        return kind.replace("_", " ").capitalize() + "."
    said = " ".join(template.format_map(defaultdict(lambda: "—", words)).split())
    return said.replace(" .", ".").replace("..", ".")


def _said(name: str, value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(_said(name, item, names) for item in value)
    if isinstance(value, int) and name.endswith("_fen"):
        return f"{value // 100}.{value % 100:02d} yuan"
    if name.endswith(("_at", "until")) or name == "at":
        return _moment(value)
    return names.get(str(value), str(value).replace("_", " "))


def _moment(value: Any) -> str:
    try:
        return f"{datetime.fromisoformat(str(value)):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return str(value)
