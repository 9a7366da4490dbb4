"""What one api process holds: settings, the database, the key ring, the client of the engine."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities.policies import Policies
from api.doorkeeper import Doorkeeper
from db.sealing import KeyRing
from db.sessions import Sessions, sessions
from db.signatures import Signer
from gateways.oidc import IdentityProvider
from settings import Settings
from vault.vault import Vault


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """`sessions` write, in transactions; `reads` only look, one statement at a time, which saves two round trips.
    `answer_seconds` is how long a step waits for its case."""

    settings: Settings
    ring: KeyRing
    engine: AsyncEngine
    sessions: Sessions
    reads: Sessions
    client: Client
    policies: Policies
    now: Callable[[], datetime] = wall_clock
    answer_seconds: float = 10.0
    vault: Vault | None = None
    doorkeeper: Doorkeeper = field(default_factory=Doorkeeper)
    provider: IdentityProvider | None = None

    @property
    def signer(self) -> Signer | None:
        """Raises KeysUnusable."""
        return Signer.parse(self.settings.record_key.get_secret_value())

    @classmethod
    def at(
        cls, settings: Settings, ring: KeyRing, engine: AsyncEngine, client: Client, vault: Vault | None = None
    ) -> "House":
        reads = sessions(engine.execution_options(isolation_level="AUTOCOMMIT"))
        keeper = Doorkeeper(settings.login_attempts_a_minute)
        return cls(settings, ring, engine, sessions(engine), reads, client, Policies(), vault=vault, doorkeeper=keeper)


async def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


TheHouse = Annotated[House, Depends(_house)]
