"""Offers that wait for an approval, for whoever may give it.

The old worker and api are still running while this runs: a new table that they do not know. A case writes its row the
next time that it writes itself.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013b"
down_revision = "0006d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiting_approval",
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("offer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("missing", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("given_by", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_waiting_approval_case_number")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_waiting_approval_shop")),
        sa.PrimaryKeyConstraint("case_number", "offer", name=op.f("pk_waiting_approval")),
    )
    op.create_index(
        "ix_waiting_approval_open", "waiting_approval", ["shop", "expires_at"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("waiting_approval")
