"""Browsers of people who log in, for tests: each with its cookies and an address of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
from fastapi import FastAPI

from api.cookies import origin_of
from api.house import House
from db import passwords

PASSWORD = "a kettle that never leaks"
Browse = Callable[..., Any]


@dataclass
class Clock:
    """The house's clock, for tests that let time pass."""

    app: FastAPI

    def move(self, by: timedelta) -> None:
        house: House = self.app.state.house
        moved = house.now() + by
        self.app.state.house = replace(house, now=lambda: moved)


async def give_password(house: House, person: UUID, password: str = PASSWORD) -> None:
    async with house.sessions.begin() as session:
        await passwords.set_password(session, "tests", house.now(), person, passwords.hashed(password))


@asynccontextmanager
async def browser(app: FastAPI, address: str = "10.0.0.1") -> AsyncIterator[httpx2.AsyncClient]:
    """As a browser on a page of the api's own."""
    origin = origin_of(app.state.house.settings)
    transport = httpx2.ASGITransport(app, client=(address, 4711))
    headers = {"Origin": origin, "User-Agent": "Firefox"}
    async with httpx2.AsyncClient(transport=transport, base_url=origin, headers=headers) as client:
        yield client


async def log_in(web: httpx2.AsyncClient, login: str = "agent-1", password: str = PASSWORD) -> httpx2.Response:
    return await web.post("/login", json={"login": login, "password": password})
