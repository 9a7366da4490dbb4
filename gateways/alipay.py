"""Alipay's single transfer and its query. Every answer becomes paid, failed or unknown; no exception says "failed"."""

import json
from dataclasses import dataclass, replace
from datetime import date

import httpx2
from pydantic import SecretStr

from gateways.alipay_answers import Expected, read_outcome
from gateways.alipay_codes import OK
from gateways.alipay_transfer import BIZ_SCENE, PRODUCT_CODE, prepare, said_in, transfer_of
from gateways.failures import GatewayFailure, Nonsense, Rejected, readable_code
from gateways.money import MoneyOutcome, Unknown
from gateways.nodes import Node
from gateways.raw_json import raw_members
from gateways.signing import alipay_signing_text, load_private_key, load_public_key, rsa2_sign, rsa2_verify
from gateways.statements import Statement, read_statement
from gateways.transfers import Order, PreparedTransfer
from gateways.wire import Clock, Line, china_stamp, read_json, wall_clock

PARTY = "Alipay"
SEND = "alipay.fund.trans.uni.transfer"
QUERY = "alipay.fund.trans.common.query"
BILL = "alipay.data.dataservice.bill.downloadurl.query"
NO_BILL = frozenset({"isp.bill_not_exist", "BILL_NOT_EXIST"})


@dataclass(frozen=True, slots=True)
class AlipayCredentials:
    """Keys as PEM or as the bare base64 of Alipay's console. The two serial numbers belong to certificate mode."""

    app_id: str
    private_key: SecretStr
    alipay_public_key: str
    app_cert_sn: str = ""
    alipay_root_cert_sn: str = ""


class AlipayClient:
    """Raises BadKey at construction if a key is unreadable; its calls raise nothing about the money."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        credentials: AlipayCredentials,
        *,
        seconds: float = 10.0,
        clock: Clock = wall_clock,
    ) -> None:
        self._line = Line(http, url, PARTY, seconds, clock)
        self._credentials = credentials
        self._private_key = load_private_key(credentials.private_key.get_secret_value())
        self._public_key = load_public_key(credentials.alipay_public_key)
        self._clock = clock

    def prepare(self, order: Order) -> PreparedTransfer:
        """Raises BadTransfer."""
        return prepare(transfer_of(order))

    async def send(self, prepared: PreparedTransfer) -> MoneyOutcome:
        """Send, or send again: Alipay takes the same number with the same bytes as one transfer.

        Raises TamperedTransfer, before anything is sent, if the bytes are not those of the digest.
        """
        prepared.check(said_in)
        expected = Expected(prepared.number, prepared.amount_fen, "send")
        return await self._outcome(SEND, prepared.body.decode(), expected)

    async def query(self, out_biz_no: str, amount_fen: int) -> MoneyOutcome:
        """What became of a number. An error of the query itself says nothing about the money: Unknown."""
        content = {"out_biz_no": out_biz_no, "product_code": PRODUCT_CODE, "biz_scene": BIZ_SCENE}
        return await self._outcome(QUERY, json.dumps(content), Expected(out_biz_no, amount_fen, "query"))

    async def statement(self, day: date) -> Statement | None:
        """What moved on this account on a day that is over, by China's time; None where there is no statement (yet, or
        because nothing moved). Raises GatewayFailure."""
        content = json.dumps({"bill_type": "signcustomer", "bill_date": day.isoformat()})
        answer = await self._signed_answer(BILL, content)
        code, sub_code = readable_code(answer.optional_text("code")), readable_code(answer.optional_text("sub_code"))
        if sub_code in NO_BILL:
            return None
        if code != OK:
            raise Rejected(PARTY, code or "no-code", "it gives no statement", sub_code=sub_code, permanent=False)
        # The address is part of the signed answer, and good for seconds only.
        archive = await replace(self._line, url=answer.text("bill_download_url")).send("GET", "")
        return read_statement(PARTY, day, archive.content)

    async def _outcome(self, method: str, biz_content: str, expected: Expected) -> MoneyOutcome:
        try:
            return read_outcome(await self._signed_answer(method, biz_content), expected)
        except GatewayFailure as failure:
            return Unknown(expected.out_biz_no, failure.code)

    async def _signed_answer(self, method: str, biz_content: str) -> Node:
        # Alipay reads the charset from the address, so the common parameters go there; the payee stays in the body.
        common = self._common(method)
        text = alipay_signing_text(common | {"biz_content": biz_content})
        common["sign"] = rsa2_sign(text, self._private_key)
        answer = await self._line.post(query=common, form={"biz_content": biz_content})
        return self._verified(method.replace(".", "_") + "_response", answer.content)

    def _common(self, method: str) -> dict[str, str]:
        common = {
            "app_id": self._credentials.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": china_stamp(self._clock()),
            "version": "1.0",
            "app_cert_sn": self._credentials.app_cert_sn,
            "alipay_root_cert_sn": self._credentials.alipay_root_cert_sn,
        }
        return {key: value for key, value in common.items() if value}

    def _verified(self, name: str, body: bytes) -> Node:
        """The answer's node, believed only after its signature over the raw text fits. Raises Nonsense."""
        try:
            members = raw_members(body.decode("utf-8"))
            signature = json.loads(members.get("sign", "null"))
        except ValueError as cause:
            raise Nonsense(PARTY, "not-json", "its body is not one JSON object", maybe_done=True) from cause
        raw = members.get(name) or members.get("error_response")
        if raw is None:
            raise Nonsense(PARTY, "no-response-node", f"{name} is missing", maybe_done=True)
        if not isinstance(signature, str) or not rsa2_verify(raw, signature, self._public_key):
            raise Nonsense(PARTY, "bad-signature", "its signature does not fit", maybe_done=True)
        return Node(PARTY, name, read_json(PARTY, raw.encode()))
