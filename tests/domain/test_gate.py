from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.gate import (
    Acknowledgement,
    GateFacts,
    GateMode,
    GateOpen,
    GateRefused,
    GateShut,
    Permission,
    check_mode,
    gate_decision,
    grounds,
    may,
)
from domain.platforms import Platform
from domain.policies.compensation import CompensationPolicy
from domain.policies.documents import load_shipped

POLICY = load_shipped("compensation", CompensationPolicy)
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SIGNED = Acknowledgement("2026-11", NOW + timedelta(days=180))
READY = GateFacts(cause_confirmed=True, buyer_accepted=True, within_policy=True, approved=True, amendment_verified=True)
STRICTNESS = [Permission.ALLOW, Permission.ACKNOWLEDGE, Permission.REFUSE]
FACTS = st.builds(GateFacts, *[st.booleans()] * 6)
AFTER, ON_RESOLUTION = GateMode.AFTER_AMENDMENT, GateMode.ON_RESOLUTION


@pytest.mark.covers(74)
@given(st.sampled_from(Platform), st.sampled_from(sorted(POLICY.gate.jurisdictions)), st.sampled_from(GateMode))
def test_the_gate_takes_the_strictest_answer(platform: Platform, jurisdiction: str, mode: GateMode) -> None:
    answers = [POLICY.gate.platforms[platform].says(mode), POLICY.gate.jurisdictions[jurisdiction].says(mode)]

    assert may(platform, jurisdiction, mode, POLICY) is max(answers, key=STRICTNESS.index)


@pytest.mark.parametrize(
    ("platform", "jurisdiction", "permission"),
    [
        (Platform.SANDBOX, "none", Permission.ALLOW),
        (Platform.SANDBOX, "CN", Permission.ACKNOWLEDGE),
        (Platform.TAOBAO, "CN", Permission.ACKNOWLEDGE),
        (Platform.PINDUODUO, "CN", Permission.REFUSE),
        (Platform.AMAZON, "CN", Permission.REFUSE),
        (Platform.TAOBAO, "US", Permission.REFUSE),
        (Platform.SHOPIFY, "EU", Permission.REFUSE),
    ],
)
@pytest.mark.covers(74)
def test_paying_after_amendment_depends_on_platform_and_law(
    platform: Platform, jurisdiction: str, permission: Permission
) -> None:
    assert may(platform, jurisdiction, AFTER, POLICY) is permission


@pytest.mark.parametrize(("platform", "jurisdiction"), [("xianyu", "CN"), (Platform.TAOBAO, "JP"), ("", "")])
@pytest.mark.parametrize("mode", GateMode)
def test_what_nobody_has_looked_up_is_refused(platform: str, jurisdiction: str, mode: GateMode) -> None:
    assert may(platform, jurisdiction, mode, POLICY) is Permission.REFUSE


def test_repairing_a_problem_is_allowed_on_every_marketplace() -> None:
    pairs = product(Platform, POLICY.gate.jurisdictions)

    assert all(may(one, law, ON_RESOLUTION, POLICY) is Permission.ALLOW for one, law in pairs)


def test_onboarding_is_told_why_a_mode_is_refused() -> None:
    with pytest.raises(GateRefused, match=r"16 CFR 465\.4"):
        check_mode(Platform.TAOBAO, "US", AFTER, POLICY)


def test_onboarding_may_choose_a_mode_that_is_to_be_acknowledged() -> None:
    assert check_mode(Platform.TAOBAO, "CN", AFTER, POLICY) is Permission.ACKNOWLEDGE


def test_the_page_of_acknowledgement_names_the_law() -> None:
    assert any("art. 9(5)" in basis for basis in grounds(Platform.TAOBAO, "CN", POLICY))


@pytest.mark.covers(207)
def test_money_waits_until_the_amendment_was_seen() -> None:
    unseen = GateFacts(True, True, True, True, amendment_verified=False)

    assert gate_decision(AFTER, Permission.ALLOW, None, unseen, NOW) == GateShut(("amendment_verified",))


def test_money_moves_once_everything_is_there() -> None:
    assert gate_decision(AFTER, Permission.ALLOW, None, READY, NOW) == GateOpen("after_amendment, allowed")


def test_the_payout_row_says_under_which_text_it_was_released() -> None:
    opened = gate_decision(AFTER, Permission.ACKNOWLEDGE, SIGNED, READY, NOW)

    assert opened == GateOpen("after_amendment, acknowledged with text 2026-11")


@given(FACTS)
def test_on_resolution_never_looks_at_the_review(facts: GateFacts) -> None:
    amended = GateFacts(**(vars(facts) | {"amendment_verified": True}))
    standing = GateFacts(**(vars(facts) | {"amendment_verified": False}))

    answers = [gate_decision(ON_RESOLUTION, Permission.ALLOW, None, one, NOW) for one in (amended, standing)]

    assert answers[0] == answers[1]


@pytest.mark.parametrize("acknowledged", [None, Acknowledgement("2026-11", NOW)])
def test_without_a_valid_acknowledgement_no_money_moves(acknowledged: Acknowledgement | None) -> None:
    answer = gate_decision(AFTER, Permission.ACKNOWLEDGE, acknowledged, READY, NOW)

    assert answer == GateShut(("acknowledgement",))


@given(st.sampled_from(GateMode), FACTS)
def test_where_the_mode_is_refused_nothing_opens_the_gate(mode: GateMode, facts: GateFacts) -> None:
    answer = gate_decision(mode, Permission.REFUSE, SIGNED, facts, NOW)

    assert isinstance(answer, GateShut)
    assert "mode_permitted" in answer.missing


@given(st.sampled_from(GateMode), st.sampled_from(Permission), FACTS)
def test_the_gate_opens_exactly_when_nothing_is_missing(
    mode: GateMode, permission: Permission, facts: GateFacts
) -> None:
    answer = gate_decision(mode, permission, SIGNED, facts, NOW)

    solved = facts.cause_confirmed and facts.buyer_accepted and facts.within_policy and facts.approved
    seen = facts.amendment_verified or mode is ON_RESOLUTION
    free = not facts.malicious_block and permission is not Permission.REFUSE
    assert isinstance(answer, GateOpen) == (solved and seen and free)


def test_a_suspected_blackmailer_is_not_paid_before_a_supervisor_decided() -> None:
    blocked = GateFacts(**(vars(READY) | {"malicious_block": True}))

    answer = gate_decision(ON_RESOLUTION, Permission.ALLOW, None, blocked, NOW)

    assert answer == GateShut(("supervisor_decision_on_malicious_signals",))
