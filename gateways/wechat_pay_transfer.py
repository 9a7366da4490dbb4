"""WeChat Pay's merchant transfer: what it takes, checked before it is frozen to bytes."""

import json
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa

from gateways.transfers import BadTransfer, Order, PreparedTransfer, frozen
from gateways.wechat_pay_signing import encrypted

OPENID = "WECHAT_OPENID"
NUMBER_MAX = 32
AMOUNT_MIN_FEN = 10
REMARK_MAX = 32
# WeChat compares the holder's name from 0.30 yuan up and wants it from 2,000 yuan.
NAME_FROM_FEN, NAME_NEEDED_FROM_FEN = 30, 200_000
_OPENID = re.compile(r"[A-Za-z0-9_-]{6,64}")


@dataclass(frozen=True, slots=True)
class SealingKey:
    """WeChat Pay's public key with its id, or a platform certificate's with its serial number."""

    serial: str
    key: rsa.RSAPublicKey = field(repr=False)


def prepare(order: Order, app_id: str, sealing: SealingKey) -> PreparedTransfer:
    """Freeze a transfer. The encrypted name differs each time, so what was prepared once is kept and sent again.
    Raises BadTransfer."""
    _check(order)
    scene = order.wechat_scene
    content = {
        "appid": app_id,
        "out_bill_no": order.number,
        "transfer_scene_id": scene.id,
        "openid": order.account,
        "transfer_amount": order.amount_fen,
        "transfer_remark": order.title,
        "user_recv_perception": scene.perception,
        "transfer_scene_report_infos": [{"info_type": scene.info_type, "info_content": order.title}],
    }
    if order.name and order.amount_fen >= NAME_FROM_FEN:
        content["user_name"] = encrypted(order.name, sealing.key)
    return frozen(order.number, order.amount_fen, content, sealing.serial)


def said_in(body: bytes) -> tuple[str, int]:
    """Number and fen as stored bytes name them; ValueError, KeyError or TypeError where they name none."""
    content = json.loads(body)
    return str(content["out_bill_no"]), int(content["transfer_amount"])


def _check(order: Order) -> None:
    number = order.number
    if order.kind != OPENID:
        raise BadTransfer(f"WeChat Pay pays no account of kind {order.kind}; ask the buyer for a WeChat openid")
    if not (number.isascii() and number.isalnum() and len(number) <= NUMBER_MAX):
        raise BadTransfer(f"out_bill_no must be 1 to {NUMBER_MAX} letters and digits")
    if order.amount_fen < AMOUNT_MIN_FEN:
        raise BadTransfer(f"WeChat Pay transfers {AMOUNT_MIN_FEN} fen or more, not {order.amount_fen}")
    if not _OPENID.fullmatch(order.account):
        raise BadTransfer("the payee is no openid of the shop's own mini-program; ask the buyer to sign in there")
    if order.amount_fen >= NAME_NEEDED_FROM_FEN and not order.name:
        raise BadTransfer("WeChat Pay wants the payee's real name for 2,000 yuan or more; ask the buyer")
    if not 0 < len(order.title) <= REMARK_MAX:
        raise BadTransfer(f"the transfer's title must have 1 to {REMARK_MAX} characters")
