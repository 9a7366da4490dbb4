"""The demo shop on our own side: the shop, its people with their roles, and their keys."""

from collections.abc import Mapping


async def seed(environment: Mapping[str, str], keys: Mapping[str, str]) -> None:
    """Opens the demo shop and its people's accounts, unless they are there."""
