"""`make bench`: every benchmark in turn, and all figures together at the end."""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Coroutine

from bench import due_contacts, payouts, queue, start_cases, steps, waiting
from bench.figures import Figure, table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer of everything: minutes instead of half an hour")
    quick = parser.parse_args().quick
    times, started, notes, waiting_cases = (50, 120, 60, 1_000) if quick else (100, 360, 200, 10_000)
    due, paid = (200, 60) if quick else (2_000, 240)
    parts: list[tuple[str, Callable[[], Coroutine[None, None, list[Figure]]]]] = [
        (start_cases.title(), lambda: start_cases.measure(started)),
        (steps.title(), lambda: steps.measure(notes)),
        (queue.title(times, queue.SIZES), lambda: queue.measure(times)),
        (waiting.title(waiting_cases), lambda: waiting.measure(waiting_cases)),
        (due_contacts.title(due), lambda: due_contacts.measure(due)),
        (payouts.title(), lambda: payouts.measure(paid)),
    ]
    told = []
    for title, measure in parts:
        began = time.monotonic()
        print(f"{title} …", flush=True)
        told.append((table(title, found := asyncio.run(measure())), found))
        print(f"{told[-1][0]}\n  ({time.monotonic() - began:.0f} s)\n", flush=True)
    print("\nAll figures", *(text for text, _ in told), sep="\n")
    missed = [figure.what for _, figures in told for figure in figures if figure.met is False]
    print(f"\nTargets missed: {', '.join(missed)}" if missed else "\nEvery target was met.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
