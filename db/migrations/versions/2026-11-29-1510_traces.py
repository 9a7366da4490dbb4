"""Where parcels are, line by line.

The old worker and api are still running while this runs: columns more, a wider check, and a table of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041c"
down_revision = "0030q"
branch_labels = None
depends_on = None

MOMENTS = ("first_scan_at", "last_scan_at", "signed_at", "traced_at", "subscribed_at")


def upgrade() -> None:
    op.drop_constraint(op.f("ck_shipment_direction"), "shipment", type_="check")
    op.create_check_constraint(op.f("ck_shipment_direction"), "shipment", "direction IN ('back', 'out', 'order')")
    op.add_column("shipment", sa.Column("company", sa.Text(), nullable=True))
    op.add_column("shipment", sa.Column("state", sa.Text(), server_default=sa.text("'unknown'"), nullable=False))
    for name in MOMENTS:
        op.add_column("shipment", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "shipment_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shipment", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["shipment"], ["shipment.id"], name=op.f("fk_shipment_scan_shipment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_scan")),
        sa.UniqueConstraint("shipment", "at", "digest", name=op.f("uq_shipment_scan_shipment_at_digest")),
    )


def downgrade() -> None:
    op.drop_table("shipment_scan")
    for name in (*MOMENTS, "state", "company"):
        op.drop_column("shipment", name)
    op.execute("DELETE FROM shipment WHERE direction = 'order'")
    op.drop_constraint(op.f("ck_shipment_direction"), "shipment", type_="check")
    op.create_check_constraint(op.f("ck_shipment_direction"), "shipment", "direction IN ('back', 'out')")
