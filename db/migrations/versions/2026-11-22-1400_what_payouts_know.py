"""A payout's row keeps what its wallet said to do, whether its number is used up, which key sealed a part of its bytes,
the ticket with which the buyer confirms, and a person's word about it.

The old worker is still running while this runs: it leaves the new columns alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005w"
down_revision = "0012r"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("remedy", "sealed_with", "decided_by"):
        op.add_column("payout", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("payout", sa.Column("closed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("payout", sa.Column("ticket", sa.LargeBinary(), nullable=True))
    op.add_column("payout", sa.Column("decision", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_payout_decision"), "payout", "sealed_text", ["decision"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_payout_decision"), "payout")
    for name in ("decision", "ticket", "closed", "decided_by", "sealed_with", "remedy"):
        op.drop_column("payout", name)
