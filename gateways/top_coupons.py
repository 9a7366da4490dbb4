"""Shop coupons of a Taobao or Tmall shop: a kind is made once, and given to one buyer at a time.

Neither call carries a key that would make a repeat safe. So a kind is looked for before it is made, and whoever gives a
coupon keeps the numbers that the buyer had before and reads them again afterwards.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateways.failures import redact
from gateways.nodes import Node
from gateways.top import PARTY, TopClient
from gateways.wire import china_stamp

FACES_FEN = (300, 500, 1_000, 2_000, 5_000, 10_000)
ACTIVE_KINDS_MAX = 50
PAGE_SIZE = 100
PAGES_MAX = 50
# A detail is shown for kinds that end within so many days before the moment that is asked for.
LOOK_BACK_DAYS = 15


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """What a kind of coupon is worth, in fen, from which order amount on (0: any), and until when; whole seconds."""

    face_fen: int
    condition_fen: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to one sending. `number` is the coupon that the buyer got; `refused` the marketplace's reason why the
    buyer got none, for a person and no history; neither: it did not say."""

    number: str | None = None
    refused: str | None = field(default=None, repr=False)


class TopCoupons:
    def __init__(self, client: TopClient) -> None:
        self._client = client

    async def make(self, terms: CouponTerms) -> int:
        """A new kind; its id. Raises Rejected for other face values than FACES_FEN and for one kind too many."""
        answer = await self._client.call(
            "taobao.promotion.coupon.add",
            denominations=terms.face_fen // 100,
            condition=terms.condition_fen // 100 or None,
            end_time=china_stamp(terms.ends_at),
        )
        return answer.integer("coupon_id")

    async def find(self, terms: CouponTerms) -> int | None:
        """The id of a kind with exactly these terms, whoever made it."""
        for page in range(1, PAGES_MAX + 1):
            answer = await self._client.call(
                "taobao.promotion.coupons.get",
                denominations=terms.face_fen // 100,
                page_no=page,
                page_size=PAGE_SIZE,
            )
            rows = answer.rows("coupons")
            fitting = [row.integer("coupon_id") for row in rows if _terms(row) == terms]
            if fitting:
                return min(fitting)
            if len(rows) < PAGE_SIZE:
                return None
        return None

    async def give(self, coupon_id: int, nick: str) -> Given:
        """One coupon to one buyer. `is_success` says nothing, since it is true even if nobody got one (TOP-10581)."""
        answer = await self._client.call("taobao.promotion.coupon.send", coupon_id=coupon_id, buyer_nick=nick)
        given = [row.text("coupon_number") for row in answer.rows("coupon_results") if row.text("buyer_nick") == nick]
        failed = [row for row in answer.rows("failure_buyers") if row.text("buyer_nick") == nick]
        if given and not failed:
            return Given(number=given[0])
        if failed and not given:
            return Given(refused=redact(failed[0].optional_text("reason")) or "no reason was given")
        return Given()

    async def held_by(self, coupon_id: int, nick: str, ends_at: datetime) -> frozenset[str]:
        """The numbers of the coupons of a kind that the buyer got so far, used ones too."""
        numbers: set[str] = set()
        for page in range(1, PAGES_MAX + 1):
            answer = await self._client.call(
                "taobao.promotion.coupondetail.get",
                coupon_id=coupon_id,
                buyer_nick=nick,
                end_time=china_stamp(ends_at + timedelta(days=1)),
                days=LOOK_BACK_DAYS,
                extend_params="new",
                page_no=page,
                page_size=PAGE_SIZE,
            )
            rows = answer.rows("coupon_details")
            numbers |= {row.text("coupon_number") for row in rows if row.text("buyer_nick") == nick}
            if not answer.flag("is_have_next_page"):
                break
        return frozenset(numbers)


def _terms(row: Node) -> CouponTerms:
    return CouponTerms(
        100 * row.integer("denominations"), 100 * (row.optional_integer("condition") or 0), row.moment("end_time")
    )


__all__ = ["ACTIVE_KINDS_MAX", "FACES_FEN", "PARTY", "CouponTerms", "Given", "TopCoupons"]
