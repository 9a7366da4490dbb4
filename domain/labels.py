"""What a transfer is called on its way through the wallet: its true purpose, and nothing about a review.

The wallet shows these words to the buyer and keeps them for the tax office; a false purpose is a false record.
"""

from domain.squeezing import squeezed

# What amends are. One of these has to be named.
PURPOSES = ("售后", "补偿", "赔付", "赔偿", "退款", "退货", "差价", "运费")
# What no transfer of this product is for. The last ones are other scenes of the wallet's list, which would be untrue.
UNTRUE = (
    "好评", "差评", "中评", "评价", "评论", "评分", "改评", "删评", "追评", "晒单", "晒图", "五星", "5星", "返现",
    "刷单", "佣金", "报酬", "工资", "营销", "补助", "保险", "回收",
)  # fmt: skip
# The wallet's own names of scenes that amends honestly fall under.
SCENES = ("企业退款",)
# The same of WeChat Pay, each with what the buyer may be told it is and what has to be reported about it
# (pay.weixin.qq.com, 4013774589). Others, like 1000 for a marketing reward, would be untrue.
WECHAT_SCENES = {"1011": (("退款", "商家赔付"), ("赔付原因",))}
INSTEAD = "售后补偿"
LONGEST = 32  # of WeChat Pay; Alipay takes more


def untrue_in(label: str) -> str | None:
    """Why a title or remark may not be written on a transfer; None for an honest one."""
    plain = squeezed(label)
    named = next((word for word in UNTRUE if word in plain), None)
    if named is not None:
        return f"{named!r} is not what the money is for; write what it is, like {INSTEAD}"
    if not any(purpose in plain for purpose in PURPOSES):
        return f"{label!r} does not say what the money is for; name its purpose, like {INSTEAD}"
    if len(label) > LONGEST:
        return f"a label has at most {LONGEST} characters; write it shorter"
    return None
