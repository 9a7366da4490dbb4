"""Complaints of buyers who have left no review.

The old worker is still running while this runs: it does not know the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028c"
down_revision = "0033w"
branch_labels = None
depends_on = None

OUTCOMES = "'explained', 'repaired', 'refund', 'not_reached', 'no_complaint'"


def upgrade() -> None:
    op.create_table(
        "complaint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("order_external_id", sa.Text(), nullable=True),
        sa.Column("buyer", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("severity", sa.BigInteger(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("how", sa.Text(), nullable=True),
        sa.Column("words_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(ended_at, ended_by, outcome) IN (0, 3)", name=op.f("ck_complaint_ended_by_somebody")
        ),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_complaint_outcome")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_complaint_shop")),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.id"], name=op.f("fk_complaint_buyer")),
        sa.ForeignKeyConstraint(["text_id"], ["sealed_text.id"], name=op.f("fk_complaint_text_id")),
        sa.ForeignKeyConstraint(["words_id"], ["sealed_text.id"], name=op.f("fk_complaint_words_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_complaint_taken_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_complaint_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("shop", "source_id", name=op.f("uq_complaint_shop_source_id")),
    )
    op.create_index(
        "ix_complaint_open", "complaint", ["shop", "due_at", "id"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index("ix_complaint_order", "complaint", ["shop", "order_external_id"])
    op.create_index(op.f("ix_complaint_buyer"), "complaint", ["buyer"])


def downgrade() -> None:
    op.drop_table("complaint")
