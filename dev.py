"""The embedded default: PostgreSQL, engine, sandbox, worker and API in one command, with their data in one folder.

`make up` runs it. It prints where everything is and waits; Ctrl-C stops everything in order.
"""

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path

from embedded.faults import CannotStart
from embedded.folder import DataFolder
from embedded.house import House
from embedded.ports import assign_ports
from embedded.table import table
from embedded.watch import run_until

HERE = Path(__file__).resolve().parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE / ".amends", help="folder that keeps all data (%(default)s)")
    parser.add_argument("--api-port", type=int, help="port of the API; without it 7241, or a free one")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, flush=True)


def stop_event() -> asyncio.Event:
    """Set by the first Ctrl-C, SIGTERM or hang-up of the terminal."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def live(house: House, stopped: asyncio.Event) -> None:
    """Starts the house, says where it is, and keeps it up until it is told to stop."""
    began = time.monotonic()
    say("Starting PostgreSQL, the engine, the sandbox, the worker and the API …")
    await run_until(stopped.wait(), house.start())
    if not stopped.is_set():
        say(table(house, time.monotonic() - began))
        await run_until(stopped.wait(), house.watch())


async def run(options: argparse.Namespace) -> None:
    folder = DataFolder(options.data)
    stopped = stop_event()
    with folder.held():
        house = House(folder, assign_ports({"api": options.api_port} if options.api_port else None), say)
        try:
            await live(house, stopped)
        finally:
            began = time.monotonic()
            await house.stop()
            say(f"Stopped after {time.monotonic() - began:.1f} s; the data stays in {folder.root}.")


def complain(group: BaseExceptionGroup[CannotStart]) -> None:
    """Says every reason in the group once, however deep it lies."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            complain(error)
        else:
            say(f"\n{error}")


def main() -> int:
    code = 0
    try:
        asyncio.run(run(arguments()))
    except* CannotStart as group:
        complain(group)
        code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
