"""Claims at couriers, what kind of quarrel a return is, and losses found by their time.

The old worker and api are still running while this runs: columns more, a table of its own and an index.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042c"
down_revision = "0034r"
branch_labels = None
depends_on = None

MONEY = ("claimed_fen", "agreed_fen", "paid_fen")


def upgrade() -> None:
    op.add_column("refund_line", sa.Column("dispute", sa.Text(), nullable=True))
    op.add_column("refund_line", sa.Column("claim", sa.Text(), nullable=True))
    op.create_table(
        "courier_claim",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("shipment", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in MONEY),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("code", "outside_id", "pay_number")),
        sa.Column("remark", sa.LargeBinary(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ask_hours", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("filed_at", "asked_at", "paid_at", "settled_at")
        ),
        sa.CheckConstraint("claimed_fen > 0", name=op.f("ck_courier_claim_positive")),
        sa.CheckConstraint("agreed_fen BETWEEN 0 AND claimed_fen", name=op.f("ck_courier_claim_agreed_within")),
        sa.CheckConstraint("paid_fen BETWEEN 0 AND claimed_fen", name=op.f("ck_courier_claim_paid_within")),
        sa.CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_courier_claim_paid_has_a_time")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_courier_claim_case_number")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_courier_claim_made_by")),
        sa.ForeignKeyConstraint(["shipment"], ["shipment.id"], name=op.f("fk_courier_claim_shipment")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_courier_claim_shop")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_courier_claim")),
    )
    op.create_index(op.f("ix_courier_claim_case_number"), "courier_claim", ["case_number"])
    op.create_index("ix_courier_claim_shop", "courier_claim", ["shop", "made_at", "key"])
    op.create_index(
        "ix_courier_claim_once",
        "courier_claim",
        ["shipment"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('rejected', 'dropped')"),
    )
    op.create_index("ix_ledger_entry_at", "ledger_entry", ["at"])


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_at", table_name="ledger_entry")
    op.drop_table("courier_claim")
    op.drop_column("refund_line", "claim")
    op.drop_column("refund_line", "dispute")
