"""What the processes of a house cost: CPU seconds and resident memory, as the system counts them."""

from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from embedded.house import House

MIB = 1024 * 1024
CLIENT = "this client"


def parts(house: House, **more: int) -> dict[str, int]:
    """The process ids of the house's parts by name, and of this program."""
    return {
        "api": house.api.pid,
        "worker": house.worker.pid,
        "PostgreSQL": house.postgres.child.pid,
        "engine": house.engine.child.pid,
        "sandbox": house.sandbox.pid,
        CLIENT: psutil.Process().pid,
        **more,
    }


def cpu_seconds(pid: int, *, children: bool = True) -> float:
    """Of the process and of its children, also those that have ended."""
    process = psutil.Process(pid)
    if not children:
        return _own(process)
    spent = process.cpu_times()
    total = spent.user + spent.system + getattr(spent, "children_user", 0.0) + getattr(spent, "children_system", 0.0)
    return float(total + sum(_own(child) for child in process.children(recursive=True)))


def _own(process: psutil.Process) -> float:
    try:
        spent = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(spent.user + spent.system)


def resident(pid: int) -> float:
    """MiB in memory."""
    return float(psutil.Process(pid).memory_info().rss / MIB)


@dataclass
class Meter:
    """CPU seconds of several processes since the meter was made."""

    pids: Mapping[str, int]

    def __post_init__(self) -> None:
        self._before = self.read()

    def read(self) -> dict[str, float]:
        # The house's parts are children of this program, and counted by themselves.
        return {name: cpu_seconds(pid, children=name != CLIENT) for name, pid in self.pids.items()}

    def spent(self) -> dict[str, float]:
        return {name: now - self._before[name] for name, now in self.read().items()}


def told(spent: Mapping[str, float], count: int) -> str:
    """Milliseconds of CPU for each of `count` things, the largest first."""
    each = sorted(((1000 * seconds / count, name) for name, seconds in spent.items()), reverse=True)
    total = sum(cost for cost, _ in each)
    return f"{total:.0f} ms: " + ", ".join(f"{name} {cost:.0f}" for cost, name in each if cost >= 0.5)
