"""Buyers are found by the end of their number; what was forgotten is on record.

The old worker and api are still running while this runs: what they write has no tail, which search gets over.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021r"
down_revision = "0020v"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("buyer", sa.Column("phone_tail", sa.LargeBinary(32), nullable=True))
    op.create_index(op.f("ix_buyer_phone_tail"), "buyer", ["phone_tail"])
    op.create_table(
        "erasure_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("forget", sa.Text(), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("texts", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("buyers", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_erasure_run_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_run")),
    )
    op.create_index("ix_erasure_run_shop_at", "erasure_run", ["shop", "at"])
    op.create_table(
        "erased_case",
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("run", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_erased_case_case_number")),
        sa.ForeignKeyConstraint(["run"], ["erasure_run.id"], name=op.f("fk_erased_case_run")),
        sa.PrimaryKeyConstraint("case_number", name=op.f("pk_erased_case")),
    )
    op.create_index(op.f("ix_erased_case_run"), "erased_case", ["run"])


def downgrade() -> None:
    op.drop_table("erased_case")
    op.drop_table("erasure_run")
    op.drop_index(op.f("ix_buyer_phone_tail"), table_name="buyer")
    op.drop_column("buyer", "phone_tail")
