"""Children: ready, ended, killed, orphaned."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from embedded.databases import REPOSITORY
from embedded.ports import LOOPBACK, free_port
from embedded.processes import (
    Child,
    ChildDied,
    ChildNotReady,
    accepts_connections,
    end_leftover,
    last_lines,
    listens,
)
from embedded.watch import KeepsEnding, keep_up

PARENT = """
import asyncio, os, sys
from pathlib import Path
from embedded.processes import Child
async def ready(): return True
async def main():
    child = Child("A child", [sys.executable, "-c", "import time; time.sleep(60)"],
                  log=Path(sys.argv[1]), environment=os.environ, ready=ready)
    await child.start()
    print(child.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def child_of(code: str, log: Path, *, ready: str = "", stop_seconds: float = 2.0, ready_seconds: float = 5.0) -> Child:
    """A child that runs some Python; it is ready once its log holds the given word."""

    async def logged() -> bool:
        return ready in "\n".join(last_lines(log))

    command = [sys.executable, "-u", "-c", code]
    return Child(
        "A child",
        command,
        log=log,
        environment=os.environ,
        ready=logged,
        stop_seconds=stop_seconds,
        ready_seconds=ready_seconds,
    )


def child_on(port: int, code: str, log: Path) -> Child:
    """A child that runs some Python and is to listen on the port."""
    return Child(
        "A child",
        [sys.executable, "-c", f"import socket, time; {code}"],
        log=log,
        environment=os.environ,
        port=port,
        ready=lambda: accepts_connections(LOOPBACK, port),
    )


async def test_what_answers_in_place_of_a_child_is_not_taken_for_it(tmp_path: Path) -> None:
    """The part of another house has the port, and the child finds it taken."""
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        child = child_on(port, f"time.sleep(0.2); socket.create_server(('{LOOPBACK}', {port}))", tmp_path / "log")

        with pytest.raises(ChildDied, match=r"(?s)ended before it was ready.*Address already in use"):
            await child.start()


async def test_a_child_is_ready_once_it_listens_itself(tmp_path: Path) -> None:
    port = free_port()
    child = child_on(port, f"one = socket.create_server(('{LOOPBACK}', {port})); time.sleep(60)", tmp_path / "log")

    await child.start()

    assert listens(child.pid, port)
    await child.stop()
    assert not listens(child.pid, port)


async def test_a_child_that_ends_early_shows_the_end_of_its_log(tmp_path: Path) -> None:
    child = child_of("print('no such table'); raise SystemExit(3)", tmp_path / "log", ready="never")

    with pytest.raises(ChildDied, match=r"(?s)ended before it was ready \(exit code 3\).*no such table"):
        await child.start()


async def test_a_child_that_never_gets_ready_is_a_named_error(tmp_path: Path) -> None:
    child = child_of("import time; time.sleep(60)", tmp_path / "log", ready="never", ready_seconds=0.3)

    with pytest.raises(ChildNotReady, match="was not ready"):
        await child.start()
    await child.stop()


async def test_a_child_that_does_not_want_to_stop_is_killed_at_its_limit(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up'); time.sleep(60)"
    child = child_of(stubborn, tmp_path / "log", ready="up", stop_seconds=0.2)
    await child.start()

    await child.stop()

    assert await child.wait() == -signal.SIGKILL


async def test_a_child_can_be_started_again(tmp_path: Path) -> None:
    child = child_of("import time; print('up'); time.sleep(60)", tmp_path / "log", ready="up")
    await child.start()
    first = child.pid
    os.kill(first, signal.SIGKILL)
    await child.wait()

    await child.start()

    assert child.pid != first
    await child.stop()


async def test_a_child_that_keeps_ending_is_given_up_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.watch.PAUSE_SECONDS", 0.0)
    child = child_of("print('up'); print('no disk left')", tmp_path / "log", ready="up")
    said: list[str] = []
    await child.start()

    with pytest.RaisesGroup(pytest.RaisesExc(KeepsEnding, match=r"(?s)ended 6 times.*no disk left")):
        await keep_up([child], said.append)

    assert said.count("A child ended (exit code 0); starting it again.") == 5


async def test_what_a_killed_parent_left_is_gone_at_the_next_start(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path / "its.log"), cwd=REPOSITORY, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))

    parent.kill()
    await parent.wait()
    end_leftover(tmp_path / "its.pid", signal.SIGKILL)

    assert child.wait(timeout=5) is None
