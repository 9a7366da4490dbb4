"""alipay.fund.trans.uni.transfer and alipay.fund.trans.common.query: one number, one transfer."""

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from sandbox import wallet
from sandbox.clock import CHINA, DAY, written, yuan
from sandbox.faults import Fault, FaultKind
from sandbox.world import World

MESSAGES = {
    "20000": "Service Currently Unavailable",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
    "40005": "Call Limited",
}
SCENES = {"现金营销", "企业退款", "佣金报酬", "业务结算", "二手回收", "公益补助", "行政补贴和退款", "保险理赔"}
LEAST, MOST_PER_TRANSFER, MOST_PER_DAY = 10, 5_000_000, 100_000_000  # fen
MOST_UNVERIFIED_PER_DAY = 100_000
IDENTITY_TYPES = ("ALIPAY_LOGON_ID", "ALIPAY_USER_ID", "ALIPAY_OPEN_ID")


class AlipayError(Exception):
    """A node with code, msg, sub_code and sub_msg; 40004 are the business refusals."""

    def __init__(self, code: str, sub_code: str, sub_msg: str) -> None:
        super().__init__(f"{code} {sub_code} {sub_msg}")
        self.body = {"code": code, "msg": MESSAGES[code], "sub_code": sub_code, "sub_msg": sub_msg}


def _failed(sub_code: str, sub_msg: str) -> AlipayError:
    return AlipayError("40004", sub_code, sub_msg)


def uni_transfer(world: World, app_id: str, content: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """Pays, or repeats the answer of the transfer that the same out_biz_no and the same content made before.

    A refusal leaves no trace: the number stays free, so the caller may mend the cause and send the same again.
    """
    amount = _checked_amount(content)
    number, digest = str(content["out_biz_no"]), digest_of(content)
    known = wallet.by_number(world, number)
    if known is not None:
        if (known["app_id"], known["digest"]) != (app_id, digest):
            raise _failed("PAYMENT_INFO_INCONSISTENCY", "两次请求商户订单号相同但参数不一致")
        return _transfer_node(known)
    payee = _checked_payee(world, content["payee_info"])
    _check_limits(world, payee, amount, fault)
    dealing = fault is not None and fault.kind is FaultKind.DEALING
    paid = wallet.pay(
        world,
        out_biz_no=number,
        app_id=app_id,
        digest=digest,
        payee=payee["logon_id"],
        amount=amount,
        title=str(content.get("order_title", "")),
        remark=str(content.get("remark", "")),
        scene=str(content.get("transfer_scene_name", "")),
        settle_wall=time.time() + fault.seconds if fault and dealing else 0.0,
        outcome=fault.outcome if fault and dealing else "SUCCESS",
    )
    return _transfer_node(paid)


def digest_of(content: dict[str, Any]) -> str:
    """Equal for equal parameters, however their JSON was spaced or ordered."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _checked_amount(content: dict[str, Any]) -> int:
    """Checks the shape of the whole request and returns the amount in fen."""
    fixed = {"product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}
    wrong = [name for name, value in fixed.items() if content.get(name) != value]
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", str(content.get("out_biz_no", ""))):
        wrong.append("out_biz_no")
    if not isinstance(content.get("payee_info"), dict):
        wrong.append("payee_info")
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", str(content.get("trans_amount", ""))):
        wrong.append("trans_amount")
    if content.get("transfer_scene_name") and content["transfer_scene_name"] not in SCENES:
        wrong.append("transfer_scene_name")
    if wrong:
        raise _failed("INVALID_PARAMETER", f"参数有误: {', '.join(wrong)}")
    whole, _, rest = str(content["trans_amount"]).partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def _checked_payee(world: World, info: dict[str, Any]) -> sqlite3.Row:
    kind, identity = info.get("identity_type"), str(info.get("identity") or "")
    if kind not in IDENTITY_TYPES or not identity:
        raise _failed("INVALID_PARAMETER", "参数有误: payee_info.identity_type, payee_info.identity")
    if kind == "ALIPAY_LOGON_ID" and not info.get("name"):
        raise _failed("INVALID_PARAMETER", "参数有误: 使用登录号时payee_info.name必填")
    payee = wallet.account(world, kind, identity)
    if payee is None:
        raise _failed("PAYEE_NOT_EXIST", "收款账号不存在")
    if info.get("name") and info["name"] != payee["name"]:
        raise _failed("PAYEE_USER_INFO_ERROR", "支付宝账号和姓名不匹配")
    if payee["status"] == "frozen":
        raise _failed("PAYEE_ACCOUNT_STATUS_ERROR", "收款方账户状态异常")
    return payee


def _check_limits(world: World, payee: sqlite3.Row, amount: int, fault: Fault | None) -> None:
    if amount < LEAST:
        raise _failed("EXCEED_LIMIT_SM_MIN_AMOUNT", "单笔最低转账金额0.1元")
    if amount > MOST_PER_TRANSFER:
        raise _failed("EXCEED_LIMIT_PERSONAL_SM_AMOUNT", "转账给个人支付宝账户单笔最多5万元")
    now = world.clock.now()
    today = now - (now + int(CHINA.utcoffset(None).total_seconds())) % DAY
    if wallet.paid_since(world, today) + amount > MOST_PER_DAY:
        raise _failed("EXCEED_LIMIT_DM_MAX_AMOUNT", "超出单日转账限额")
    if payee["status"] == "unverified" and amount > MOST_UNVERIFIED_PER_DAY:
        raise _failed("EXCEED_LIMIT_UNRN_DM_AMOUNT", "收款账户未实名认证,超出单日收款限额")
    out_of_funds = fault is not None and fault.kind is FaultKind.BALANCE
    if out_of_funds or wallet.balance(world) < amount:
        raise _failed("PAYER_BALANCE_NOT_ENOUGH", "付款方余额不足")


def _transfer_node(transfer: sqlite3.Row) -> dict[str, Any]:
    return {
        "code": "10000",
        "msg": "Success",
        "out_biz_no": transfer["out_biz_no"],
        "order_id": transfer["order_id"],
        "pay_fund_order_id": transfer["order_id"],
        "status": wallet.status(transfer),
        "trans_date": written(transfer["created"]),
    }


def common_query(world: World, app_id: str, content: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """By order_id, or by out_biz_no together with product_code and biz_scene."""
    if content.get("order_id"):
        transfer = wallet.by_order(world, str(content["order_id"]))
    elif all(content.get(name) for name in ("out_biz_no", "product_code", "biz_scene")):
        transfer = wallet.by_number(world, str(content["out_biz_no"]))
    else:
        raise _failed("INVALID_PARAMETER", "order_id,或out_biz_no与product_code、biz_scene必填")
    if transfer is None or transfer["app_id"] != app_id:
        raise _failed("ORDER_NOT_EXIST", "转账单据不存在")
    node = _transfer_node(transfer) | {"trans_amount": yuan(transfer["amount"])}
    node["pay_date"] = node.pop("trans_date")
    if fault is not None and fault.kind is FaultKind.DEALING:
        node["status"] = "DEALING"
    if node["status"] == "FAIL":
        node |= {"error_code": "PAYEE_ACCOUNT_STATUS_ERROR", "fail_reason": "收款方账户状态异常"}
    return node


METHODS: dict[str, Callable[[World, str, dict[str, Any], Fault | None], dict[str, Any]]] = {
    "alipay.fund.trans.uni.transfer": uni_transfer,
    "alipay.fund.trans.common.query": common_query,
}
