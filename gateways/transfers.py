"""A transfer as it will go over a wallet's wire, frozen to bytes before the first send."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from domain.labels import untrue_in
from gateways.money import MoneyOutcome
from gateways.statements import Statement


class BadTransfer(ValueError):
    """The transfer can't be sent as it stands: mend the named field before it is approved."""


class TamperedTransfer(ValueError):
    """Stored bytes and their digest differ: don't send; query the number and let a person decide."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The transfer scene that WeChat Pay has granted the merchant, and what payer and payee are told it is."""

    id: str = "1011"
    perception: str = "商家赔付"
    info_type: str = "赔付原因"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid and to whom; `kind` is the wallet's own name for the kind of `account`. Title and scene tell
    payer, payee and wallet what it honestly is: Alipay by its `scene`, WeChat Pay by its own. Raises BadTransfer for a
    title that tells anything else: no transfer passes by here without one."""

    number: str
    amount_fen: int
    kind: str
    account: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    title: str = "售后补偿"
    scene: str = "企业退款"
    wechat_scene: Scene = Scene()

    def __post_init__(self) -> None:
        if why := untrue_in(self.title):
            raise BadTransfer(f"the transfer's title {why}")


@dataclass(frozen=True, slots=True)
class PreparedTransfer:
    """The exact body and its SHA-256: store both before the first send, and resend nothing else. `sealed_with` names
    the wallet's key with which a part of the body was encrypted, where one was."""

    number: str
    amount_fen: int
    body: bytes = field(repr=False)
    digest: str
    sealed_with: str = ""

    def check(self, said_in: Callable[[bytes], tuple[str, int]]) -> None:
        """Raises TamperedTransfer where the bytes are not those of the digest, or name another number or amount;
        `said_in` reads both out of them and may raise whatever reading raises."""
        if hashlib.sha256(self.body).hexdigest() != self.digest:
            raise TamperedTransfer("the stored bytes of a transfer do not fit their digest")
        try:
            said = said_in(self.body)
        except (ValueError, KeyError, TypeError) as cause:
            raise TamperedTransfer("the stored bytes are not a transfer of this product") from cause
        if said != (self.number, self.amount_fen):
            raise TamperedTransfer("the stored bytes name another number or amount than their row")


def frozen(number: str, amount_fen: int, content: Mapping[str, Any], sealed_with: str = "") -> PreparedTransfer:
    """Equal contents give equal bytes."""
    raw = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return PreparedTransfer(number, amount_fen, raw, hashlib.sha256(raw).hexdigest(), sealed_with)


class Asks(Protocol):
    """A party that knows what became of a number; its query raises nothing about the money."""

    async def query(self, number: str, amount_fen: int) -> MoneyOutcome: ...


class Wallet(Asks, Protocol):
    """A party that pays. Its calls raise nothing about the money but TamperedTransfer, before anything is sent."""

    def prepare(self, order: Order) -> PreparedTransfer:
        """Raises BadTransfer, naming what is wrong."""
        ...

    async def send(self, prepared: PreparedTransfer) -> MoneyOutcome: ...


class Statements(Protocol):
    """A party that tells at the day's end what has moved."""

    async def statement(self, day: date) -> Statement | None: ...
