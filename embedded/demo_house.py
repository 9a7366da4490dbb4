"""The running house as the demo sees it: addresses and keys, the api as each person, the sandbox, one case's time."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
from temporalio.client import Client
from temporalio.testing import TimeSkipper

from embedded.demo_cast import CAST
from embedded.faults import CannotStart
from embedded.folder import DataFolder, read_variables

ENOUGH_TO_BE_THERE = timedelta(seconds=1)


class NotRunning(CannotStart):
    """No house runs on the data folder."""


class DemoRefused(Exception):
    """A part of the house answered a request of the demo with a refusal; the message carries it."""


def variables_of(folder: DataFolder) -> dict[str, str]:
    """Addresses and keys of the running house. Raises NotRunning."""
    variables = read_variables(folder.running)
    if not variables:
        raise NotRunning(
            f"Nothing runs on {folder.root}. Start it with `make up` in another terminal, wait for its table of "
            "addresses, and try again. For another folder: python demo.py --data FOLDER."
        )
    return variables


class Web:
    """One server, asked for JSON."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **query: Any) -> Any:
        return self._read(await self._client.get(path, params=query))

    async def post(self, path: str, **body: Any) -> Any:
        return self._read(await self._client.post(path, json=body))

    def _read(self, answer: httpx2.Response) -> Any:
        if not answer.is_success:
            raise DemoRefused(f"{answer.request.method} {answer.request.url} ({answer.status_code}): {answer.text}")
        return answer.json()


@dataclass(frozen=True)
class DemoHouse:
    """`people` is the api as each person of the cast, by login."""

    people: Mapping[str, Web]
    sandbox: Web
    engine: Client


@asynccontextmanager
async def visited(folder: DataFolder) -> AsyncIterator[DemoHouse]:
    """Raises NotRunning."""
    variables = variables_of(folder)
    async with AsyncExitStack() as stack:

        async def web(url: str, headers: Mapping[str, str]) -> Web:
            client = httpx2.AsyncClient(base_url=url, headers=dict(headers), timeout=30, trust_env=False)
            return Web(await stack.enter_async_context(client))

        people = {
            member.login: await web(variables["DEMO_API"], {"Authorization": f"Bearer {variables[member.key_name]}"})
            for member in CAST
        }
        sandbox = await web(variables["DEMO_SANDBOX"], {})
        try:
            await sandbox.get("/healthz")
            await people["alice"].get("/me")
            engine = await Client.connect(
                variables["TEMPORAL_ADDRESS"], namespace=variables["TEMPORAL_NAMESPACE"], identity="amends-demo"
            )
        except (httpx2.TransportError, RuntimeError) as error:
            raise NotRunning(
                f"The house on {folder.root} does not answer ({error}). Start it with `make up`."
            ) from error
        yield DemoHouse(people, sandbox, engine)


class CaseTime:
    """The time of one case, and the sandbox's business date with it; every other case stays in the present."""

    def __init__(self, house: DemoHouse, workflow: str) -> None:
        self._sandbox = house.sandbox
        self._skipper = TimeSkipper(house.engine)
        self._handle = house.engine.get_workflow_handle(workflow)

    async def now(self) -> datetime:
        return await self._skipper.get_current_time(self._handle)

    async def pass_to(self, moment: datetime) -> None:
        """Everything that becomes due on the way is done in its turn. A moment that is over costs nothing."""
        ahead = moment - await self.now() + ENOUGH_TO_BE_THERE
        if ahead > ENOUGH_TO_BE_THERE:
            await self._sandbox.post("/control/clock", now=(moment + ENOUGH_TO_BE_THERE).isoformat())
            await self._skipper.fast_forward(self._handle, ahead)


@asynccontextmanager
async def date_restored(sandbox: Web) -> AsyncIterator[None]:
    """The sandbox's date is afterwards what it was before, however the block ends."""
    before = (await sandbox.get("/control/clock"))["offset_seconds"]
    try:
        yield
    finally:
        moved = (await sandbox.get("/control/clock"))["offset_seconds"]
        await sandbox.post("/control/clock", advance_seconds=before - moved)
