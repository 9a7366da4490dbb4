"""Dangerous changes of accounts by two people."""

import sqlalchemy as sa
from alembic import op

revision = "0045p"
down_revision = "0042c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_code",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_account_code_made_by")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_account_code_person")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_account_code")),
    )


def downgrade() -> None:

    op.drop_table("account_code")
