"""How urgent a case is: 1 slight, 2 middle, 3 grave, 4 dangerous. The cause says it, circumstances raise it."""

from dataclasses import dataclass

from domain.causes import severity_of
from domain.policies.causes import CausesPolicy


@dataclass(frozen=True)
class Severity:
    """`reasons` are machine-readable: the cause's code first, then what raised it."""

    level: int
    reasons: tuple[str, ...]


def severity(
    cause: str,
    policy: CausesPolicy,
    has_photo: bool = False,
    order_amount_fen: int = 0,
    product_bad_reviews_7d: int = 0,
    buyer_is_member: bool = False,
) -> Severity:
    """The severity of a case, raised by one however many circumstances apply. Raises UnknownCause."""
    rules = policy.severity
    own = severity_of(cause, policy)
    circumstances = {
        "has_photo": rules.photo_raises and has_photo,
        "order_amount": rules.order_above_fen is not None and order_amount_fen > rules.order_above_fen,
        "product_bad_reviews_7d": rules.product_bad_reviews_7d is not None
        and product_bad_reviews_7d >= rules.product_bad_reviews_7d,
        "buyer_is_member": rules.member_raises and buyer_is_member,
    }
    raising = tuple(name for name, applies in circumstances.items() if applies)
    level = max(own, min(own + 1, rules.raise_to_at_most)) if raising else own
    return Severity(level, (cause, *raising))
