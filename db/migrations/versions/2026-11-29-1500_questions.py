"""Questions that no rule covered, the rules that their answers became, and since when a shop sells.

The old worker and api are still running while this runs: a table of its own, and a column that may be empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030q"
down_revision = "0027c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("retired_by", sa.Uuid(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_desk_question_answered_by")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_desk_question_asked_by")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_desk_question_case_number")),
        sa.ForeignKeyConstraint(["question_id"], ["sealed_text.id"], name=op.f("fk_desk_question_question_id")),
        sa.ForeignKeyConstraint(["retired_by"], ["person.id"], name=op.f("fk_desk_question_retired_by")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_desk_question_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_question")),
        sa.UniqueConstraint("case_number", "number", name=op.f("uq_desk_question_case_number_number")),
    )
    op.create_index(
        "ix_desk_question_open", "desk_question", ["shop", "due_at"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index(
        "ix_desk_question_rule",
        "desk_question",
        ["shop", "cause"],
        postgresql_where=sa.text("rule IS NOT NULL AND retired_at IS NULL"),
    )
    op.add_column("shop", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("shop", "opened_at")
    op.drop_table("desk_question")
