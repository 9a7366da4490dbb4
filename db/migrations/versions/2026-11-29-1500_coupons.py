"""Kinds of coupons at the marketplace, and what a payout knows of the one that it gives.

The old worker is still running while this runs: it gives no coupons and leaves the new columns alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027c"
down_revision = "0039i"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coupon_kind",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("face_fen", sa.BigInteger(), nullable=False),
        sa.Column("condition_fen", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("coupon_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("face_fen > 0 AND condition_fen >= 0", name=op.f("ck_coupon_kind_amounts")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_coupon_kind_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_kind")),
        sa.UniqueConstraint(
            "shop",
            "face_fen",
            "condition_fen",
            "ends_at",
            name=op.f("uq_coupon_kind_shop_face_fen_condition_fen_ends_at"),
        ),
    )
    op.add_column("payout", sa.Column("coupon_kind", sa.Uuid(), nullable=True))
    op.add_column("payout", sa.Column("coupons_before", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("payout", sa.Column("said", sa.LargeBinary(), nullable=True))
    op.create_foreign_key(op.f("fk_payout_coupon_kind"), "payout", "coupon_kind", ["coupon_kind"], ["id"])
    op.create_index(op.f("ix_payout_coupon_kind"), "payout", ["coupon_kind"])


def downgrade() -> None:
    op.drop_index(op.f("ix_payout_coupon_kind"), "payout")
    op.drop_constraint(op.f("fk_payout_coupon_kind"), "payout")
    for name in ("said", "coupons_before", "coupon_kind"):
        op.drop_column("payout", name)
    op.drop_table("coupon_kind")
