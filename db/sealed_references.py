"""Where facts and states refer to sealed texts: `{"id": …, "digest": …}`, at any depth."""

from collections.abc import Iterator
from typing import Any

_FIELDS = {"id", "digest"}


def references(value: Any) -> Iterator[tuple[str, str]]:
    """Id and digest of every sealed text that plain JSON data refers to."""
    if isinstance(value, dict):
        if value.keys() == _FIELDS:
            yield str(value["id"]), str(value["digest"])
        else:
            for part in value.values():
                yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)
