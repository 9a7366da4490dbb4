"""The whole house on one machine: what starts before what, what is started again, what stops in which order."""

import asyncio
import os
import sys

from embedded import databases, demo_shop
from embedded.engine import NAMESPACE, Engine
from embedded.folder import DataFolder, write_variables
from embedded.keys import keys_of
from embedded.ports import LOOPBACK, Port
from embedded.postgres import Postgres
from embedded.processes import Child, answers_ok
from embedded.watch import Say, keep_up

DATABASE = "amends"
GRACE_SECONDS = 2


class House:
    """PostgreSQL, engine, sandbox, worker and api on one data folder, each on its port."""

    def __init__(self, folder: DataFolder, ports: dict[str, Port], say: Say) -> None:
        self.folder = folder
        self.ports = ports
        self.keys = keys_of(folder)
        self._say = say
        self.postgres = Postgres(
            folder.postgres,
            self._port("PostgreSQL"),
            log=folder.log("postgres"),
            password=self.keys["POSTGRES_ADMIN_PASSWORD"],
        )
        self.engine = Engine(
            folder.engine,
            self._port("engine"),
            log=folder.log("engine"),
            ui_port=self._port("engine UI"),
            http_port=self._port("engine http"),
            metrics_port=self._port("engine metrics"),
        )
        # Unbuffered, so that the last words of a child that is killed are in its log.
        self.environment = os.environ | {"PYTHONUNBUFFERED": "1"} | self._own_environment()
        self.sandbox = self._python("The sandbox", "sandbox", self._sandbox_arguments(), "/healthz", 1.0)
        self.worker = self._python("The worker", "worker", ["worker.py"], "/healthz", GRACE_SECONDS + 0.5)
        self.api = self._python("The api", "api", ["-m", "api"], "/ready", GRACE_SECONDS + 0.5)
        # Commands end first, then the work, then what keeps the state: together within 10 seconds.
        self._in_stop_order = [self.api, self.worker, self.sandbox, self.engine.child, self.postgres.child]

    def _port(self, part: str) -> int:
        return self.ports[part].number

    def url(self, part: str) -> str:
        return f"http://{LOOPBACK}:{self._port(part)}"

    def _python(self, name: str, part: str, arguments: list[str], health: str, stop_seconds: float) -> Child:
        return Child(
            name,
            [sys.executable, *arguments],
            log=self.folder.log(part),
            environment=self.environment,
            folder=databases.REPOSITORY,
            port=self._port(part),
            ready=lambda: answers_ok(LOOPBACK, self._port(part), health),
            stop_seconds=stop_seconds,
        )

    def _sandbox_arguments(self) -> list[str]:
        listening = ["--host", LOOPBACK, "--port", str(self._port("sandbox"))]
        listening += ["--smtp-port", str(self._port("post office"))]
        return ["-m", "sandbox", *listening, "--data", str(self.folder.sandbox)]

    def _database_url(self, role: str, secret: str) -> str:
        return self.postgres.url(DATABASE, role, self.keys[secret])

    def _own_environment(self) -> dict[str, str]:
        """What worker, api and a developer's own tools need to work with this house."""
        return {
            "AMENDS_DATABASE_URL": self._database_url(databases.APP, "POSTGRES_APP_PASSWORD"),
            "AMENDS_DATABASE_OWNER_URL": self._database_url(databases.OWNER, "POSTGRES_OWNER_PASSWORD"),
            "AMENDS_VAULT_FOLDER": str(self.folder.vault),
            "AMENDS_API_HOST": LOOPBACK,
            "AMENDS_API_PORT": str(self._port("api")),
            "AMENDS_ENGINE_UI_URL": self.url("engine UI"),
            "AMENDS_WORKER_HEALTH_PORT": str(self._port("worker")),
            "AMENDS_WORKER_GRACE_SECONDS": str(GRACE_SECONDS),
            # A newcomer who leaves a review wants to see its case at once; a real marketplace is asked each minute.
            "AMENDS_INTAKE_SECONDS": "5",
            "AMENDS_SENDING_SECONDS": "5",
            # Listeners of a developer stand on this machine, like the sandbox.
            "AMENDS_WEBHOOK_PRIVATE": "true",
            "TEMPORAL_ADDRESS": self.engine.address,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            # A proxy that the machine is set up for must not be asked for addresses of this machine.
            "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY", ""), LOOPBACK, "localhost"])),
            **{name: value for name, value in self.keys.items() if name.startswith("AMENDS_")},
            "AMENDS_PUBLIC_URL": self.url("api"),
            **demo_shop.outside_parties(self.url("sandbox")),
            **demo_shop.identity_provider(self.url("sandbox"), self.keys),
            "AMENDS_KUAIDI100_CALLBACK_URL": f"{self.url('api')}/couriers/pushes",
            **demo_shop.mail_server(LOOPBACK, self._port("post office")),
        }

    async def start(self) -> None:
        """Brings everything up, as much as possible at once. Raises CannotStart, alone or in a group."""
        async with asyncio.TaskGroup() as together:
            together.create_task(self._start_database())
            together.create_task(self.engine.child.start())
            together.create_task(databases.prepare(self.environment | self.keys, self.folder.log("prepare")))
            learning = together.create_task(self._start_sandbox())
        learned = learning.result()
        self.environment |= learned
        async with asyncio.TaskGroup() as together:
            together.create_task(self.worker.start())
            together.create_task(self.api.start())
        self._write_running(learned)

    def _write_running(self, learned: dict[str, str]) -> None:
        demo = {
            name: value for name, value in self.keys.items() if name.startswith("DEMO_KEY_") or name == "DEMO_PASSWORD"
        }
        demo |= {"DEMO_API": self.url("api"), "DEMO_SANDBOX": self.url("sandbox")}
        heading = "Addresses and keys of the running house, for `make demo`, the benchmarks and your own shell."
        write_variables(self.folder.running, self._own_environment() | learned | demo, heading)

    async def _start_sandbox(self) -> dict[str, str]:
        """The settings that only the running sandbox can give."""
        await self.sandbox.start()
        await demo_shop.introduce_api(self.url("sandbox"), self.url("api"), self.keys)
        return await demo_shop.introduce(self.url("sandbox"), self.keys)

    async def _start_database(self) -> None:
        await self.postgres.child.start()
        passwords = {
            databases.OWNER: self.keys["POSTGRES_OWNER_PASSWORD"],
            databases.APP: self.keys["POSTGRES_APP_PASSWORD"],
        }
        await databases.make_roles(self.postgres.conninfo("postgres"), passwords)
        await databases.make_database(self.postgres.conninfo("postgres"), DATABASE)

    async def watch(self) -> None:
        """Starts again whatever ends. Raises KeepsEnding when that does not help."""
        await keep_up(self._in_stop_order, self._say)

    async def stop(self) -> None:
        """Stops everything in order; each part that does not stop within its limit is killed."""
        for child in self._in_stop_order:
            await child.stop()
