"""Takes one live case of the running house through its month in under a minute, and prints its timeline.

`make up` must run. A buyer leaves a one-star review in the sandbox; the desk's steps go over the api with the demo
people's keys. Only this case's clock is moved, and the sandbox's date with it, which is put back at the end.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from embedded.demo_house import DemoRefused, date_restored, visited
from embedded.demo_story import Month, TooSlow
from embedded.faults import CannotStart
from embedded.folder import DataFolder

HERE = Path(__file__).resolve().parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE / ".amends", help="data folder of the house (%(default)s)")
    parser.add_argument("--unreachable", action="store_true", help="the buyer never answers; it ends with a reply")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 printing is what this program is for


async def run(folder: DataFolder, *, unreachable: bool) -> None:
    began = time.monotonic()
    async with visited(folder) as house, date_restored(house.sandbox):
        month = await Month.begin(house, say)
        await (month.unreachable() if unreachable else month.amended_and_paid())
        await month.until(lambda case: case.closed_at is not None, "the case is closed")
        say(f"\nThe timeline of case {month.number}, Beijing time:\n")
        for line in await month.timeline():
            say(f"  {line}")
    say(f"\nA month in {time.monotonic() - began:.0f} s. The sandbox's date is what it was before.")


def main() -> int:
    options = arguments()
    try:
        asyncio.run(run(DataFolder(options.data), unreachable=options.unreachable))
    except (CannotStart, DemoRefused, TooSlow) as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped; the sandbox's date is what it was before.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
