"""The contact policy as a document: complete, readable, overridable, and loud about what is wrong."""

import pytest

from domain.contact_terms import AddressType, CallResult, Occupation
from domain.errors import PolicyUnreadable
from domain.policies.contact import ContactPolicy
from domain.policies.documents import read_document, with_overrides
from tests.domain.contact_world import POLICY, shop_policy


@pytest.mark.covers(24)
def test_the_general_windows_are_lunch_and_early_evening() -> None:
    assert [str(window) for window in POLICY.general_windows.windows] == ["12:00-13:00", "18:00-20:00"]


def test_the_document_survives_being_stored_as_json() -> None:
    assert read_document(ContactPolicy, POLICY.model_dump(mode="json")) == POLICY


def test_an_occupation_without_hours_of_its_own_borrows_those_of_its_place() -> None:
    assert POLICY.hours_of(Occupation.TEACHER) == POLICY.hours_at(AddressType.SCHOOL)


def test_a_pickup_point_tells_nothing_about_the_buyer() -> None:
    assert POLICY.hours_at(AddressType.PICKUP_POINT) == POLICY.hours_at(AddressType.UNKNOWN)


def test_a_shop_overrides_single_values_and_keeps_the_rest() -> None:
    own = shop_policy(per_case={"call_attempts_total": 3})

    assert (own.per_case.call_attempts_total, own.per_case.sms_total) == (3, POLICY.per_case.sms_total)


def test_a_shop_gives_a_borrowing_row_hours_of_its_own() -> None:
    own = shop_policy(address_hours={"pickup_point": {"workday": ["10:00-11:00"]}})

    assert str(own.hours_at(AddressType.PICKUP_POINT).workday[0]) == "10:00-11:00"


@pytest.mark.parametrize(
    ("tables", "path"),
    [
        ({"general_windows": {"windows": ["13:00-12:00"]}}, r"general_windows\.windows\.0: .*ends before it starts"),
        ({"general_windows": {"windows": ["noon"]}}, r"general_windows\.windows\.0: .*12:00-13:00"),
        ({"general_windows": {"windows": ["22:00-24:00"]}}, r"general_windows\.windows\.0"),
        ({"general_windows": {"windows": []}}, r"general_windows\.windows"),
        ({"general_windows": {"windows": ["23:00-23:30"]}}, "general_windows 23:00-23:30 leaves no room"),
        ({"address_hours": {"shop": {"weekend": ["05:00-06:00"]}}}, r"address_hours\.shop 05:00-06:00 leaves no room"),
        ({"hard_limits": {"call": {"life_not_before": "22:00"}}}, r"hard_limits\.call: .*earlier than"),
        ({"per_case": {"sms_total": -1}}, r"per_case\.sms_total"),
        ({"per_case": {"calls_in_all": 9}}, r"per_case\.calls_in_all"),
        ({"persistence": {"attempts": []}}, r"persistence\.attempts"),
        ({"address_rules": [{"type": "shop", "any": "(("}]}, r"address_rules\.0\.any"),
        ({"stops": {"opt_out_words": []}}, r"stops\.opt_out_words"),
        ({"occupation_hours": {"sailor": {"same_as": "hotel"}}}, r"occupation_hours\.sailor"),
        ({"address_hours": {"village": None}}, r"address_hours\.village"),
    ],
)
def test_a_wrong_value_is_refused_by_its_path(tables: dict[str, object], path: str) -> None:
    with pytest.raises(PolicyUnreadable, match=path):
        with_overrides(POLICY, tables)


@pytest.mark.parametrize(("table", "row"), [("address_hours", "shop"), ("call_results", "busy"), ("phones", "mobile")])
def test_a_document_without_a_needed_row_is_refused(table: str, row: str) -> None:
    data = POLICY.model_dump(mode="json")
    del data[table][row]

    with pytest.raises(PolicyUnreadable, match=f"{table} lacks rows for {row}"):
        read_document(ContactPolicy, data)


def test_a_row_may_not_borrow_from_a_row_without_hours() -> None:
    with pytest.raises(PolicyUnreadable, match=r"occupation_hours\.farmer\.same_as"):
        shop_policy(occupation_hours={"farmer": {"same_as": "pickup_point"}})


def test_every_release_cause_belongs_to_one_result() -> None:
    listed = [code for rule in POLICY.call_results.values() for code in rule.release_causes]

    assert len(listed) == len(set(listed)) == len(POLICY.causes)


def test_results_that_are_our_own_fault_use_up_no_cap() -> None:
    free = {result for result, rule in POLICY.call_results.items() if not rule.counts}

    assert free == {CallResult.INVALID_NUMBER, CallResult.SUSPENDED, CallResult.NETWORK_FAILURE}
