"""What a newcomer reads first: where everything is, and who may come in with which key."""

from collections.abc import Iterable

from embedded.demo_cast import CAST, SHOP
from embedded.house import House


def table(house: House, seconds: float) -> str:
    """The addresses and the demo people's keys, as one text."""
    people = [(member.name, member.work, house.keys[member.key_name]) for member in CAST]
    return "\n".join(
        [
            f"\nAmends is ready after {seconds:.1f} s.\n",
            *columns(addresses(house)),
            f"\nThe people of shop `{SHOP}`; each sends the key as `Authorization: Bearer <key>`:\n",
            *columns(people),
            f"\nIn a browser they log in at POST /login with the password {house.keys['DEMO_PASSWORD']},",
            f"or by way of the sandbox: {house.url('api')}/login/oidc?return_to=/me",
            f"\nLogs are in {house.folder.logs}.",
            f"For a shell with every address and key: set -a; . {house.folder.running}; set +a",
            "Ctrl-C stops everything; open cases go on at the next start.\n",
        ]
    )


def addresses(house: House) -> list[tuple[str, ...]]:
    """Each part with its address, and the usual port where that one was taken."""
    rows = [
        ("api", "API and its documentation", house.url("api") + "/docs"),
        ("sandbox", "Sandbox: be the buyer", house.url("sandbox") + "/"),
        ("engine UI", "Engine's web UI", house.url("engine UI") + "/"),
        ("engine", "Engine", house.engine.address),
        ("PostgreSQL", "PostgreSQL", house.url("PostgreSQL").removeprefix("http://") + "/amends"),
    ]
    return [(title, address, house.ports[part].remark) for part, title, address in rows]


def columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """The rows as lines with their cells under each other."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
