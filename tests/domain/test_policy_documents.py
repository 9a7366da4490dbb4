from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PolicyUnreadable
from domain.policies.causes import CausesPolicy
from domain.policies.compensation import CompensationPolicy
from domain.policies.desk import DeskPolicy
from domain.policies.documents import PolicyDocument, load_shipped, read_document, read_toml, with_overrides
from domain.policies.platforms import PlatformsPolicy
from domain.policies.refunds import RefundsPolicy
from domain.policies.texts import TextsPolicy

SHIPPED: dict[str, type[PolicyDocument]] = {
    "platforms": PlatformsPolicy,
    "causes": CausesPolicy,
    "compensation": CompensationPolicy,
    "desk": DeskPolicy,
    "texts": TextsPolicy,
    "refunds": RefundsPolicy,
}


def faults(kind: str, overrides: Mapping[str, object]) -> str:
    """What is wrong with the shipped document once a shop has laid these values over it."""
    with pytest.raises(PolicyUnreadable) as refused:
        with_overrides(load_shipped(kind, SHIPPED[kind]), overrides)
    return str(refused.value)


@pytest.mark.parametrize("kind", SHIPPED)
def test_every_shipped_document_survives_being_stored_and_read_again(kind: str) -> None:
    shipped = load_shipped(kind, SHIPPED[kind])

    assert read_document(SHIPPED[kind], shipped.model_dump(mode="json")) == shipped


@pytest.mark.parametrize("kind", SHIPPED)
def test_a_document_without_overrides_stays_as_it_was(kind: str) -> None:
    shipped = load_shipped(kind, SHIPPED[kind])

    assert with_overrides(shipped, {}) == shipped


def test_an_override_changes_one_leaf_and_leaves_its_neighbours() -> None:
    shipped = load_shipped("compensation", CompensationPolicy)

    changed = with_overrides(shipped, {"budget": {"cash_month_fen": 1}})

    assert changed.budget.cash_month_fen == 1
    assert changed.budget.cash_agent_day_fen == shipped.budget.cash_agent_day_fen


def test_an_override_replaces_a_whole_list() -> None:
    shipped = load_shipped("compensation", CompensationPolicy)

    assert with_overrides(shipped, {"coupons": {"faces_fen": [500]}}).coupons.faces_fen == (500,)


def test_an_unknown_field_is_refused_by_name() -> None:
    assert "budget.cash_mont_fen" in faults("compensation", {"budget": {"cash_mont_fen": 1}})


def test_a_wrong_type_is_refused_by_name() -> None:
    assert "budget.cash_month_fen" in faults("compensation", {"budget": {"cash_month_fen": "30 yuan"}})


def test_money_with_a_fraction_is_refused() -> None:
    assert "budget.cash_month_fen" in faults("compensation", {"budget": {"cash_month_fen": 10.5}})


def test_every_fault_is_listed_with_its_path() -> None:
    with pytest.raises(PolicyUnreadable) as refused:
        with_overrides(load_shipped("desk", DeskPolicy), {"case_capacity": 0, "follow_up_days": -1})

    fields = refused.value.facts["fields"]
    assert isinstance(fields, list)
    assert {fault["path"] for fault in fields} == {"case_capacity", "follow_up_days"}


def test_a_missing_document_is_refused_by_name() -> None:
    with pytest.raises(PolicyUnreadable, match="'weather'"):
        load_shipped("weather", DeskPolicy)


def test_a_broken_toml_file_is_refused_with_its_line() -> None:
    with pytest.raises(PolicyUnreadable, match="line 2"):
        read_toml(DeskPolicy, "schema_version = 1\nas_of = \n")


def test_a_value_that_is_not_plain_data_is_refused() -> None:
    with pytest.raises(PolicyUnreadable, match="not plain data"):
        read_document(DeskPolicy, {"schema_version": object()})


@given(st.integers() | st.text() | st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False))
def test_only_a_count_is_taken_as_a_count(given_value: object) -> None:
    shipped = load_shipped("desk", DeskPolicy)

    if type(given_value) is int and given_value >= 1:
        assert with_overrides(shipped, {"case_capacity": given_value}).case_capacity == given_value
    else:
        assert "case_capacity" in faults("desk", {"case_capacity": given_value})


def test_a_document_of_another_schema_is_refused() -> None:
    assert "schema_version" in faults("desk", {"schema_version": 2})


def test_a_shipped_document_says_of_which_day_its_facts_are() -> None:
    assert all(load_shipped(kind, model).as_of >= date(2026, 11, 21) for kind, model in SHIPPED.items())


@pytest.mark.parametrize(
    ("ladder", "why"),
    [
        ([{"up_to_fen": 1000, "by": ["lead"]}], "large offers have no approver"),
        ([{"up_to_fen": 5000, "by": ["lead"]}, {"up_to_fen": 1000, "by": ["lead"]}, {"by": ["lead"]}], "must rise"),
        ([{"up_to_fen": 1000, "by": ["lead"]}, {"up_to_fen": 1000, "by": ["lead"]}, {"by": ["lead"]}], "must rise"),
        ([{"by": ["lead"]}, {"by": ["supervisor"]}], "must rise"),
        ([], "large offers have no approver"),
    ],
)
def test_an_approval_ladder_with_a_hole_is_refused(ladder: list[object], why: str) -> None:
    refused = faults("compensation", {"approvals": {"ladders": {"cash": ladder}}})

    assert "approvals" in refused
    assert "ladders.cash" in refused
    assert why in refused


def test_a_rung_of_two_approvers_names_two_roles() -> None:
    ladder = [{"by": ["finance", "finance"], "both": True}]

    assert "ladders.cash.0" in faults("compensation", {"approvals": {"ladders": {"cash": ladder}}})


def test_order_bands_that_leave_some_orders_out_are_refused() -> None:
    assert "no band" in faults("compensation", {"scaling": {"order": [{"below_fen": 100, "factor_percent": 80}]}})


def test_order_bands_out_of_order_are_refused() -> None:
    bands = [{"below_fen": 200, "factor_percent": 80}, {"below_fen": 100, "factor_percent": 80}, {"factor_percent": 1}]

    assert "bands must rise" in faults("compensation", {"scaling": {"order": bands}})


def test_a_base_above_its_ceiling_is_refused() -> None:
    assert "standards.bad" in faults("compensation", {"standards": {"bad": {"base_fen": 2000}}})


def test_desk_windows_that_cross_are_refused() -> None:
    windows = [{"open": "09:00", "close": "13:00"}, {"open": "12:00", "close": "18:00"}]

    assert "monday: the window from 12:00" in faults("desk", {"hours": {"week": {"monday": windows}}})


def test_a_desk_window_over_midnight_is_refused() -> None:
    windows = [{"open": "22:00", "close": "02:00"}]

    assert "hours.week.friday.0" in faults("desk", {"hours": {"week": {"friday": windows}}})


def test_a_desk_in_an_unknown_zone_is_refused() -> None:
    assert "hours.zone" in faults("desk", {"hours": {"zone": "Asia/Peking"}})


def test_a_desk_that_never_opens_is_refused() -> None:
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    assert "never opens" in faults("desk", {"hours": {"week": {day: [] for day in days}}})


def test_an_escalation_that_waits_longer_for_severer_cases_is_refused() -> None:
    assert "escalations.stale" in faults("desk", {"escalations": {"stale": {"minutes": [10, 20, 30, 40]}}})


def test_a_rating_under_two_grades_is_refused() -> None:
    scale = {"good": ["4", "5"], "neutral": ["3"], "bad": ["1", "2", "3"]}

    assert "platforms.jd.review.scale" in faults("platforms", {"platforms": {"jd": {"review": {"scale": scale}}}})


def test_a_platform_that_is_taken_out_is_refused() -> None:
    assert "platforms.jd" in faults("platforms", {"platforms": {"jd": None}})


def test_an_amend_mode_beside_none_is_refused() -> None:
    override = {"platforms": {"amazon": {"review": {"amend_modes": ["none", "delete"]}}}}

    assert "stands alone" in faults("platforms", override)


def test_a_refund_limit_without_its_outcome_is_refused() -> None:
    limit = {"length": 5, "unit": "day", "since": "refund_created"}
    stage = {"code": "X", "owner": "seller", "limit": limit}

    assert "refund.stages.0" in faults("platforms", {"platforms": {"jd": {"refund": {"stages": [stage]}}}})


def test_a_refund_reason_with_an_unknown_cause_is_refused() -> None:
    reason = {"其他": {"cause": "weather.rain", "fault": "none"}}

    assert "refund_reasons.其他.cause" in faults("causes", {"refund_reasons": reason})


def test_a_signal_with_a_broken_pattern_is_refused() -> None:
    signals = {"signals": {"threat_before_complaint": {"patterns": ["("]}}}

    assert "malicious.signals.threat_before_complaint.patterns" in faults("causes", {"malicious": signals})


def test_a_script_out_of_order_is_refused() -> None:
    steps = [{"code": "close", "goal": "end", "say": "再见"}]

    assert "in this order" in faults("texts", {"call": {"steps": steps}})


def test_a_text_with_an_unknown_place_is_refused() -> None:
    assert "{phone}" in faults("texts", {"notices": {"payment": "您好 {phone}"}})


def test_a_public_reply_that_cannot_do_without_facts_is_refused() -> None:
    override = {"public_reply": {"templates": {"default": ["已补寄,{action}"]}}}

    assert "templates.default" in faults("texts", override)


@pytest.mark.parametrize(("place", "key"), [("jurisdictions", "US"), ("platforms", "amazon"), ("platforms", "ebay")])
@pytest.mark.parametrize("answer", ["allow", "acknowledge"])
@pytest.mark.covers(74)
def test_a_shop_cannot_allow_what_the_law_certainly_forbids(place: str, key: str, answer: str) -> None:
    refused = faults("compensation", {"gate": {place: {key: {"after_amendment": answer}}}})

    assert f"gate.{place}.{key}.after_amendment" in refused


def test_a_shop_may_be_stricter_than_the_shipped_matrix() -> None:
    shipped = load_shipped("compensation", CompensationPolicy)

    changed = with_overrides(shipped, {"gate": {"jurisdictions": {"CN": {"after_amendment": "refuse"}}}})

    assert changed.gate.jurisdictions["CN"].after_amendment == "refuse"


FLAW = {"zh": "瑕疵", "severity": 1, "remedies": ["apology"]}
MODES_TWICE = {"jd": {"review": {"amend_modes": ["delete", "delete"]}}}
STAGES_TWICE = {"jd": {"refund": {"stages": [{"code": "A", "terminal": True}, {"code": "A", "terminal": True}]}}}


@pytest.mark.parametrize(
    ("kind", "overrides", "why"),
    [
        ("platforms", {"platforms": MODES_TWICE}, "a mode is listed twice"),
        ("platforms", {"platforms": {"tmall": {"review": {"amend_modes": ["delete"]}}}}, "needs buyer_may_delete"),
        ("platforms", {"platforms": {"jd": {"refund": {"stages": [{"code": "A"}]}}}}, "owner is missing"),
        ("platforms", {"platforms": STAGES_TWICE}, "two stages have the same code"),
        ("platforms", {"deadlines": {"warn_hours_before": [1, 6, 24]}}, "put the earliest warning first"),
        ("platforms", {"deadlines": {"never_refuse_automatically": False}}, "deadlines.never_refuse_automatically"),
        ("platforms", {"persistence_days": 0}, "persistence_days"),
        ("compensation", {"scaling": {"severity_percent": {"5": 100}}}, "each of 1, 2, 3 and 4"),
        ("compensation", {"scaling": {"cause_percent": {"price": 0}}}, "between 1 and 1000"),
        ("compensation", {"coupons": {"faces_fen": [500, 300]}}, "the smallest first"),
        ("compensation", {"payout": {"query_after_seconds": [30, 5]}}, "each later than the last"),
        ("compensation", {"standards": {"good": {"base_fen": 1, "max_fen": 1}}}, "a good review has no case"),
        ("compensation", {"forms": {"five_star_cash_back": "cash"}}, "forms.five_star_cash_back"),
        ("desk", {"hours": {"week": {"monday": [{"open": "9:00", "close": "18:00"}]}}}, 'write it like "09:00"'),
        ("desk", {"hours": {"dates": {"2027-02-30": []}}}, "hours.dates.2027-02-30"),
        ("desk", {"escalations": {"stale": {"ladder": ["lead", "lead"]}}}, "name each role once"),
        ("desk", {"escalations": {"stale": None}}, "escalations.stale"),
        ("desk", {"starts_with": {"7": "lead"}}, "severities are 1 to 4"),
        ("causes", {"causes": {"quality": {"sub": {"minor_flaw": FLAW | {"keywords": [" "]}}}}}, "empty keyword"),
        ("causes", {"causes": {"quality": {"dept": "weather"}}}, "causes.quality.dept"),
        ("texts", {"wording": {"public": [{"code": "phone", "pattern": "("}]}}, "no regular expression"),
        ("texts", {"public_reply": {"templates": {"default": None}}}, "templates.default"),
        ("texts", {"notices": {"closed": None}}, "notices.closed"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused_with_the_reason(
    kind: str, overrides: dict[str, object], why: str
) -> None:
    assert why in faults(kind, overrides)


def test_one_option_is_no_choice() -> None:
    steps = [step.model_dump(mode="json") for step in load_shipped("texts", TextsPolicy).call.steps]
    steps[3]["say"] = "这边可以{option_1}"

    assert "between at least" in faults("texts", {"call": {"steps": steps}})


@pytest.mark.parametrize(
    ("kind", "table", "key"),
    [("platforms", "platforms", "jd"), ("desk", "escalations", "stale"), ("texts", "notices", "closed")],
)
def test_a_whole_document_with_a_gap_is_refused(kind: str, table: str, key: str) -> None:
    whole = load_shipped(kind, SHIPPED[kind]).model_dump(mode="json")
    del whole[table][key]

    with pytest.raises(PolicyUnreadable, match=key):
        read_document(SHIPPED[kind], whole)
