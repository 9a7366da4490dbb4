"""Delivery addresses and the places they name, traps included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.addresses import AddressType, address_type
from tests.domain.address_examples import DRAFT, PLAIN, TRAPS
from tests.domain.contact_world import POLICY, shop_policy


@pytest.mark.covers(14)
@pytest.mark.parametrize(("detail", "place"), [*DRAFT, *PLAIN])
def test_an_address_tells_the_kind_of_place(detail: str, place: AddressType) -> None:
    assert address_type(detail, POLICY) is place


@pytest.mark.covers(14)
@pytest.mark.parametrize(("detail", "place"), TRAPS)
def test_streets_and_landmarks_named_after_a_place_do_not_mislead(detail: str, place: AddressType) -> None:
    assert address_type(detail, POLICY) is place


@given(st.text(max_size=2000))
def test_any_text_has_a_type(detail: str) -> None:
    assert address_type(detail, POLICY) in AddressType


def test_an_address_of_absurd_length_is_judged_by_its_beginning() -> None:
    assert address_type("阳光小区" + "路" * 100_000, POLICY) is AddressType.RESIDENTIAL


def test_a_shop_may_bring_its_own_rules() -> None:
    own = shop_policy(address_rules=[{"type": "factory", "any": "矿区"}])

    assert address_type("三号矿区", own) is AddressType.FACTORY
