"""Every way in which a transfer, a coupon or a question about them may go wrong, each with its own chance."""

from collections.abc import Iterator
from typing import Any

GIVE = "taobao.promotion.coupon.send"
SEND = ("alipay.fund.trans.uni.transfer", "wechat.transfer", GIVE)
# A coupon's list has no state that could change, so it is never "being dealt with".
LISTS = ("taobao.promotion.coupondetail.get", "taobao.promotion.coupons.get", "taobao.promotion.coupon.add")
QUERY = ("alipay.fund.trans.common.query", "wechat.query", *LISTS)
SEND_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "timeout_before"},
    {"kind": "timeout_after"},
    {"kind": "http_500"},
    {"kind": "http_500", "after": True},
    {"kind": "system_error"},
    {"kind": "system_error", "after": True},
    {"kind": "nonsense"},
    {"kind": "nonsense", "after": True},
    {"kind": "rate_limit"},
    {"kind": "balance"},
    {"kind": "dealing"},
    {"kind": "dealing", "outcome": "FAIL"},
)
QUERY_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "timeout_before"},
    {"kind": "http_500"},
    {"kind": "system_error"},
    {"kind": "nonsense"},
    {"kind": "rate_limit"},
    {"kind": "dealing"},
)
SEND_CHANCE, QUERY_CHANCE = 0.035, 0.03
HOLD_SECONDS = 1.0


def planned() -> Iterator[dict[str, Any]]:
    """As the sandbox takes them; they last until they are cleared."""
    for methods, kinds, chance in ((SEND, SEND_FAULTS, SEND_CHANCE), (QUERY, QUERY_FAULTS, QUERY_CHANCE)):
        for method in methods:
            for kind in kinds:
                yield {"method": method, "count": None, "probability": chance, "seconds": HOLD_SECONDS, **kind}
