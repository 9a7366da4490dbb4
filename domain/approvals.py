"""Who must agree to an offer, and who may."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from domain.errors import Refusal
from domain.people import Actor, Role
from domain.policies.compensation import CompensationPolicy, OfferForm, Rung


class SelfApproval(Refusal):
    """The maker of an offer never approves it, whatever roles or accounts they hold."""

    code = "SelfApproval"


class NotAnApprover(Refusal):
    """The person holds none of the roles that are still needed."""

    code = "NotAnApprover"


class AlreadyApproved(Refusal):
    """One human being stands for one role only."""

    code = "AlreadyApproved"


class NobodyApproves(Refusal):
    """Nobody works in the shop who could give the approval that the offer needs."""

    code = "NobodyApproves"


@dataclass(frozen=True)
class ApprovalNeed:
    """One other person with a role of `by`; with `both`, another person for each of them."""

    by: tuple[Role, ...]
    both: bool = False


def needed_approval(
    form: OfferForm, amount_fen: int, maker_roles: Collection[Role], policy: CompensationPolicy
) -> ApprovalNeed | None:
    """What the shop's ladder asks for this offer; None when it lies within the maker's own right. Whoever may approve a
    larger amount alone may approve this one, so that an approver on leave can be passed over."""
    ladder = policy.approvals.ladders[policy.forms[form]]
    # The document's validator has seen to it that the last rung is open.
    place = next(n for n, rung in enumerate(ladder) if rung.up_to_fen is None or amount_fen <= rung.up_to_fen)
    rung = ladder[place]
    if set(rung.alone) & set(maker_roles):
        return None
    if rung.both:
        return ApprovalNeed(rung.by, both=True)
    return ApprovalNeed(tuple(dict.fromkeys([*rung.by, *_higher(ladder[place + 1 :])])))


def _higher(ladder: Sequence[Rung]) -> list[Role]:
    return [role for rung in ladder if not rung.both for role in rung.by]


def check_can_be_approved(need: ApprovalNeed, holders: Mapping[Role, Collection[str]], maker: str) -> None:
    """`holders` are the human beings behind those who hold each role in the shop now. Raises NobodyApproves, so that
    nobody waits two days for an approval that can't come."""
    able = {role: set(holders.get(role, ())) - {maker} for role in need.by}
    if need.both:
        missing = [role for role, people in able.items() if not people]
        enough = not missing and len(set().union(*able.values())) >= len(able)
    else:
        missing, enough = list(need.by), any(able.values())
    if not enough:
        names = (" and " if need.both else " or ").join(missing or need.by)
        raise NobodyApproves(
            f"Nobody else in this shop is {names}, so this could never be approved: offer less, or have a role given.",
            needed=[str(role) for role in need.by],
        )


def role_stood_for(actor: Actor, maker: str, need: ApprovalNeed, already: Sequence[tuple[str, Role]] = ()) -> Role:
    """The role that this person's approval counts for, to be kept with it; `already` holds (person, role they stood
    for). Raises SelfApproval, AlreadyApproved or NotAnApprover."""
    if actor.is_one_of([maker]):
        raise SelfApproval("You made this offer; somebody else has to approve it.", maker=maker)
    if actor.is_one_of(person for person, _ in already):
        raise AlreadyApproved("You have approved this offer already; the other role needs another person.")
    wanted = still_needed(need, already)
    for role in wanted:
        if role in actor.roles:
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
