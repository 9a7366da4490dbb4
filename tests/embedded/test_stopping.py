"""The end of a running house."""

import time

import psutil

from tests.embedded.running import PARTS, Running


async def test_it_stops_everything_within_ten_seconds(fresh_house: Running) -> None:
    pids = [fresh_house.pid_of(part) for part in PARTS]
    began = time.monotonic()

    fresh_house.process.terminate()

    assert await fresh_house.process.wait() == 0
    # Ten for the house itself; the rest is the interpreter's, which writes down what it covered.
    assert time.monotonic() - began < 13
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
