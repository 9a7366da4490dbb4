"""Decisions: what agents put to their leaders, and until when.

The old worker and api are still running while this runs: a table of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006d"
down_revision = "0005w"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_decision_case_number")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_decision_asked_by")),
        sa.ForeignKeyConstraint(["question_id"], ["sealed_text.id"], name=op.f("fk_decision_question_id")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_decision_shop")),
        sa.PrimaryKeyConstraint("case_number", "number", name=op.f("pk_decision")),
    )
    op.create_index(
        "ix_decision_open", "decision", ["needs", "shop", "due_at"], postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("decision")
