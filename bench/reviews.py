"""Reviews as programs report them to the api: one buyer and one order each."""

import random
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from domain.platforms import Platform
from domain.review_case.state import Opening
from embedded.demo_cast import SHOP

TEXTS = (
    "用了一次就坏了,质量太差,客服也不回复,很失望。",
    "颜色和图片不一样,偏黄,做工粗糙,线头很多。",
    "快递太慢了,半个月才到,包装破损,箱子都压坏了。",
    "尺码偏小,穿不了,申请退货又说影响二次销售。",
    "一般般,没有想象中好,不值这个价。",
    "发错货了,联系客服一直敷衍,说好的补发也没有。",
)
PROVINCES = ("浙江省", "广东省", "北京", "四川省", "江苏省", "新疆维吾尔自治区")
ADDRESSES = ("文一西路998号海创大厦12楼", "人民路12号3栋2单元501室", "大学城外环西路100号", "工业园区3号厂房")
# Ids beyond those that the sandbox gives to its own orders.
_numbers = count(8_000_000_000)


def review() -> dict[str, Any]:
    """The body of `POST /reviews` for a review that nobody has seen yet."""
    number = next(_numbers)
    chance = random.Random(number)
    now = datetime.now(UTC)
    return {
        "shop": SHOP,
        "order_id": str(number),
        "rating": chance.choice(("bad", "bad", "neutral")),
        "text": chance.choice(TEXTS),
        "created_at": (now - timedelta(minutes=chance.randint(1, 600))).isoformat(),
        "buyer": {"id": f"buyer-{number}", "name": "陈晓", "phone": f"138{number % 100_000_000:08d}"},
        "item_id": str(number % 997),
        "item_title": "儿童保温杯 500ml",
        "paid_fen": chance.randint(1_900, 29_900),
        "province": chance.choice(PROVINCES),
        "address": chance.choice(ADDRESSES),
    }


def opening(case: str, review_row: str) -> Opening:
    """What a bare workflow is started with: as large as what a case is started with."""
    return Opening(
        case=case, platform=Platform.SANDBOX, shop=SHOP, external_id=str(next(_numbers)), review_row=review_row
    )
