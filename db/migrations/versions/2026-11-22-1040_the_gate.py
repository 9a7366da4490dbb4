"""The gate: who chose a shop's mode, for which law it was acknowledged, and what each payout's gate rested on.

The old worker and api are still running while this runs: columns with defaults, and a table of its own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005g"
down_revision = "0005p"
branch_labels = None
depends_on = None

APPEND_ONLY = ("gate_choice", "gate_acknowledgement")
# An old acknowledgement was given for the law that the shop was under; a worker from before writes it still.
OF_THE_SHOP = (
    """
    CREATE FUNCTION law_of_the_shop() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.jurisdiction := coalesce(NEW.jurisdiction, (SELECT jurisdiction FROM shop WHERE code = NEW.shop));
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER law_of_the_shop BEFORE INSERT ON gate_acknowledgement "
    "FOR EACH ROW EXECUTE FUNCTION law_of_the_shop()",
)


def upgrade() -> None:
    op.add_column("payout", sa.Column("gate_facts", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("gate_acknowledgement", sa.Column("jurisdiction", sa.Text(), nullable=True))
    op.execute("UPDATE gate_acknowledgement a SET jurisdiction = s.jurisdiction FROM shop s WHERE s.code = a.shop")
    op.alter_column("gate_acknowledgement", "jurisdiction", nullable=False)
    op.create_index("ix_gate_acknowledgement_shop_at", "gate_acknowledgement", ["shop", "at"])
    op.create_table(
        "gate_choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_gate_choice_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_choice")),
    )
    op.create_index("ix_gate_choice_shop_at", "gate_choice", ["shop", "at"])
    for statement in OF_THE_SHOP:
        op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM amends_app")
    _notices_of_the_shop()


def _notices_of_the_shop() -> None:
    """A notice may be about something of the shop's that is no case."""
    op.add_column("notice", sa.Column("about", sa.Text(), nullable=True))
    op.add_column("notice", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("notice", "case_number", nullable=True)
    op.alter_column("notice", "case_seq", nullable=True)
    op.create_check_constraint(op.f("ck_notice_about_one_thing"), "notice", "(case_number IS NULL) <> (about IS NULL)")
    op.create_index("ix_notice_about", "notice", ["about", "kind", "level", "person"], unique=True)


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE case_number IS NULL")
    op.drop_index("ix_notice_about", table_name="notice")
    op.drop_constraint(op.f("ck_notice_about_one_thing"), "notice")
    op.alter_column("notice", "case_seq", nullable=False)
    op.alter_column("notice", "case_number", nullable=False)
    op.drop_column("notice", "due_at")
    op.drop_column("notice", "about")
    op.execute("DROP TRIGGER append_only ON gate_acknowledgement")
    op.execute("DROP TRIGGER law_of_the_shop ON gate_acknowledgement")
    op.execute("DROP FUNCTION law_of_the_shop")
    op.drop_table("gate_choice")
    op.drop_index("ix_gate_acknowledgement_shop_at", table_name="gate_acknowledgement")
    op.drop_column("gate_acknowledgement", "jurisdiction")
    op.drop_column("payout", "gate_facts")
