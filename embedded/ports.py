"""Which port each part listens on: its usual one of 7240–7248, or the next free one after them when that is taken."""

import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from embedded.faults import CannotStart

LOOPBACK = "127.0.0.1"
USUAL = {
    "engine metrics": 7240,
    "api": 7241,
    "engine": 7242,
    "engine UI": 7243,
    "sandbox": 7244,
    "worker": 7245,
    "PostgreSQL": 7246,
    "engine http": 7247,
    "post office": 7248,
}
SPARE = range(7249, 7400)


class PortTaken(CannotStart):
    """A port that was asked for by number is in use by another process."""


class NoFreePort(CannotStart):
    """Not one port of the range for spares is free."""


@dataclass(frozen=True)
class Port:
    part: str
    number: int

    @property
    def remark(self) -> str:
        """Says so where the part is not on its usual port."""
        usual = USUAL[self.part]
        return "" if self.number == usual else f"(its usual port {usual} is not free)"


def is_free(port: int) -> bool:
    """Whether this process could listen on the port right now, on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As every server of ours does: a port in TIME_WAIT from our own last run counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def free_port() -> int:
    """Any port that is free now, chosen by the system."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def assign_ports(wanted: dict[str, int] | None = None) -> dict[str, Port]:
    """One free port for each part; `wanted` names parts that must have exactly that port.

    Raises PortTaken for a wanted port in use and NoFreePort when the spares are used up.
    """
    # Two houses that start in the same moment try the spares in another order.
    first = os.getpid() % len(SPARE)
    spares = iter([*SPARE[first:], *SPARE[:first]])
    wanted = wanted or {}
    return {part: Port(part, _choose(part, usual, wanted.get(part), spares)) for part, usual in USUAL.items()}


def _choose(part: str, usual: int, wanted: int | None, spares: Iterator[int]) -> int:
    if wanted is not None:
        if not is_free(wanted):
            raise PortTaken(f"Port {wanted} for {part} is taken. Name another one, or none, and a free one is found.")
        return wanted
    if is_free(usual):
        return usual
    for spare in spares:
        if is_free(spare):
            return spare
    raise NoFreePort(f"No port from {SPARE.start} to {SPARE.stop - 1} is free for {part}. Stop what uses them.")
