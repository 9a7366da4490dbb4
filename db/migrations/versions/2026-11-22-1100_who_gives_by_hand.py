"""A payout that is given by hand names the roles that may give it, so that a list can show each person their own.

The old worker and api are still running while this runs: a nullable column changes nothing for them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011g"
down_revision = "0005g"
branch_labels = None
depends_on = None

WAITING = sa.text("give_roles IS NOT NULL AND settled_at IS NULL")


def upgrade() -> None:
    op.add_column("payout", sa.Column("give_roles", postgresql.ARRAY(sa.Text()), nullable=True))
    op.create_index("ix_payout_waits_for_a_hand", "payout", ["made_at", "key"], postgresql_where=WAITING)


def downgrade() -> None:
    op.drop_index("ix_payout_waits_for_a_hand", table_name="payout")
    op.drop_column("payout", "give_roles")
