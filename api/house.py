"""What one api process holds: settings, the database, the key ring, the client of the engine."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities.policies import Policies
from db.sealing import KeyRing
from db.sessions import Sessions
from settings import Settings


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    settings: Settings
    ring: KeyRing
    engine: AsyncEngine
    sessions: Sessions
    client: Client
    policies: Policies
    now: Callable[[], datetime] = wall_clock


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


TheHouse = Annotated[House, Depends(_house)]
