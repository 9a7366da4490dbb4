"""Reading a verified answer of WeChat Pay: paid, failed or unknown, and unknown whenever in doubt."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from gateways.failures import readable_code
from gateways.money import Failed, MoneyOutcome, Paid, Unknown
from gateways.nodes import Node
from gateways.wechat_pay_codes import ALARM_CODES, CLOSED, NOT_FOUND, PAID, REASONS, REFUSED

OK = 200


@dataclass(frozen=True, slots=True)
class Expected:
    """What we asked, and what an answer must repeat before it is believed."""

    number: str
    amount_fen: int
    merchant: str
    asked: Literal["send", "query"]


def read_outcome(status: int, answer: Node, expected: Expected) -> MoneyOutcome:
    """Raises Nonsense if a field that decides about money can't be read."""
    if status != OK:
        return _refused(status, answer, expected)
    contradiction = _contradiction(answer, expected)
    if contradiction is not None:
        return Unknown(expected.number, contradiction, alarm=True)
    state = readable_code(answer.optional_text("state"))
    if state in PAID:
        return _paid(answer, expected)
    if state in CLOSED and expected.asked == "query":
        reason = readable_code(answer.optional_text("fail_reason"))
        return Failed(expected.number, reason or state, REASONS.get(reason, "stop_and_alarm"), closed=True)
    return Unknown(expected.number, state or "NO_STATE", ticket=answer.optional_text("package_info") or "")


def _contradiction(answer: Node, expected: Expected) -> str | None:
    number, amount = answer.optional_text("out_bill_no"), answer.optional_integer("transfer_amount")
    merchant = answer.optional_text("mch_id")
    if number is not None and number != expected.number:
        return "OTHER_OUT_BILL_NO"
    if merchant is not None and merchant != expected.merchant:
        return "OTHER_MERCHANT"
    return "OTHER_AMOUNT" if amount is not None and amount != expected.amount_fen else None


def _refused(status: int, answer: Node, expected: Expected) -> MoneyOutcome:
    code = readable_code(answer.optional_text("code"))
    if expected.asked == "send" and code in REFUSED:
        return Failed(expected.number, code, REFUSED[code])
    missing = expected.asked == "query" and code == NOT_FOUND and status == 404
    return Unknown(expected.number, code or f"http-{status}", not_found=missing, alarm=code in ALARM_CODES)


def _paid(answer: Node, expected: Expected) -> Paid | Unknown:
    order, number = answer.optional_text("transfer_bill_no"), answer.optional_text("out_bill_no")
    if order is None or number is None:
        return Unknown(expected.number, "NO_TRANSFER_BILL_NO" if order is None else "NO_OUT_BILL_NO")
    # A send answers no amount: the number is bound to the bytes we sent. A query has nothing else to go by.
    if expected.asked == "query" and answer.optional_integer("transfer_amount") is None:
        return Unknown(expected.number, "NO_AMOUNT")
    return Paid(expected.number, order, expected.amount_fen, _moment(answer.optional_text("update_time")))


def _moment(text: str | None) -> datetime | None:
    """RFC 3339 → UTC; an odd date does not undo a payment."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
