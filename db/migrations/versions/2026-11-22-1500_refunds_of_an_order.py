"""An order's refunds are found by an index: every look at a case asks what else there is about its order.

The old worker and api are still running while this runs: add first, drop in a later release.
"""

from alembic import op

revision = "0014r"
down_revision = "0021r"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_refund_order", "refund", ["shop", "order_external_id"])


def downgrade() -> None:
    op.drop_index("ix_refund_order", table_name="refund")
