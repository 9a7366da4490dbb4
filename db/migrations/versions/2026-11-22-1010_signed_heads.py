"""Signed heads close the record's open end; archived histories are as final as events.

The old worker and api are still running while this runs: new tables and indexes, and guards that old code never meets.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0004b"
branch_labels = None
depends_on = None

APPEND_ONLY = ("history_archive", "record_head", "record_tip")
OFFICE_COLUMNS = ("kind", "subject", "actor")


def upgrade() -> None:
    op.create_table(
        "record_head",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaves", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("previous", sa.LargeBinary(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_record_head")),
        sa.UniqueConstraint("day", name=op.f("uq_record_head_day")),
    )
    op.create_table(
        "record_tip",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.ForeignKeyConstraint(["head"], ["record_head.number"], name=op.f("fk_record_tip_head")),
        sa.PrimaryKeyConstraint("chain", "head", name=op.f("pk_record_tip")),
    )
    op.create_index(op.f("ix_record_tip_head"), "record_tip", ["head"])
    for column in OFFICE_COLUMNS:
        op.create_index(f"ix_office_event_{column}_seq", "office_event", [column, "seq"])
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM amends_app")


def downgrade() -> None:
    op.execute("DROP TRIGGER append_only ON history_archive")
    op.execute("GRANT UPDATE, DELETE ON history_archive TO amends_app")
    for column in OFFICE_COLUMNS:
        op.drop_index(f"ix_office_event_{column}_seq", table_name="office_event")
    op.drop_index(op.f("ix_record_tip_head"), table_name="record_tip")
    op.drop_table("record_tip")
    op.drop_table("record_head")
