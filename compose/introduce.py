"""`python -m compose.introduce SANDBOX` opens the demo shop on both sides and prints what amends.env must hold."""

import asyncio
import os
import sys

from embedded import demo_office, demo_shop
from embedded.keys import MAKERS
from settings import Settings


async def introduce(sandbox: str) -> dict[str, str]:
    """Settings and demo people's keys; secrets that the environment holds already stay."""
    wanted = [name for name in MAKERS if not name.startswith("POSTGRES_")]
    keys = {name: os.environ.get(name) or MAKERS[name]() for name in wanted}
    learned = await demo_shop.introduce(sandbox, keys)
    await demo_office.seed(Settings(), keys)
    new = {name: value for name, value in keys.items() if name not in os.environ}
    return new | learned | demo_shop.outside_parties(sandbox)


def main() -> None:
    found = asyncio.run(introduce(sys.argv[1].rstrip("/")))
    sys.stdout.write("".join(f"{name}={value}\n" for name, value in found.items()))


if __name__ == "__main__":
    main()
