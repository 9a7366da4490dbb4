"""What every part of the sandbox needs: the store, the business clock, and the refusals of the buyer's side."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.clock import BusinessClock
from sandbox.store import Store


class Refused(Exception):
    """The marketplace does not allow what the buyer or operator asked for; `code` names the rule."""

    status = 409

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NotFound(Refused):
    """There is no such shop, order, review, refund or person."""

    status = 404


@dataclass(frozen=True)
class Limits:
    """Rules of the marketplace that the operator may move with /control/limits; None switches one off."""

    review_max_chars: int | None = 500
    reply_max_chars: int = 500
    first_review_days: int | None = 15
    amend_days: int = 30
    append_days: int = 180
    reply_days: int = 30
    reply_shows_after_seconds: int = 0  # how long the list of reviews lags behind an accepted reply
    tmc_redelivery_seconds: float = 10.0
    refund_code_above_fen: int = 200_000  # a larger sum is agreed to only with a code sent to the seller's phone


class World:
    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.clock = BusinessClock(self.store)

    @property
    def limits(self) -> Limits:
        return Limits(**self.store.setting("limits", {}))

    def change_limits(self, changes: dict[str, Any]) -> Limits:
        self.store.set_setting("limits", {**self.store.setting("limits", {}), **changes})
        return self.limits

    def found(self, what: str, sql: str, *values: Any) -> sqlite3.Row:
        """The one row, or NotFound naming `what` and the value that was looked for."""
        row = self.store.row(sql, *values)
        if row is None:
            raise NotFound(f"{what}_not_found", f"There is no {what} {values[0]!r} in this sandbox.")
        return row
