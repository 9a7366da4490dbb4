"""Investigations: who was asked what about a case, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0002a"
down_revision = "0002b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "investigation",
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_investigation_case_number")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_investigation_person")),
        sa.ForeignKeyConstraint(["question_id"], ["sealed_text.id"], name=op.f("fk_investigation_question_id")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_investigation_shop")),
        sa.PrimaryKeyConstraint("case_number", "number", name=op.f("pk_investigation")),
    )
    op.create_index(
        "ix_investigation_open", "investigation", ["person", "due_at"], postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("investigation")
