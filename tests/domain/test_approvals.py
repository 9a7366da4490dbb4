import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.approvals import (
    AlreadyApproved,
    ApprovalNeed,
    NobodyApproves,
    NotAnApprover,
    SelfApproval,
    check_can_be_approved,
    is_approved,
    needed_approval,
    role_stood_for,
    still_needed,
)
from domain.offers import OfferForm
from domain.people import Actor, Role
from domain.policies.compensation import CompensationPolicy
from domain.policies.documents import load_shipped, with_overrides

POLICY = load_shipped("compensation", CompensationPolicy)
CASH = OfferForm.CASH_ALIPAY
ALICE, BOB, FRED = "alice", "bob", "fred"
BOTH = ApprovalNeed((Role.SUPERVISOR, Role.FINANCE), both=True)
ROLES = st.frozensets(st.sampled_from(Role))
NEEDS = st.builds(
    ApprovalNeed, st.lists(st.sampled_from(Role), min_size=2, max_size=3, unique=True).map(tuple), st.booleans()
)


def actor(person: str, *roles: Role, accounts: tuple[str, ...] = ()) -> Actor:
    return Actor(person=person, roles=frozenset(roles), accounts=frozenset(accounts))


def need(amount_fen: int, *roles: Role, form: OfferForm = CASH) -> ApprovalNeed | None:
    return needed_approval(form, amount_fen, roles or (Role.AGENT,), POLICY)


@pytest.mark.parametrize(
    ("amount_fen", "by", "both"),
    [
        (1001, (Role.LEAD, Role.SUPERVISOR), False),
        (5000, (Role.LEAD, Role.SUPERVISOR), False),
        (5001, (Role.SUPERVISOR,), False),
        (20000, (Role.SUPERVISOR,), False),
        (20001, (Role.SUPERVISOR, Role.FINANCE), True),
    ],
)
@pytest.mark.covers(82)
def test_larger_offers_climb_the_ladder(amount_fen: int, by: tuple[Role, ...], both: bool) -> None:
    assert need(amount_fen) == ApprovalNeed(by, both)


def test_an_agents_own_right_needs_nobody() -> None:
    assert need(1000) is None


def test_somebody_without_the_right_needs_approval_for_any_amount() -> None:
    assert need(1, Role.WAREHOUSE) == ApprovalNeed((Role.LEAD, Role.SUPERVISOR))


@pytest.mark.covers(201)
def test_a_lead_who_makes_a_larger_offer_needs_another_person() -> None:
    assert need(4000, Role.LEAD, Role.SUPERVISOR) is not None


@pytest.mark.covers(70)
def test_every_gift_needs_approval() -> None:
    assert need(1, Role.AGENT, Role.LEAD, form=OfferForm.GIFT_PARCEL) is not None


def test_a_shop_may_widen_an_agents_right() -> None:
    ladder = [{"up_to_fen": 2000, "alone": ["agent"], "by": ["lead"]}, {"by": ["lead"]}]
    own = with_overrides(POLICY, {"approvals": {"ladders": {"cash": ladder}}})

    assert needed_approval(CASH, 2000, [Role.AGENT], own) is None


@given(st.sampled_from(OfferForm), st.integers(0, 10**10), ROLES)
def test_every_offer_has_an_approver_or_lies_in_its_makers_right(
    form: OfferForm, amount: int, roles: frozenset[Role]
) -> None:
    asked = needed_approval(form, amount, roles, POLICY)

    assert asked is None or asked.by


@pytest.mark.covers(201)
@given(ROLES, NEEDS)
def test_nobody_ever_approves_their_own_offer(roles: frozenset[Role], asked: ApprovalNeed) -> None:
    with pytest.raises(SelfApproval):
        role_stood_for(actor(ALICE, *roles), ALICE, asked)


@given(ROLES, NEEDS)
def test_only_a_role_that_is_asked_for_approves(roles: frozenset[Role], asked: ApprovalNeed) -> None:
    try:
        role = role_stood_for(actor(BOB, *roles), ALICE, asked)
    except NotAnApprover:
        assert not roles & set(asked.by)
    else:
        assert role in roles
        assert role in asked.by


@pytest.mark.covers(70, 201)
def test_one_person_does_not_stand_for_two_roles() -> None:
    bob = actor(BOB, Role.SUPERVISOR, Role.FINANCE)
    first = (BOB, role_stood_for(bob, ALICE, BOTH))

    with pytest.raises(AlreadyApproved):
        role_stood_for(bob, ALICE, BOTH, [first])


@pytest.mark.covers(201)
@given(ROLES, NEEDS)
def test_a_second_account_of_the_maker_approves_as_little_as_the_first(
    roles: frozenset[Role], asked: ApprovalNeed
) -> None:
    with pytest.raises(SelfApproval):
        role_stood_for(actor("alice-too", *roles, accounts=(ALICE,)), ALICE, asked)


@pytest.mark.covers(201)
def test_two_accounts_of_one_human_being_do_not_stand_for_two_roles() -> None:
    with pytest.raises(AlreadyApproved):
        role_stood_for(actor(FRED, Role.FINANCE, accounts=(BOB,)), ALICE, BOTH, [(BOB, Role.SUPERVISOR)])


def test_two_people_with_the_same_role_are_not_both() -> None:
    with pytest.raises(NotAnApprover, match="finance"):
        role_stood_for(actor(FRED, Role.SUPERVISOR), ALICE, BOTH, [(BOB, Role.SUPERVISOR)])


def test_both_approve_together() -> None:
    given_by = [(BOB, Role.SUPERVISOR)]

    assert role_stood_for(actor(FRED, Role.FINANCE), ALICE, BOTH, given_by) is Role.FINANCE
    assert not is_approved(BOTH, given_by)
    assert is_approved(BOTH, [*given_by, (FRED, Role.FINANCE)])


def test_an_offer_that_is_approved_waits_for_nobody() -> None:
    either = ApprovalNeed((Role.LEAD, Role.SUPERVISOR))

    assert still_needed(either, [(BOB, Role.SUPERVISOR)]) == ()


def test_an_offer_within_ones_right_is_approved_from_the_start() -> None:
    assert is_approved(None, [])


def test_whoever_may_approve_more_may_approve_less() -> None:
    ladder = [{"up_to_fen": 2000, "by": ["lead"]}, {"up_to_fen": 9000, "by": ["supervisor"]}]
    own = with_overrides(
        POLICY, {"approvals": {"ladders": {"cash": [*ladder, {"by": ["supervisor", "finance"], "both": True}]}}}
    )

    assert needed_approval(CASH, 2000, [Role.AGENT], own) == ApprovalNeed((Role.LEAD, Role.SUPERVISOR))


@pytest.mark.parametrize(
    ("asked", "holders"),
    [
        (ApprovalNeed((Role.LEAD,)), {Role.LEAD: [ALICE]}),
        (BOTH, {Role.SUPERVISOR: [BOB]}),
        (BOTH, {Role.SUPERVISOR: [BOB], Role.FINANCE: [BOB]}),
        (BOTH, {Role.SUPERVISOR: [BOB], Role.FINANCE: [ALICE]}),
    ],
)
def test_an_offer_that_nobody_could_approve_is_not_made_to_wait(
    asked: ApprovalNeed, holders: dict[Role, list[str]]
) -> None:
    with pytest.raises(NobodyApproves):
        check_can_be_approved(asked, holders, ALICE)


def test_an_offer_that_others_can_approve_may_wait() -> None:
    check_can_be_approved(BOTH, {Role.SUPERVISOR: [ALICE, BOB], Role.FINANCE: [BOB, FRED]}, ALICE)
    check_can_be_approved(ApprovalNeed((Role.LEAD, Role.SUPERVISOR)), {Role.SUPERVISOR: [BOB]}, ALICE)
