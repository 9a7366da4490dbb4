"""The kinds of coupons that a shop's marketplace has for us."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Fen, Key, Model, Moment


class CouponKind(Model):
    """Coupons of one value and one end. `coupon_id` is the marketplace's number of it, NULL until it was found or made
    there."""

    __tablename__ = "coupon_kind"
    __table_args__ = (
        CheckConstraint("face_fen > 0 AND condition_fen >= 0", name="amounts"),
        UniqueConstraint("shop", "face_fen", "condition_fen", "ends_at"),
    )

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    face_fen: Mapped[Fen]
    condition_fen: Mapped[Fen]
    ends_at: Mapped[Moment]
    coupon_id: Mapped[int | None]
    made_at: Mapped[Moment]
