"""The sandbox's memory: one SQLite file that outlives kill -9."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

# Each file brings a folder from the version before to its own; a folder of a later version is refused.
SCHEMAS = (
    "schema.sql",
    "schema_2.sql",
    "schema_courier.sql",
    "schema_coupons.sql",
    "schema_exchanges.sql",
    "schema_notices.sql",
)
SCHEMA_VERSION = len(SCHEMAS)
FILE_NAME = "sandbox.sqlite3"

# What a reset leaves: who may talk to the sandbox, not what they did in it.
CONFIGURATION = (
    "shop",
    "app",
    "alipay_app",
    "wechat_merchant",
    "sms_key",
    "sms_sign",
    "sms_template",
    "courier_customer",
    "courier_partner",
    "robot",
    "hook",
)
HISTORY = (
    "courier_claim",
    "courier_push",
    "courier_subscription",
    "scan",
    "waybill",
    "fault",
    "coupon",
    "coupon_kind",
    "transfer",
    "wallet_account",
    "wechat_transfer",
    "wechat_account",
    "sms",
    "robot_message",
    "mail",
    "hook_message",
    "message",
    "refund_message",
    "refund",
    "review",
    "sub_order",
    "trade",
    "buyer",
)
KEPT_SETTINGS = ("id_prefix", "wallet_private_key", "wechat_private_key")


# Values that no SQLite column takes: half of a surrogate pair, an integer beyond 64 bits.
UNWRITABLE = (UnicodeEncodeError, OverflowError)


class DataFolderMismatch(Exception):
    """The data folder was written by another version of the sandbox; name a new folder with --data."""


class Store:
    """One connection, used from one thread only; a transaction therefore never interleaves with another."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE_NAME
        self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._depth = 0
        # NORMAL loses nothing when the process is killed; only a power cut could take the last commits.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._create_or_check()

    def _create_or_check(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise DataFolderMismatch(
                f"{self.path} has schema {version}, this sandbox speaks {SCHEMA_VERSION}: "
                "delete the file or name another folder with --data."
            )
        for number, name in enumerate(SCHEMAS[version:], version + 1):
            # One script, one transaction: a kill in the middle leaves the version before, not half a schema.
            script = (files("sandbox") / name).read_text("utf-8")
            self._connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version={number};\nCOMMIT;")
        if self.setting("id_prefix") is None:
            # Ids start from the second of creation, so that a wiped sandbox never repeats an old tid.
            self.set_setting("id_prefix", int(time.time()))

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits when the outermost block ends and rolls everything back when it raises."""
        if self._depth == 0:
            self._connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:  # whatever ended the block, its half is rolled back; it is raised again below
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def rows_by_name(self, sql: str, values: dict[str, Any]) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def newest(self, table: str, order: tuple[str, ...], limit: int, **equals: str | None) -> list[sqlite3.Row]:
        """The latest rows by `order`; a filter that is None does not filter."""
        given = {name: value for name, value in equals.items() if value is not None}
        where = " AND ".join(f"{name} = :{name}" for name in given) or "TRUE"
        by = ", ".join(f"{column} DESC" for column in order)
        # Table and column names come from this package's own code, never from a request.
        sql = f"SELECT * FROM {table} WHERE {where} ORDER BY {by} LIMIT :row_limit"  # noqa: S608
        return self.rows_by_name(sql, {**given, "row_limit": limit})

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return found

    def number(self, sql: str, *values: Any) -> int:
        """The first column of the first row; 0 when it is NULL."""
        return int(self._connection.execute(sql, values).fetchone()[0] or 0)

    def execute(self, sql: str, *values: Any) -> int:
        """How many rows changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, **columns: Any) -> None:
        self.insert_many(table, [columns])

    def insert_many(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        rows = list(rows)
        if not rows:
            return
        names = ", ".join(rows[0])
        places = ", ".join(f":{name}" for name in rows[0])
        # Table and column names come from this package's own code, never from a request.
        self._connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608

    def setting(self, key: str, default: Any = None) -> Any:
        found = self.row("SELECT value FROM setting WHERE key = ?", key)
        return default if found is None else json.loads(found["value"])

    def set_setting(self, key: str, value: Any) -> None:
        self.execute(
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key,
            json.dumps(value),
        )

    def next_number(self, counter: str, how_many: int = 1) -> int:
        """The first of `how_many` fresh consecutive numbers."""
        first = int(self.setting(f"counter:{counter}", 1))
        self.set_setting(f"counter:{counter}", first + how_many)
        return first

    def next_id(self, how_many: int = 1) -> int:
        """A 19-digit id as Taobao's are, unlike any other: the folder's second of creation, then a running number."""
        return int(self.setting("id_prefix")) * 10**9 + self.next_number("id", how_many)

    def reset(self, *, configuration_too: bool) -> None:
        with self.transaction():
            for table in (*HISTORY, *CONFIGURATION) if configuration_too else HISTORY:
                self.execute(f"DELETE FROM {table}")  # noqa: S608
            for row in self.rows("SELECT key FROM setting"):
                if row["key"] not in KEPT_SETTINGS and not row["key"].startswith("counter:"):
                    self.execute("DELETE FROM setting WHERE key = ?", row["key"])
