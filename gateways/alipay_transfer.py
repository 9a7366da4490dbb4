"""Alipay's single transfer: what it takes, checked before it is frozen to bytes."""

import json
from dataclasses import dataclass, field
from enum import StrEnum

from gateways.money import fen_of, yuan_text
from gateways.transfers import BadTransfer, Order, PreparedTransfer, frozen

OUT_BIZ_NO_MAX = 64
AMOUNT_MIN_FEN = 10
AMOUNT_MAX_FEN = 10_000_000_000

PRODUCT_CODE = "TRANS_ACCOUNT_NO_PWD"
BIZ_SCENE = "DIRECT_TRANSFER"


class IdentityType(StrEnum):
    USER_ID = "ALIPAY_USER_ID"
    LOGON_ID = "ALIPAY_LOGON_ID"
    OPEN_ID = "ALIPAY_OPEN_ID"


@dataclass(frozen=True, slots=True)
class Payee:
    """A LOGON_ID (phone or mail address) needs the real `name` beside it."""

    identity: str = field(repr=False)
    identity_type: IdentityType
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SceneReport:
    """One line of what Alipay wants to know about a transfer's purpose."""

    info_type: str
    info_content: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """What is to be paid, to whom, and under which honest label (the defaults name it what it is)."""

    out_biz_no: str
    amount_fen: int
    payee: Payee
    order_title: str = "售后补偿"
    remark: str = "售后补偿"
    scene_name: str = "企业退款"
    scene_reports: tuple[SceneReport, ...] = (SceneReport("退款原因", "售后补偿"),)


def prepare(transfer: Transfer) -> PreparedTransfer:
    """Freeze a transfer; equal transfers give equal bytes. Raises BadTransfer."""
    _check(transfer)
    content = {
        "out_biz_no": transfer.out_biz_no,
        "trans_amount": yuan_text(transfer.amount_fen),
        "product_code": PRODUCT_CODE,
        "biz_scene": BIZ_SCENE,
        "order_title": transfer.order_title,
        "remark": transfer.remark,
        "payee_info": _payee_info(transfer.payee),
        "transfer_scene_name": transfer.scene_name,
        "transfer_scene_report_infos": [
            {"info_type": report.info_type, "info_content": report.info_content} for report in transfer.scene_reports
        ],
    }
    return frozen(transfer.out_biz_no, transfer.amount_fen, content)


def transfer_of(order: Order) -> Transfer:
    """Raises BadTransfer for an account that Alipay has no name for."""
    if order.kind not in list(IdentityType):
        raise BadTransfer(f"Alipay pays no account of kind {order.kind}; ask the buyer for an Alipay account")
    payee = Payee(order.account, IdentityType(order.kind), order.name)
    reports = (SceneReport("退款原因", order.title),)
    return Transfer(order.number, order.amount_fen, payee, order.title, order.title, order.scene, reports)


def said_in(body: bytes) -> tuple[str, int]:
    """Number and fen as stored bytes name them; ValueError, KeyError or TypeError where they name none."""
    content = json.loads(body)
    return str(content["out_biz_no"]), fen_of(content["trans_amount"])


def _payee_info(payee: Payee) -> dict[str, str]:
    info = {"identity": payee.identity, "identity_type": payee.identity_type.value}
    return info | {"name": payee.name} if payee.name else info


def _check(transfer: Transfer) -> None:
    number = transfer.out_biz_no
    if not (number.isascii() and number.isalnum() and len(number) <= OUT_BIZ_NO_MAX):
        raise BadTransfer(f"out_biz_no must be 1 to {OUT_BIZ_NO_MAX} letters and digits")
    if not AMOUNT_MIN_FEN <= transfer.amount_fen <= AMOUNT_MAX_FEN:
        raise BadTransfer(f"Alipay transfers {AMOUNT_MIN_FEN} to {AMOUNT_MAX_FEN} fen, not {transfer.amount_fen}")
    if not transfer.payee.identity:
        raise BadTransfer("the payee has no account; ask the buyer")
    if transfer.payee.identity_type is IdentityType.LOGON_ID and not transfer.payee.name:
        raise BadTransfer("an Alipay login name needs the payee's real name beside it; ask the buyer")
    if not (transfer.scene_name and transfer.scene_reports):
        raise BadTransfer("a transfer needs its scene and at least one report line")
