"""What a review case shows to have been done: the only ground on which its public reply says so."""

from collections.abc import Iterator

from domain.claims import Claim
from domain.contact_terms import CallResult
from domain.offers import OfferForm
from domain.review_case.state import OfferStatus, ReviewCaseState

BY_FORM = {
    OfferForm.PARTIAL_REFUND: Claim.REFUNDED,
    OfferForm.GIFT_PARCEL: Claim.RESENT,
    OfferForm.EXCHANGE_FREE: Claim.EXCHANGED,
}


def shown_by(case: ReviewCaseState) -> list[Claim]:
    """In the order of the list of claims, so that equal cases show equal lists."""
    found = set(_shown(case))
    return [claim for claim in Claim if claim in found]


def _shown(case: ReviewCaseState) -> Iterator[Claim]:
    said = case.agreements
    made = [attempt for attempt in case.attempts if not attempt.inbound]
    facts = {
        Claim.TRIED: bool(made),
        Claim.CONTACTED: any(attempt.result is CallResult.CONNECTED for attempt in case.attempts),
        Claim.EXPLAINED: case.explained,
        Claim.INVESTIGATED: any(not one.open for one in said.investigations),
        Claim.PROMISE_KEPT: any(not one.open for one in said.promises),
        Claim.SETTLED: said.accepted_at is not None,
        Claim.EVIDENCE_KEPT: bool(case.malice.evidence),
    }
    yield from (claim for claim, holds in facts.items() if holds)
    for offer in case.offers:
        if offer.status is OfferStatus.FULFILLED:
            yield Claim.COMPENSATED
            if offer.form in BY_FORM:
                yield BY_FORM[offer.form]
            if offer.form is OfferForm.EXCHANGE_FREE:
                yield Claim.RESENT
