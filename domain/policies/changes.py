"""What differs between two documents of one kind, field by field."""

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Change(BaseModel):
    """One field by its path, like `approvals.ladders.cash.0.up_to_fen`; what was not there is null."""

    path: str
    kind: ChangeKind
    old: Any = None
    new: Any = None


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """In the order of the paths. Tables are compared field by field, and so are lists of as many tables; any other list
    counts as one value."""
    return sorted(_between(old, new, ""), key=lambda change: change.path)


def _between(old: Mapping[str, Any], new: Mapping[str, Any], above: str) -> Iterator[Change]:
    for name in {**old, **new}:
        path = f"{above}{name}"
        if name not in new:
            yield Change(path=path, kind=ChangeKind.REMOVED, old=old[name])
        elif name not in old:
            yield Change(path=path, kind=ChangeKind.ADDED, new=new[name])
        elif not _same(old[name], new[name]):
            yield from _inside(old[name], new[name], path)


def _same(old: Any, new: Any) -> bool:
    """As JSON sees it: a truth value is no number."""
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def _inside(old: Any, new: Any, path: str) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _between(old, new, f"{path}.")
    elif _tables(old) and _tables(new) and len(old) == len(new):
        yield from _between(_numbered(old), _numbered(new), f"{path}.")
    else:
        yield Change(path=path, kind=ChangeKind.CHANGED, old=old, new=new)


def _tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _numbered(items: Sequence[Any]) -> dict[str, Any]:
    return {str(nth): item for nth, item in enumerate(items)}
