"""JSON objects of outside parties, read field by field into our types; a wrong shape is a named failure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateways.failures import Nonsense
from gateways.money import fen_of
from gateways.wire import CHINA

_TRUE = {"true": True, "1": True, "false": False, "0": False}


def clean(text: str) -> str:
    """Text that PostgreSQL can hold: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """One JSON object. Failures name the path of the field, never its value: values are buyers' data."""

    party: str
    path: str
    value: Mapping[str, Any]

    def nonsense(self, key: str, wanted: str) -> Nonsense:
        return Nonsense(self.party, "bad-field", f"{self.path}.{key} should be {wanted}", maybe_done=True)

    def optional_text(self, key: str) -> str | None:
        """None if missing, null or empty. Numbers are taken as text: TOP sends ids either way."""
        value = self.value.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
            return str(value)
        raise self.nonsense(key, "text")

    def text(self, key: str) -> str:
        value = self.optional_text(key)
        if value is None:
            raise self.nonsense(key, "present")
        return value

    def optional_integer(self, key: str) -> int | None:
        text = self.optional_text(key)
        if text is None:
            return None
        if text.isascii() and text.isdigit() and len(text) <= 18:
            return int(text)
        raise self.nonsense(key, "a whole number")

    def integer(self, key: str) -> int:
        value = self.optional_integer(key)
        if value is None:
            raise self.nonsense(key, "present")
        return value

    def optional_moment(self, key: str) -> datetime | None:
        """`yyyy-MM-dd HH:mm:ss` at GMT+8 → aware UTC."""
        text = self.optional_text(key)
        if text is None:
            return None
        try:
            return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).astimezone(UTC)
        except (ValueError, OverflowError) as cause:
            raise self.nonsense(key, "yyyy-MM-dd HH:mm:ss") from cause

    def moment(self, key: str) -> datetime:
        value = self.optional_moment(key)
        if value is None:
            raise self.nonsense(key, "present")
        return value

    def optional_fen(self, key: str) -> int | None:
        """Yuan as text ("15.70") or as a JSON number → fen."""
        value = self.value.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.nonsense(key, "an amount in yuan")
        try:
            return fen_of(str(value))
        except ValueError as cause:
            raise self.nonsense(key, "an amount in yuan") from cause

    def fen(self, key: str) -> int:
        value = self.optional_fen(key)
        if value is None:
            raise self.nonsense(key, "present")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """true, "true", 1 and "1" alike: TOP is not of one mind."""
        value = self.value.get(key)
        if value is None or value == "":
            return default
        known = _TRUE.get(str(value).lower()) if isinstance(value, bool | int | str) else None
        if known is None:
            raise self.nonsense(key, "true or false")
        return known

    def optional_node(self, key: str) -> "Node | None":
        value = self.value.get(key)
        if value is None or value == "":
            return None
        if not isinstance(value, dict):
            raise self.nonsense(key, "an object")
        return Node(self.party, f"{self.path}.{key}", value)

    def node(self, key: str) -> "Node":
        value = self.optional_node(key)
        if value is None:
            raise self.nonsense(key, "present")
        return value

    def rows(self, key: str) -> list["Node"]:
        """A list of objects; missing is empty. TOP wraps lists once more: `{"trade_rates": {"trade_rate": [...]}}`."""
        value = self.value.get(key)
        if isinstance(value, dict):
            value = next(iter(value.values())) if len(value) == 1 else None if value else []
            if value is None:
                raise self.nonsense(key, "a list in a wrapper")
        if value is None or value == "":
            return []
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self.nonsense(key, "a list of objects")
        return [Node(self.party, f"{self.path}.{key}[{i}]", row) for i, row in enumerate(value)]
