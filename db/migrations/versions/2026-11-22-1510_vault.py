"""Files of cases, and cases that must be kept.

The old worker and api are still running while this runs: new tables only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020v"
down_revision = "0007r"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vault_file",
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_vault_file")),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("put_by", sa.Text(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_attachment_case_number")),
        sa.ForeignKeyConstraint(["file"], ["vault_file.sha256"], name=op.f("fk_attachment_file")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_attachment_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("case_number", "file", name=op.f("uq_attachment_case_number_file")),
    )
    op.create_index(op.f("ix_attachment_file"), "attachment", ["file"])
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("why_id", sa.Uuid(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_legal_hold_case_number")),
        sa.ForeignKeyConstraint(["why_id"], ["sealed_text.id"], name=op.f("fk_legal_hold_why_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(
        "ix_legal_hold_standing",
        "legal_hold",
        ["case_number"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("legal_hold")
    op.drop_table("attachment")
    op.drop_table("vault_file")
