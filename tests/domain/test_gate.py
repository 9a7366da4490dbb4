from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.acknowledgement import Acknowledgement, Standing, reminder, standing
from domain.errors import PolicyUnreadable
from domain.gate import (
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
from domain.policies.documents import load_shipped, read_document, with_overrides
from domain.policies.gate import Gate

POLICY = load_shipped("compensation", CompensationPolicy)
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SIGNED = Acknowledgement("bob", NOW, POLICY.gate.to_sign("CN").version, "CN", NOW + timedelta(days=180))
READY = GateFacts(cause_confirmed=True, buyer_accepted=True, within_policy=True, approved=True, amendment_verified=True)
STRICTNESS = [Permission.ALLOW, Permission.ACKNOWLEDGE, Permission.REFUSE]
FACTS = st.builds(GateFacts, *[st.booleans()] * 6)
AFTER, ON_RESOLUTION = GateMode.AFTER_AMENDMENT, GateMode.ON_RESOLUTION

# May `after_amendment` be switched on? One row per marketplace, one column per jurisdiction: - allow, s sign, X refuse.
LAWS = ("none", "CN", "US", "EU", "UK")
TABLE = {
    Platform.TAOBAO: "ssXXX",
    Platform.TMALL: "ssXXX",
    Platform.PINDUODUO: "XXXXX",
    Platform.DOUYIN: "ssXXX",
    Platform.JD: "ssXXX",
    Platform.KUAISHOU: "ssXXX",
    Platform.WEIXIN_STORE: "ssXXX",
    Platform.AMAZON: "XXXXX",
    Platform.EBAY: "XXXXX",
    Platform.SHOPIFY: "XXXXX",
    Platform.SANDBOX: "-sXXX",
}
SIGNS = {"-": Permission.ALLOW, "s": Permission.ACKNOWLEDGE, "X": Permission.REFUSE}
ROWS = [(platform, law, SIGNS[sign]) for platform, row in TABLE.items() for law, sign in zip(LAWS, row, strict=True)]


def test_the_table_has_every_marketplace_and_every_law() -> None:
    assert (set(TABLE), set(LAWS)) == (set(Platform), set(POLICY.gate.jurisdictions))


@pytest.mark.parametrize(("platform", "law", "permission"), ROWS)
@pytest.mark.covers(74)
def test_whether_a_shop_may_pay_after_an_amendment(platform: Platform, law: str, permission: Permission) -> None:
    assert may(platform, law, AFTER, POLICY) is permission


def test_repairing_a_problem_is_allowed_everywhere() -> None:
    pairs = product(Platform, POLICY.gate.jurisdictions)

    assert all(may(one, law, ON_RESOLUTION, POLICY) is Permission.ALLOW for one, law in pairs)


@pytest.mark.covers(74)
@given(st.sampled_from(Platform), st.sampled_from(sorted(POLICY.gate.jurisdictions)), st.data())
def test_the_gate_takes_the_strictest_answer(platform: Platform, law: str, data: st.DataObject) -> None:
    """Also of a matrix that the shop has made stricter."""
    stricter = data.draw(st.fixed_dictionaries({platform: st.sampled_from(STRICTNESS)}))
    rows = {one: {"after_amendment": str(says)} for one, says in stricter.items()}
    policy = POLICY.model_copy(update={"gate": with_overrides(POLICY.gate, {"platforms": rows})})
    answers = [policy.gate.platforms[platform].says(AFTER), policy.gate.jurisdictions[law].says(AFTER)]

    assert may(platform, law, AFTER, policy) is max(answers, key=STRICTNESS.index)


@pytest.mark.parametrize(("platform", "jurisdiction"), [("xianyu", "CN"), (Platform.TAOBAO, "JP"), ("", "")])
@pytest.mark.parametrize("mode", GateMode)
def test_what_nobody_has_looked_up_is_refused(platform: str, jurisdiction: str, mode: GateMode) -> None:
    assert may(platform, jurisdiction, mode, POLICY) is Permission.REFUSE


@pytest.mark.parametrize(
    ("path", "row", "loosened"),
    [
        ("platforms.amazon", {"after_amendment": "acknowledge"}, True),
        ("jurisdictions.US", {"after_amendment": "acknowledge"}, True),
        ("jurisdictions.CN", {"after_amendment": "allow"}, True),
        ("jurisdictions.JP", {"after_amendment": "allow"}, True),
        ("jurisdictions.JP", {"after_amendment": "acknowledge"}, False),
        ("jurisdictions.EU", {"after_amendment": "allow"}, True),
        ("platforms.taobao", {"after_amendment": "allow"}, True),
        ("platforms.taobao", {"after_amendment": "refuse"}, False),
        ("jurisdictions.CN", {"after_amendment": "refuse"}, False),
    ],
)
def test_nobody_edits_the_law_or_the_signature_away(path: str, row: dict[str, str], loosened: bool) -> None:
    table, _, key = path.partition(".")
    changed = POLICY.model_copy(update={"gate": with_overrides(POLICY.gate, {table: {key: row}})})

    found = [where for where, _ in POLICY.loosened(changed) if not where.startswith("gate.acknowledgements")]
    assert found == [f"gate.{path}.after_amendment"] * loosened


def test_onboarding_is_told_why_a_mode_is_refused() -> None:
    with pytest.raises(GateRefused, match=r"16 CFR 465\.4"):
        check_mode(Platform.TAOBAO, "US", AFTER, POLICY)


def test_the_page_of_acknowledgement_names_the_law() -> None:
    assert any("art. 9(5)" in basis for basis in grounds(Platform.TAOBAO, "CN", POLICY))


@pytest.mark.parametrize(
    ("changes", "worth"),
    [
        ({}, Standing.VALID),
        ({"expires_at": NOW + timedelta(days=30)}, Standing.ENDING),
        ({"expires_at": NOW}, Standing.EXPIRED),
        ({"text_version": "2025-01"}, Standing.OLDER_TEXT),
        ({"jurisdiction": "US"}, Standing.OTHER_LAW),
    ],
)
def test_what_an_acknowledgement_is_worth(changes: dict[str, object], worth: Standing) -> None:
    one = Acknowledgement(**(vars(SIGNED) | changes))

    assert standing(one, POLICY.gate, "CN", NOW) is worth


JAPAN = {"after_amendment": "acknowledge", "basis": "景品表示法", "conf": "likely"}


def test_each_law_that_asks_for_a_signature_has_its_own_words_to_sign() -> None:
    with pytest.raises(PolicyUnreadable, match=r"acknowledgements\.JP"):
        with_overrides(POLICY, {"gate": {"jurisdictions": {"JP": JAPAN}}})
    text = {"version": "JP-1", "text": "私は景品表示法を承知しています。", "renew_days": 90}
    own = with_overrides(POLICY, {"gate": {"jurisdictions": {"JP": JAPAN}, "acknowledgements": {"JP": text}}}).gate
    assert (own.to_sign("JP").version, own.renewed_after("JP"), own.renewed_after("CN")) == ("JP-1", 90, 180)
    signed = Acknowledgement("bob", NOW, "JP-1", "JP", NOW + timedelta(days=90))
    assert standing(signed, own, "JP", NOW) is Standing.VALID
    assert standing(signed, own, "CN", NOW) is Standing.OTHER_LAW


def test_a_new_text_of_one_law_leaves_the_signatures_under_the_others_alone() -> None:
    changed = with_overrides(POLICY, {"gate": {"acknowledgement_version": "2027-01"}}).gate
    assert standing(SIGNED, changed, "CN", NOW) is Standing.VALID
    newer = with_overrides(POLICY, {"gate": {"acknowledgements": {"CN": {"version": "2027-01"}}}}).gate
    assert standing(SIGNED, newer, "CN", NOW) is Standing.OLDER_TEXT


def test_a_document_from_before_the_texts_had_laws_still_reads() -> None:
    before = POLICY.gate.model_dump(mode="json") | {"acknowledgements": {}}
    assert read_document(Gate, before).to_sign("CN").version == POLICY.gate.acknowledgement_version


def test_words_for_a_law_that_is_not_in_the_table_are_refused() -> None:
    with pytest.raises(PolicyUnreadable, match=r"acknowledgements\.XX"):
        with_overrides(POLICY, {"gate": {"acknowledgements": {"XX": {"version": "1", "text": "x"}}}})


def test_without_an_acknowledgement_it_is_missing() -> None:
    assert standing(None, POLICY.gate, "CN", NOW) is Standing.MISSING


@pytest.mark.parametrize(("days", "level"), [(181, None), (31, None), (30, 0), (8, 0), (7, 1), (1, 1), (0, 2), (-9, 2)])
def test_its_end_is_told_a_month_and_a_week_before_and_when_it_is_there(days: int, level: int | None) -> None:
    one = Acknowledgement("bob", NOW, "2026-11", "CN", NOW + timedelta(days=days))

    assert reminder(one, POLICY.gate, NOW) == level


@pytest.mark.covers(207)
def test_money_waits_until_the_amendment_was_seen() -> None:
    unseen = GateFacts(True, True, True, True, amendment_verified=False)

    assert gate_decision(AFTER, Permission.ALLOW, Standing.MISSING, unseen) == GateShut(("amendment_verified",))


@pytest.mark.parametrize(
    ("mode", "permission", "why"),
    [
        (AFTER, Permission.ALLOW, "after_amendment, allowed; the amended review was seen: delete by machine"),
        (
            AFTER,
            Permission.ACKNOWLEDGE,
            "after_amendment, acknowledged with text 2026-11 until 2027-05-20; the amended review was seen: "
            "delete by machine",
        ),
        (
            ON_RESOLUTION,
            Permission.ALLOW,
            "on_resolution, allowed; a confirmed problem is repaired, whatever the review does",
        ),
    ],
)
def test_the_payout_row_says_which_gate_let_it_through_and_why(
    mode: GateMode, permission: Permission, why: str
) -> None:
    facts = GateFacts(**(vars(READY) | {"seen": "delete by machine"}))

    assert gate_decision(mode, permission, Standing.VALID, facts, SIGNED) == GateOpen(why)


@given(FACTS)
def test_on_resolution_never_looks_at_the_review(facts: GateFacts) -> None:
    amended = GateFacts(**(vars(facts) | {"amendment_verified": True}))
    standing_still = GateFacts(**(vars(facts) | {"amendment_verified": False}))

    answers = [gate_decision(ON_RESOLUTION, Permission.ALLOW, Standing.VALID, one) for one in (amended, standing_still)]

    assert answers[0] == answers[1]


@pytest.mark.parametrize("worth", [one for one in Standing if not one.holds])
def test_an_acknowledgement_that_does_not_hold_stops_money_by_its_name(worth: Standing) -> None:
    assert gate_decision(AFTER, Permission.ACKNOWLEDGE, worth, READY) == GateShut((worth.value,))


@given(st.sampled_from(GateMode), FACTS)
def test_where_the_mode_is_refused_nothing_opens_the_gate(mode: GateMode, facts: GateFacts) -> None:
    answer = gate_decision(mode, Permission.REFUSE, Standing.VALID, facts)

    assert isinstance(answer, GateShut)
    assert "mode_permitted" in answer.missing


@given(st.sampled_from(GateMode), st.sampled_from(Permission), st.sampled_from(Standing), FACTS)
def test_the_gate_opens_exactly_when_nothing_is_missing(
    mode: GateMode, permission: Permission, worth: Standing, facts: GateFacts
) -> None:
    answer = gate_decision(mode, permission, worth, facts)

    solved = facts.cause_confirmed and facts.buyer_accepted and facts.within_policy and facts.approved
    seen = facts.amendment_verified or mode is ON_RESOLUTION
    lawful = permission is Permission.ALLOW or (permission is Permission.ACKNOWLEDGE and worth.holds)
    assert isinstance(answer, GateOpen) == (solved and seen and lawful and not facts.malicious_block)


def test_a_suspected_blackmailer_is_not_paid_before_a_supervisor_decided() -> None:
    blocked = GateFacts(**(vars(READY) | {"malicious_block": True}))

    answer = gate_decision(ON_RESOLUTION, Permission.ALLOW, Standing.VALID, blocked)

    assert answer == GateShut(("supervisor_decision_on_malicious_signals",))
