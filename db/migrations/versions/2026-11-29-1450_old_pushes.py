"""Old pushes are found without reading the whole inbox.

The old worker and api are still running while this runs: an index more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039i"
down_revision = "0006s"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_inbox_done", "inbox", ["shop", "received_at"], postgresql_where=sa.text("acted_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_inbox_done", table_name="inbox")
