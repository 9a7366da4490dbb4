"""The register by stage: a rare one is found without looking at every open case."""

import sqlalchemy as sa
from alembic import op

revision = "0034r"
down_revision = "0032p"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_refund_line_open_stage",
        "refund_line",
        ["stage", "due_at", "case_number"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_refund_line_open_stage", table_name="refund_line")
