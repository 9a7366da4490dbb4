"""Short messages that reached, or failed to reach, a telephone."""

import json
import re
import sqlite3
import time
from typing import Any

from sandbox import people
from sandbox.clock import DAY
from sandbox.world import World

# How many per sign, template and phone, by the seconds they roll over (help.aliyun.com 2881383).
QUOTAS = {
    "code": ((60, 1, "分钟"), (3_600, 5, "小时"), (DAY, 10, "天")),
    "notice": ((DAY, 50, "天"),),
    "marketing": ((DAY, 50, "天"),),
}
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class SmsRefused(Exception):
    """The gateway does not take the message; `code` is Aliyun's own, such as isv.BUSINESS_LIMIT_CONTROL."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def save_template(world: World, code: str, kind: str, text: str) -> None:
    world.store.execute(
        "INSERT INTO sms_template VALUES (?, ?, ?) "
        "ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, text = excluded.text",
        code,
        kind,
        text,
    )


def save_sign(world: World, name: str) -> None:
    world.store.execute("INSERT OR IGNORE INTO sms_sign VALUES (?)", name)


def _check_sign(world: World, sign: str) -> None:
    """Any sign is good until the operator registers one; from then on only registered ones are."""
    if not sign:
        raise SmsRefused("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
    if world.store.row("SELECT 1 FROM sms_sign") and not world.store.row("SELECT 1 FROM sms_sign WHERE name = ?", sign):
        raise SmsRefused("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名")


def _template(world: World, code: str) -> tuple[str, str | None]:
    """Kind and text; like signs, templates are only checked once one is registered."""
    row = world.store.row("SELECT * FROM sms_template WHERE code = ?", code)
    if row is not None:
        return str(row["kind"]), str(row["text"])
    if not code or world.store.row("SELECT 1 FROM sms_template"):
        raise SmsRefused("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板")
    return "notice", None


def _rendered(template: str | None, sign: str, code: str, params: dict[str, Any]) -> str:
    if template is None:
        return f"【{sign}】{code} {json.dumps(params, ensure_ascii=False)}"
    missing = [name for name in PLACEHOLDER.findall(template) if name not in params]
    if missing:
        raise SmsRefused("isv.TEMPLATE_MISSING_PARAMETERS", f"模板缺少变量: {', '.join(missing)}")
    return f"【{sign}】" + PLACEHOLDER.sub(lambda match: str(params[match[1]]), template)


def _parsed(params: str | None) -> dict[str, Any]:
    try:
        parsed = json.loads(params or "{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise SmsRefused("isv.INVALID_JSON_PARAM", "JSON参数不合法,只接受字符串值")
    return parsed


def _check_quota(world: World, kind: str, sign: str, code: str, phone: str) -> None:
    now = world.clock.now()
    for seconds, allowed, named in QUOTAS[kind]:
        sent = world.store.number(
            "SELECT count(*) FROM sms WHERE phone = ? AND created > ? AND sign_name = ? AND template_code = ?",
            phone,
            now - seconds,
            sign,
            code,
        )
        if sent >= allowed:
            raise SmsRefused("isv.BUSINESS_LIMIT_CONTROL", f"触发{named}级流控Permits:{allowed}")


def send(
    world: World,
    channel: str,
    phones: list[str],
    sign: str,
    code: str,
    params: str | None,
    *,
    out_id: str | None = None,
    tid: int | None = None,
    delivery_seconds: float = 0.0,
) -> str:
    """Returns the BizId that all messages of this call share; raises SmsRefused before anything is sent."""
    _check_sign(world, sign)
    kind, template = _template(world, code)
    text = _rendered(template, sign, code, _parsed(params))
    for phone in phones:
        _check_quota(world, kind, sign, code, phone)
    with world.store.transaction():
        biz_id = f"{world.store.next_id()}^0"
        world.store.insert_many(
            "sms",
            (
                {
                    "biz_id": biz_id,
                    "channel": channel,
                    "phone": phone,
                    "sign_name": sign,
                    "template_code": code,
                    "text": text,
                    "out_id": out_id,
                    "tid": tid,
                    "created": world.clock.now(),
                    "settle_wall": time.time() + delivery_seconds,
                    "err_code": _delivery(world, phone),
                }
                for phone in phones
            ),
        )
    return biz_id


def _delivery(world: World, phone: str) -> str:
    """A number that no buyer of this sandbox owns still gets its message: it may be a colleague's."""
    holder = people.at_number(world, phone)
    lost = holder is not None and holder["phone_behaviour"] in people.SMS_UNREACHABLE
    return "MK:0001" if lost else "DELIVERED"


def send_status(sms: sqlite3.Row) -> int:
    """1 waiting for the receipt, 2 failed, 3 delivered."""
    if sms["settle_wall"] > time.time():
        return 1
    return 3 if sms["err_code"] == "DELIVERED" else 2


def to_phones(world: World, phones: list[str]) -> list[sqlite3.Row]:
    """Delivered messages of these numbers, newest first: what the buyer sees."""
    return [row for phone in phones for row in sent(world, phone) if send_status(row) == 3]


def sent(world: World, phone: str | None = None) -> list[sqlite3.Row]:
    """Newest first, whatever became of them."""
    return world.store.newest("sms", ("created", "id"), 500, phone=phone)
