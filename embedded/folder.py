"""The one folder that holds everything the embedded default keeps, and the lock that gives it to one process."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from embedded.faults import CannotStart

LONG_LOG = 5_000_000


class FolderInUse(CannotStart):
    """Another process runs on the data folder."""


class FolderUnusable(CannotStart):
    """The data folder can't be made or written."""


class DataFolder:
    """The places below one folder, `.amends` by default."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.postgres = self.root / "postgres"
        self.engine = self.root / "engine"
        self.sandbox = self.root / "sandbox"
        self.vault = self.root / "vault"
        self.logs = self.root / "logs"
        self.keys = self.root / "keys.env"
        self.running = self.root / "running.env"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the folder for this process; the system lets go of it whichever way the process ends.

        Raises FolderInUse where another process holds it, and FolderUnusable where it can't be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True, mode=0o700)
            lock = (self.root / "lock").open("a+")
        except OSError as error:
            raise FolderUnusable(f"{self.root} can't be used: {error.strerror}. Name another with --data.") from error
        with lock:
            self._take(lock.fileno())
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            self._put_long_logs_aside()
            yield
            self.running.unlink(missing_ok=True)

    def _take(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = (self.root / "lock").read_text().strip() or "unknown"
            raise FolderInUse(
                f"Amends runs already on {self.root} (process {holder}); its addresses are in {self.running}. "
                f"Stop it with Ctrl-C there or `kill {holder}`, or start this one on a folder of its own with --data."
            ) from error

    def _put_long_logs_aside(self) -> None:
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LONG_LOG:
                log.replace(log.with_suffix(".log.1"))


def write_variables(path: Path, variables: Mapping[str, str], heading: str) -> None:
    """Writes `NAME='value'` lines that a shell can source, readable by the owner only. Values hold no quote."""
    lines = [f"# {heading}", *(f"{name}='{value}'" for name, value in variables.items())]
    # Written beside and moved, so that a reader never meets half a file, and never with the rights of an older one.
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text("\n".join(lines) + "\n")
    unfinished.replace(path)


def read_variables(path: Path) -> dict[str, str]:
    """What write_variables wrote; empty where there is no such file."""
    if not path.exists():
        return {}
    pairs = (line.partition("=") for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return {name: value.strip("'") for name, _, value in pairs}
