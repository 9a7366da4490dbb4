"""The wallets' daily statements, how they differ from our payouts, and which statement has a payout.

The old worker is still running while this runs: it knows neither table nor column and needs none of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006s"
down_revision = "0016t"
branch_labels = None
depends_on = None

KINDS = "'ours_missing', 'theirs_missing', 'amount_differs', 'paid_twice', 'came_back', 'unknown_line'"


def upgrade() -> None:
    op.add_column("payout", sa.Column("stated_on", sa.Date(), nullable=True))
    op.create_table(
        "wallet_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("ours", sa.BigInteger(), nullable=False),
        sa.Column("others_fen", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_statement")),
        sa.UniqueConstraint("wallet", "day", name=op.f("uq_wallet_statement_wallet_day")),
    )
    op.create_table(
        "statement_difference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=True),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("ours_fen", sa.BigInteger(), nullable=True),
        sa.Column("theirs_fen", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_statement_difference_kind")),
        sa.CheckConstraint(
            "num_nonnulls(settled_at, settled_by, reason) IN (0, 3)",
            name=op.f("ck_statement_difference_settled_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_statement_difference_shop")),
        sa.ForeignKeyConstraint(
            ["case_number"], ["case_file.number"], name=op.f("fk_statement_difference_case_number")
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_statement_difference_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_difference")),
        sa.UniqueConstraint(
            "wallet", "day", "kind", "subject", name=op.f("uq_statement_difference_wallet_day_kind_subject")
        ),
    )
    op.create_index("ix_statement_difference_found", "statement_difference", ["found_at", "id"])


def downgrade() -> None:
    op.drop_table("statement_difference")
    op.drop_table("wallet_statement")
    op.drop_column("payout", "stated_on")
