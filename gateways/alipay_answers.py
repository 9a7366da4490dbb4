"""Reading a verified answer of Alipay: paid, failed or unknown, and unknown whenever in doubt."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateways.alipay_codes import ALARM_CODES, BUSINESS_FAILED, OK, REMEDIES, remedy_of
from gateways.failures import Nonsense, readable_code
from gateways.money import Failed, MoneyOutcome, Paid, Unknown
from gateways.nodes import Node


@dataclass(frozen=True, slots=True)
class Expected:
    """What we asked, and what an answer must repeat before it is believed."""

    out_biz_no: str
    amount_fen: int
    asked: Literal["send", "query"]


def read_outcome(answer: Node, expected: Expected) -> MoneyOutcome:
    """Raises Nonsense if a field that decides about money can't be read."""
    contradiction = _contradiction(answer, expected)
    if contradiction is not None:
        return Unknown(expected.out_biz_no, contradiction, alarm=True)
    code, sub_code = readable_code(answer.optional_text("code")), readable_code(answer.optional_text("sub_code"))
    if code != OK:
        return _refused(code, sub_code, expected)
    status = readable_code(answer.optional_text("status"))
    if status == "SUCCESS":
        return _paid(answer, expected)
    if status == "FAIL" and expected.asked == "query":
        reason = readable_code(answer.optional_text("error_code"))
        return Failed(expected.out_biz_no, reason or status, REMEDIES.get(reason, "stop_and_alarm"), closed=True)
    # REFUND means that money left and came back, which a transfer to an account never does.
    return Unknown(expected.out_biz_no, status or "NO_STATUS", alarm=status == "REFUND")


def _contradiction(answer: Node, expected: Expected) -> str | None:
    number, amount = answer.optional_text("out_biz_no"), answer.optional_fen("trans_amount")
    if number is not None and number != expected.out_biz_no:
        return "OTHER_OUT_BIZ_NO"
    return "OTHER_AMOUNT" if amount is not None and amount != expected.amount_fen else None


def _refused(code: str, sub_code: str, expected: Expected) -> MoneyOutcome:
    reason = sub_code or code or "NO_CODE"
    remedy = remedy_of(code, sub_code) if expected.asked == "send" else None
    if remedy is not None:
        return Failed(expected.out_biz_no, reason, remedy)
    missing = expected.asked == "query" and code == BUSINESS_FAILED and sub_code == "ORDER_NOT_EXIST"
    return Unknown(expected.out_biz_no, reason, not_found=missing, alarm=sub_code in ALARM_CODES)


def _paid(answer: Node, expected: Expected) -> Paid | Unknown:
    order_id = answer.optional_text("order_id")
    if order_id is None or answer.optional_text("out_biz_no") is None:
        return Unknown(expected.out_biz_no, "NO_ORDER_ID" if order_id is None else "NO_OUT_BIZ_NO")
    # A send may leave the amount out: the number is bound to the bytes we sent. A query has nothing else to go by.
    if expected.asked == "query" and answer.optional_fen("trans_amount") is None:
        return Unknown(expected.out_biz_no, "NO_AMOUNT")
    return Paid(expected.out_biz_no, order_id, expected.amount_fen, _paid_at(answer))


def _paid_at(answer: Node) -> datetime | None:
    try:
        return answer.optional_moment("trans_date") or answer.optional_moment("pay_date")
    except Nonsense:
        return None  # an odd date does not undo a payment
