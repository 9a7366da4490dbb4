"""A shop's own library of public replies.

The old worker and api are still running while this runs: a table of its own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016t"
down_revision = "0014r"
branch_labels = None
depends_on = None

IN_USE = sa.text("retired_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "reply_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sentences", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["saved_by"], ["person.id"], name=op.f("fk_reply_template_saved_by")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_reply_template_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_template")),
    )
    op.create_index("ix_reply_template_cause", "reply_template", ["shop", "cause"], postgresql_where=IN_USE)
    op.create_index(
        "ix_reply_template_title", "reply_template", ["shop", "cause", "title"], unique=True, postgresql_where=IN_USE
    )


def downgrade() -> None:
    op.drop_table("reply_template")
