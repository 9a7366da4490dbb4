"""What one api process remembers of those who try to come in: how often each address has, and how many hash at once."""

import asyncio
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from db import passwords
from domain.errors import Refusal

# A hash takes 46 MiB and tens of milliseconds of a core; who asks for many at once waits.
AT_ONCE = 2


class TooManyAttempts(Refusal):
    """This address has tried too often within a minute."""

    code = "TooManyAttempts"


class Doorkeeper:
    """Addresses are counted in this process alone: with several of them an address has so many attempts at each. What
    must hold over all of them, failures of one login, is counted in the database."""

    def __init__(self, attempts_a_minute: int = 30) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(attempts_a_minute)
        self._hashing = asyncio.Semaphore(AT_ONCE)

    async def let_try(self, address: str) -> None:
        """Raises TooManyAttempts."""
        if not await self._limiter.hit(self._limit, address):
            raise TooManyAttempts("Too many attempts from this address; wait a minute.", retry_after=60)

    async def fits(self, hash: str | None, password: str) -> bool:
        async with self._hashing:
            return await asyncio.to_thread(passwords.fits, hash, password)

    async def hashed(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(passwords.hashed, password)


def address_of(request: Request) -> str:
    """Whom attempts are counted for: an IPv4 address, or the /64 that one household has of IPv6."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:60] or "unknown"
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else host
