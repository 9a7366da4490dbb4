"""Lists that are filtered stay flat: by stage, cause and platform, and over every shop.

The old worker and api are still running while this runs: indexes only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002a"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")
FREE = sa.text("closed_at IS NULL AND assignee IS NULL")
CLOSED = sa.text("closed_at IS NOT NULL")
INDEXES = (
    ("ix_case_file_closed_everywhere", ["closed_at", "number"], CLOSED),
    ("ix_case_file_unassigned_everywhere", ["due_at", "number"], FREE),
    ("ix_case_file_open_stage", ["stage", "due_at", "number"], OPEN),
    ("ix_case_file_open_cause", ["cause", "due_at", "number"], OPEN),
    ("ix_case_file_open_platform", ["platform", "due_at", "number"], OPEN),
)


def upgrade() -> None:
    for name, columns, where in INDEXES:
        op.create_index(name, "case_file", columns, unique=False, postgresql_where=where)


def downgrade() -> None:
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="case_file")
