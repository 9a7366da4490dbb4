"""Refund applications, the goods on their way, parcels at the warehouse, and the shared register.

The old worker and api are still running while this runs: add first, drop in a later release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012r"
down_revision = "0011g"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refund_cursor",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("read_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_refund_cursor_shop")),
        sa.PrimaryKeyConstraint("shop", name=op.f("pk_refund_cursor")),
    )
    op.create_table(
        "parcel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("courier", sa.Text(), nullable=True),
        sa.Column("waybill", sa.LargeBinary(), nullable=True),
        sa.Column("waybill_blind", sa.LargeBinary(length=32), nullable=True),
        sa.Column("note_id", sa.Uuid(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("matched_by", sa.Uuid(), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_parcel_case_number")),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_parcel_entered_by")),
        sa.ForeignKeyConstraint(["matched_by"], ["person.id"], name=op.f("fk_parcel_matched_by")),
        sa.ForeignKeyConstraint(["note_id"], ["sealed_text.id"], name=op.f("fk_parcel_note_id")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_parcel_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
    )
    op.create_index(op.f("ix_parcel_case_number"), "parcel", ["case_number"])
    op.create_index(
        "ix_parcel_unmatched", "parcel", ["shop", "arrived_at"], postgresql_where=sa.text("case_number IS NULL")
    )
    op.create_index("ix_parcel_waybill_blind", "parcel", ["waybill_blind"])
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("order_external_id", sa.Text(), nullable=False),
        sa.Column("sub_order_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("buyer", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note_id", sa.Uuid(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=True),
        sa.Column("shipped", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phase", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cannot_refuse", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("intervention", sa.Text(), server_default=sa.text("'none'"), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_refund_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_refund_some_pieces")),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.id"], name=op.f("fk_refund_buyer")),
        sa.ForeignKeyConstraint(["note_id"], ["sealed_text.id"], name=op.f("fk_refund_note_id")),
        sa.ForeignKeyConstraint(["order_id"], ["shop_order.id"], name=op.f("fk_refund_order_id")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_refund_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("shop", "external_id", name=op.f("uq_refund_shop_external_id")),
    )
    op.create_index(op.f("ix_refund_buyer"), "refund", ["buyer"])
    op.create_index(op.f("ix_refund_order_id"), "refund", ["order_id"])
    op.create_table(
        "refund_line",
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("refund", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_source", sa.Text(), nullable=True),
        sa.Column("then", sa.Text(), nullable=True),
        sa.Column("decided", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inspector", sa.Uuid(), nullable=True),
        sa.Column("inspection", sa.Text(), nullable=True),
        sa.Column("freight_out", sa.Text(), nullable=True),
        sa.Column("freight_back", sa.Text(), nullable=True),
        sa.Column("loss_fen", sa.BigInteger(), nullable=False),
        sa.Column("assignee", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["assignee"], ["person.id"], name=op.f("fk_refund_line_assignee")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_refund_line_case_number")),
        sa.ForeignKeyConstraint(["inspector"], ["person.id"], name=op.f("fk_refund_line_inspector")),
        sa.ForeignKeyConstraint(["refund"], ["refund.id"], name=op.f("fk_refund_line_refund")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_refund_line_shop")),
        sa.PrimaryKeyConstraint("case_number", name=op.f("pk_refund_line")),
    )
    op.create_index(
        "ix_refund_line_open", "refund_line", ["due_at", "case_number"], postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index(
        "ix_refund_line_open_owner",
        "refund_line",
        ["owner", "due_at", "case_number"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_refund_line_open_shop",
        "refund_line",
        ["shop", "due_at", "case_number"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_refund_line_open_shop_owner",
        "refund_line",
        ["shop", "owner", "due_at", "case_number"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_refund_line_refund"), "refund_line", ["refund"])
    op.create_table(
        "shipment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("refund", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("courier", sa.Text(), nullable=False),
        sa.Column("waybill", sa.LargeBinary(), nullable=True),
        sa.Column("waybill_blind", sa.LargeBinary(length=32), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.CheckConstraint("direction IN ('back', 'out')", name=op.f("ck_shipment_direction")),
        sa.ForeignKeyConstraint(["refund"], ["refund.id"], name=op.f("fk_shipment_refund")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint(
            "refund", "direction", "waybill_blind", name=op.f("uq_shipment_refund_direction_waybill_blind")
        ),
    )
    op.create_index("ix_shipment_waybill_blind", "shipment", ["waybill_blind"])
    op.alter_column("case_file", "grade", existing_type=sa.TEXT(), nullable=True)


def downgrade() -> None:
    op.alter_column("case_file", "grade", existing_type=sa.TEXT(), nullable=False)
    op.drop_index("ix_shipment_waybill_blind", table_name="shipment")
    op.drop_table("shipment")
    op.drop_index(op.f("ix_refund_line_refund"), table_name="refund_line")
    op.drop_index(
        "ix_refund_line_open_shop_owner", table_name="refund_line", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index("ix_refund_line_open_shop", table_name="refund_line", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index("ix_refund_line_open_owner", table_name="refund_line", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index("ix_refund_line_open", table_name="refund_line", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("refund_line")
    op.drop_index(op.f("ix_refund_order_id"), table_name="refund")
    op.drop_index(op.f("ix_refund_buyer"), table_name="refund")
    op.drop_table("refund")
    op.drop_index("ix_parcel_waybill_blind", table_name="parcel")
    op.drop_index("ix_parcel_unmatched", table_name="parcel", postgresql_where=sa.text("case_number IS NULL"))
    op.drop_index(op.f("ix_parcel_case_number"), table_name="parcel")
    op.drop_table("parcel")
    op.drop_table("refund_cursor")
