"""Which kind of coupon an offer becomes: from which order amount on it counts, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.policies.compensation import Coupons, OfferForm

CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class CouponKindTerms:
    """Fen; `condition_fen` 0 is any order. `ends_at` is the last second of a month in China, so that a shop needs few
    kinds: the marketplace lets it have 50 that have not ended (TOP-10584)."""

    face_fen: int
    condition_fen: int
    ends_at: datetime


def kind_terms(form: OfferForm, face_fen: int, now: datetime, coupons: Coupons) -> CouponKindTerms:
    """A coupon given now counts for `valid_days` and then until its month is over."""
    times = coupons.threshold_times if form is OfferForm.COUPON_THRESHOLD else 0
    day = (now + timedelta(days=coupons.valid_days)).astimezone(CHINA)
    first = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = (first + timedelta(days=32)).replace(day=1)
    return CouponKindTerms(face_fen, face_fen * times, after.astimezone(now.tzinfo) - timedelta(seconds=1))
