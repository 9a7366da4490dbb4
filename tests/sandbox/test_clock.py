import pytest

from tests.sandbox.clients import Market


def test_the_business_clock_moves_to_a_moment_and_on(market: Market) -> None:
    market.post("/control/clock", {"now": "2027-01-31T23:59:00+08:00"})
    market.post("/control/clock", {"advance_seconds": 120})

    assert market.get("/control/clock")["now_china"].startswith("2027-02-01 00:01")


@pytest.mark.parametrize("body", [{}, {"now": "2027-01-31T00:00:00"}, {"now": "soon"}, {"hurry": 1}])
def test_a_clock_change_that_says_nothing_clear_is_refused(market: Market, body: dict[str, object]) -> None:
    assert market.http.post("/control/clock", json=body).status_code == 422
