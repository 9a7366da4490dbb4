"""A child process: started, waited for until it is ready, watched, stopped within a limit."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from embedded.faults import CannotStart

LAUNCH = Path(__file__).with_name("launch.py")
LOOK_AGAIN = 0.05
TAIL_LINES = 20


class ChildDied(CannotStart):
    """A child ended before it was ready, or keeps ending; the message carries the tail of its log."""


class ChildNotReady(CannotStart):
    """A child runs but did not become ready in time; the message carries the tail of its log."""


async def nothing_to_prepare() -> None:
    """The `prepare` of a child that needs none."""


class Child:
    """One process of its own session, so that Ctrl-C in the terminal reaches only the parent, which then stops it.

    `ready` is asked again and again until it answers True; where a port is named, the child itself must listen there,
    since another house may have been quicker and would answer in its place. `prepare` runs before every start, also
    before a restart. The environment is read at every start, so it may still grow until then. The child gets
    `death_signal` from the kernel when the parent is killed (Linux); elsewhere the next start ends it, by its pid file
    beside the log.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str | Path],
        *,
        log: Path,
        ready: Callable[[], Awaitable[bool]],
        environment: Mapping[str, str],
        folder: Path | None = None,
        port: int | None = None,
        prepare: Callable[[], Awaitable[None]] = nothing_to_prepare,
        user: str = "",
        death_signal: signal.Signals = signal.SIGKILL,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_seconds: float = 2.0,
        ready_seconds: float = 90.0,
    ) -> None:
        self.name = name
        self.log = log
        self._command = [*launcher(user, death_signal), "--", *map(str, arguments)]
        self.pid_file = log.with_suffix(".pid")
        self._death_signal = death_signal
        self._environment = environment
        self._folder = folder
        self._ready = ready
        self._port = port
        self._prepare = prepare
        self._stop_signal = stop_signal
        self._stop_seconds = stop_seconds
        self._ready_seconds = ready_seconds
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process id, 0 before the first start. It stays the same through the launcher's exec."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Starts it and returns once it is ready. Raises ChildDied or ChildNotReady."""
        end_leftover(self.pid_file, self._death_signal)
        await self._prepare()
        await self.spawn()
        remember(self.pid_file, self.pid)
        await self.wait_until_ready()

    async def spawn(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=dict(self._environment),
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(self._ready_seconds):
                while not (await self._ready() and self._listens()):
                    if self._process is None or self._process.returncode is not None:
                        raise ChildDied(self.story("ended before it was ready"))
                    await asyncio.sleep(LOOK_AGAIN)
        except TimeoutError as error:
            raise ChildNotReady(self.story(f"was not ready within {self._ready_seconds:.0f} s")) from error

    def _listens(self) -> bool:
        return self._port is None or listens(self.pid, self._port)

    async def wait(self) -> int:
        """Waits for its end and returns the exit code, negative for a signal."""
        if self._process is None:
            return 0
        return await self._process.wait()

    async def stop(self) -> None:
        """Asks it to stop, and kills it when it has not within its limit."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(self._stop_signal)
        try:
            async with asyncio.timeout(self._stop_seconds):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    def story(self, what: str) -> str:
        """The message about a child that failed: what happened and the last lines that it logged."""
        code = self._process.returncode if self._process else None
        ended = "" if code is None else f" (exit code {code})"
        tail = "\n".join(f"    {line}" for line in last_lines(self.log)) or "    (it logged nothing)"
        return f"{self.name} {what}{ended}. The end of {self.log}:\n{tail}"


def launcher(user: str, death_signal: signal.Signals) -> list[str]:
    """The start of a command line that runs the rest through embedded/launch.py, as `user` where one is named."""
    parent, death = str(os.getpid()), str(int(death_signal))
    return [sys.executable, "-I", "-S", str(LAUNCH), "--parent", parent, "--death-signal", death, "--user", user]


def remember(pid_file: Path, pid: int) -> None:
    """Notes which process was started, with its time of birth: pids are used again."""
    try:
        pid_file.write_text(f"{pid} {psutil.Process(pid).create_time()}\n")
    except psutil.NoSuchProcess:
        pid_file.unlink(missing_ok=True)


def end_leftover(pid_file: Path, number: signal.Signals) -> None:
    """Ends the process of an earlier run, if it lives on."""
    if not pid_file.exists():
        return
    pid, born = pid_file.read_text().split()
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(int(pid))
        # A clock that was set right in between moves the time of birth a little.
        if abs(process.create_time() - float(born)) < 2:
            process.send_signal(number)


async def run_once(
    name: str,
    arguments: Sequence[str | Path],
    environment: Mapping[str, str],
    log: Path,
    *,
    user: str = "",
    folder: Path | None = None,
) -> None:
    """Runs a command to its end, its output added to the log. Raises ChildDied when it fails."""
    child = Child(name, arguments, log=log, ready=_always, environment=environment, user=user, folder=folder)
    await child.spawn()
    if await child.wait() != 0:
        raise ChildDied(child.story("failed"))


async def _always() -> bool:
    return True


def last_lines(log: Path, count: int = TAIL_LINES) -> list[str]:
    """The last lines of a log, which may be long: only its last 16 KiB are read."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        return file.read().decode("utf-8", "replace").splitlines()[-count:]


def listens(pid: int, port: int) -> bool:
    """Whether the process or a child of it listens there. A system that does not tell is believed to say yes."""
    try:
        process = psutil.Process(pid)
        return any(_holds(part, port) for part in (process, *process.children(recursive=True)))
    except psutil.AccessDenied:
        return True
    except psutil.NoSuchProcess:
        return False


def _holds(process: psutil.Process, port: int) -> bool:
    connections = process.net_connections("tcp")
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in connections)


async def accepts_connections(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


async def answers_ok(host: str, port: int, path: str) -> bool:
    """Whether an HTTP server there answers the path with 200."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        status = await reader.readline()
    except ConnectionError:
        return False
    finally:
        writer.close()
    return status.split()[1:2] == [b"200"]
