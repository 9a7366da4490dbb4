"""What one document may name only because another one knows it: a misspelt cause would never count, and nobody would
notice."""

from collections.abc import Iterator

from domain.fulfilment import Fulfilment, fulfilled_by
from domain.policies.causes import CausesPolicy
from domain.policies.compensation import CompensationPolicy

type Fault = tuple[str, str]


def faults(policy: CompensationPolicy, causes: CausesPolicy) -> list[Fault]:
    """Paths of what is not known, each with why."""
    return [*_causes(policy, causes), *_by_hand(policy)]


def _causes(policy: CompensationPolicy, causes: CausesPolicy) -> Iterator[Fault]:
    codes = {code for code, _, _ in causes.codes()}
    known = codes | {code.partition(".")[0] for code in codes}
    named = {
        **{f"scaling.cause_percent.{code}": code for code in policy.scaling.cause_percent},
        **{f"scaling.frozen_causes.{nth}": code for nth, code in enumerate(policy.scaling.frozen_causes)},
        **{f"coupons.minor_flaw_causes.{nth}": code for nth, code in enumerate(policy.coupons.minor_flaw_causes)},
    }
    for path, code in named.items():
        if code not in known:
            yield path, f"the causes policy has no {code!r}; correct it, or add the cause there first"


def _by_hand(policy: CompensationPolicy) -> Iterator[Fault]:
    for form in policy.by_hand:
        if fulfilled_by(form) is Fulfilment.WALLET:
            yield f"by_hand.{form}", "nobody gives this by hand; leave it out"
