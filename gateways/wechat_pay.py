"""WeChat Pay's merchant transfer and its query. Every answer becomes paid, failed or unknown; no exception says
"failed"."""

import secrets
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from gateways.failures import GatewayFailure, Rejected, Transient, readable_code
from gateways.money import MoneyOutcome, Unknown
from gateways.nodes import Node
from gateways.signing import load_private_key, load_public_key
from gateways.statements import Statement
from gateways.transfers import Order, PreparedTransfer
from gateways.wechat_pay_answers import OK, Expected, read_outcome
from gateways.wechat_pay_bills import ACCOUNTS, NO_BILL, NOT_YET, bill_path, read_fund_flow, unpacked
from gateways.wechat_pay_signing import authorization, check_answer
from gateways.wechat_pay_transfer import SealingKey, prepare, said_in
from gateways.wire import Clock, Line, read_json, wall_clock

PARTY = "WeChat Pay"
TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class WeChatPayCredentials:
    """The merchant's number and API certificate, the app whose openids it pays, and WeChat Pay's public key with its id
    (`PUB_KEY_ID_…`) or a platform certificate's with its serial number."""

    merchant: str
    app_id: str
    serial: str
    private_key: SecretStr
    platform_serial: str
    platform_key: str


class WeChatPayClient:
    """Raises BadKey at construction if a key is unreadable; its calls raise nothing about the money."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        credentials: WeChatPayCredentials,
        *,
        seconds: float = 10.0,
        clock: Clock = wall_clock,
    ) -> None:
        self._line = Line(http, url.rstrip("/"), PARTY, seconds, clock)
        self._credentials = credentials
        self._private_key = load_private_key(credentials.private_key.get_secret_value())
        self._sealing = SealingKey(credentials.platform_serial, load_public_key(credentials.platform_key))
        self._clock = clock

    def prepare(self, order: Order) -> PreparedTransfer:
        """Raises BadTransfer."""
        return prepare(order, self._credentials.app_id, self._sealing)

    async def send(self, prepared: PreparedTransfer) -> MoneyOutcome:
        """Send, or send again: WeChat takes the same number with the same bytes as one transfer.

        Raises TamperedTransfer, before anything is sent, if the bytes are not those of the digest.
        """
        prepared.check(said_in)
        expected = self._expected(prepared.number, prepared.amount_fen, "send")
        # The name in the body opens only with the key that it was sealed with, whichever is in the settings by now.
        serial = prepared.sealed_with or self._sealing.serial
        return await self._outcome("POST", TRANSFERS, prepared.body, expected, serial)

    async def query(self, number: str, amount_fen: int) -> MoneyOutcome:
        """What became of a number. An error of the query itself says nothing about the money: Unknown. WeChat answers
        for 30 days."""
        expected = self._expected(number, amount_fen, "query")
        return await self._outcome("GET", f"{TRANSFERS}/out-bill-no/{number}", b"", expected, self._sealing.serial)

    async def statement(self, day: date) -> Statement | None:
        """What moved on the merchant's accounts on a day that is over, by China's time; None where there is no bill
        because nothing moved. Raises GatewayFailure, Transient also while the bill is being made."""
        files = [body for account in ACCOUNTS if (body := await self._bill(day, account)) is not None]
        return read_fund_flow(PARTY, day, files) if files else None

    async def _bill(self, day: date, account: str) -> bytes | None:
        serial = self._sealing.serial
        status, told = await self._signed_answer("GET", bill_path(day, account), b"", serial)
        code = readable_code(told.optional_text("code"))
        if code in NO_BILL:
            return None
        if code in NOT_YET:
            raise Transient(PARTY, code, "the bill is being made; ask again")
        if status != OK:
            raise Rejected(PARTY, code or f"http-{status}", "it gives no bill", permanent=False)
        address = urlsplit(told.text("download_url"))
        path = f"{address.path}?{address.query}"
        # The address is part of the signed answer, and may be another host's.
        line = replace(self._line, url=f"{address.scheme}://{address.netloc}")
        file = await line.send("GET", path, headers=self._headers("GET", path, b"", serial))
        return unpacked(PARTY, told, file.content)

    def _expected(self, number: str, amount_fen: int, asked: Literal["send", "query"]) -> Expected:
        return Expected(number, amount_fen, self._credentials.merchant, asked)

    async def _outcome(self, method: str, path: str, body: bytes, expected: Expected, serial: str) -> MoneyOutcome:
        try:
            status, answer = await self._signed_answer(method, path, body, serial)
            return read_outcome(status, answer, expected)
        except GatewayFailure as failure:
            return Unknown(expected.number, failure.code)

    async def _signed_answer(self, method: str, path: str, body: bytes, serial: str) -> tuple[int, Node]:
        """Status and body, believed only after the signature over the raw bytes fits, refusals too."""
        answer = await self._line.send(method, path, body=body, headers=self._headers(method, path, body, serial))
        keys = {self._sealing.serial: self._sealing.key}
        check_answer(PARTY, answer.headers, answer.content, keys, self._clock())
        return answer.status_code, Node(PARTY, "answer", read_json(PARTY, answer.content))

    def _headers(self, method: str, path: str, body: bytes, serial: str) -> dict[str, str]:
        signed = authorization(
            method, path, body.decode(),
            merchant=self._credentials.merchant, serial=self._credentials.serial, key=self._private_key,
            now=self._clock(), nonce=secrets.token_hex(16).upper(),
        )  # fmt: skip
        return {"Authorization": signed, "Wechatpay-Serial": serial, "Accept": JSON, "Content-Type": JSON}
