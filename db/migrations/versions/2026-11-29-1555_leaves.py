"""Leaves of people, said beforehand."""

import sqlalchemy as sa
from alembic import op

revision = "0032p"
down_revision = "0028c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_leave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_person_leave_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_person_leave_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_leave")),
    )
    op.create_index("ix_person_leave_person_ends", "person_leave", ["person", "ends_at"], unique=False)


def downgrade() -> None:

    op.drop_index("ix_person_leave_person_ends", table_name="person_leave")
    op.drop_table("person_leave")
