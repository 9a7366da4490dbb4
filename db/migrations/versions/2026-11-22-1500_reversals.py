"""Reversals: reviews that turned bad again after their buyer was paid.

The old worker and api are still running while this runs: a table of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007r"
down_revision = "0013b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reversal",
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("buyer_person", sa.Uuid(), nullable=True),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["buyer_person"], ["buyer_person.id"], name=op.f("fk_reversal_buyer_person")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_reversal_case_number")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_reversal_shop")),
        sa.PrimaryKeyConstraint("case_number", name=op.f("pk_reversal")),
    )
    op.create_index(op.f("ix_reversal_buyer_person"), "reversal", ["buyer_person"])


def downgrade() -> None:
    op.drop_table("reversal")
