"""Who must agree to an offer, and who may."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.errors import Refusal
from domain.people import Role
from domain.policies.compensation import CompensationPolicy, OfferForm, Rung


class SelfApproval(Refusal):
    """The maker of an offer never approves it, whatever roles they hold."""

    code = "SelfApproval"


class NotAnApprover(Refusal):
    """The person holds none of the roles that are still needed."""

    code = "NotAnApprover"


class AlreadyApproved(Refusal):
    """One person stands for one role only."""

    code = "AlreadyApproved"


@dataclass(frozen=True)
class ApprovalNeed:
    """One other person with a role of `by`; with `both`, another person for each of them."""

    by: tuple[Role, ...]
    both: bool = False


def needed_approval(
    form: OfferForm, amount_fen: int, maker_roles: Collection[Role], policy: CompensationPolicy
) -> ApprovalNeed | None:
    """What the shop's ladder asks for this offer; None when it lies within the maker's own right."""
    rung = _rung(policy.approvals.ladders[policy.forms[form]], amount_fen)
    if set(rung.alone) & set(maker_roles):
        return None
    return ApprovalNeed(rung.by, rung.both)


def may_approve(
    person_id: str,
    roles: Collection[Role],
    maker_id: str,
    need: ApprovalNeed,
    already: Sequence[tuple[str, Role]] = (),
) -> None:
    """Raises SelfApproval, AlreadyApproved or NotAnApprover. `already` holds (person, role they stood for)."""
    role_stood_for(person_id, roles, maker_id, need, already)


def role_stood_for(
    person_id: str,
    roles: Collection[Role],
    maker_id: str,
    need: ApprovalNeed,
    already: Sequence[tuple[str, Role]] = (),
) -> Role:
    """The role that this approval counts for, to be kept with it. Raises as may_approve does."""
    if person_id == maker_id:
        raise SelfApproval("You made this offer; somebody else has to approve it.", maker=maker_id)
    if any(person_id == person for person, _ in already):
        raise AlreadyApproved("You have approved this offer already; the other role needs another person.")
    wanted = still_needed(need, already)
    for role in wanted:
        if role in roles:
            return role
    names = " or ".join(wanted) or "nobody"
    raise NotAnApprover(f"This offer waits for {names}; ask one of them.", needed=[str(role) for role in wanted])


def still_needed(need: ApprovalNeed, already: Sequence[tuple[str, Role]]) -> tuple[Role, ...]:
    """Roles whose approval would still count; empty once the offer is approved."""
    given = {role for _, role in already}
    if need.both:
        return tuple(role for role in need.by if role not in given)
    return () if given & set(need.by) else need.by


def is_approved(need: ApprovalNeed | None, already: Sequence[tuple[str, Role]]) -> bool:
    return need is None or not still_needed(need, already)


def _rung(ladder: Sequence[Rung], amount_fen: int) -> Rung:
    # The document's validator has seen to it that the last rung is open.
    return next(rung for rung in ladder if rung.up_to_fen is None or amount_fen <= rung.up_to_fen)
