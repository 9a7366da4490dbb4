"""Ports of the embedded default."""

import socket
from collections.abc import Iterator

import pytest

from embedded.ports import LOOPBACK, USUAL, PortTaken, assign_ports, free_port, is_free


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another server listens on."""
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_on_which_another_server_listens_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_a_part_whose_usual_port_is_taken_gets_a_free_one_and_says_so(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(USUAL, "api", taken)

    api = assign_ports()["api"]

    assert is_free(api.number)
    assert api.remark == f"(its usual port {taken} is not free)"


def test_a_port_that_was_asked_for_and_is_taken_is_refused_by_name(taken: int) -> None:
    with pytest.raises(PortTaken, match=f"Port {taken} for api is taken"):
        assign_ports({"api": taken})


def test_a_port_that_was_asked_for_is_used() -> None:
    wanted = free_port()

    assert assign_ports({"api": wanted})["api"].number == wanted


def test_no_two_parts_share_a_port() -> None:
    numbers = [port.number for port in assign_ports().values()]

    assert len(set(numbers)) == len(numbers)
