"""The desk: shifts, surges, a case's place in the queue, digests.

The old worker and api are still running while this runs: new columns of old tables have defaults.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002b"
down_revision = "0001"
branch_labels = None
depends_on = None

OPEN = "closed_at IS NULL"
FREE = f"{OPEN} AND assignee IS NULL"
QUEUES = [
    (f"ix_case_file_{order.removesuffix('_at')}_{whose}", [*first, "waiting", order, "number"], which)
    for order in ("place_at", "surge_at")
    for whose, first, which in (("mine", ["assignee"], OPEN), ("free", ["shop"], FREE), ("any", [], FREE))
]


def upgrade() -> None:
    _people()
    _cases()
    _digests()


def _people() -> None:
    op.create_table(
        "person_shift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("hours", postgresql.JSONB(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_person_shift_ends_after_it_begins")
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_person_shift_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_shift")),
        sa.UniqueConstraint("person", "valid_from", name=op.f("uq_person_shift_person_valid_from")),
    )
    op.create_table(
        "shop_surge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shop_surge_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_shop_surge_set_by")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_shop_surge_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_surge")),
    )
    op.create_index("ix_shop_surge_shop_ends", "shop_surge", ["shop", "ends_at"])
    # Every look at a person's contacts asks who was merged into them.
    op.create_index(op.f("ix_buyer_person_merged_into"), "buyer_person", ["merged_into"])


def _cases() -> None:
    op.add_column("case_file", sa.Column("waiting", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    for name in ("place_at", "surge_at"):
        moment = sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        op.add_column("case_file", moment)
    # Until a case writes itself again it stands where it stood: by what is due first, in a surge by its age.
    op.execute("UPDATE case_file SET place_at = due_at, surge_at = review_created_at WHERE closed_at IS NULL")
    for name, columns, which in QUEUES:
        op.create_index(name, "case_file", columns, postgresql_where=sa.text(which))


def _digests() -> None:
    op.create_table(
        "digest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notices", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_digest_person")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_digest_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
    )
    op.create_index("ix_digest_person_at", "digest", ["person", "at"])
    op.add_column("notice", sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notice", sa.Column("digest", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_notice_digest"), "notice", "digest", ["digest"], ["id"])
    _unsent("sent_at IS NULL AND dropped_at IS NULL")


def _unsent(which: str) -> None:
    op.drop_index("ix_notice_unsent", table_name="notice")
    op.create_index("ix_notice_unsent", "notice", ["shop", "at"], postgresql_where=sa.text(which))


def downgrade() -> None:
    _unsent("sent_at IS NULL")
    op.drop_constraint(op.f("fk_notice_digest"), "notice", type_="foreignkey")
    op.drop_column("notice", "digest")
    op.drop_column("notice", "dropped_at")
    op.drop_table("digest")
    for name, _, _ in QUEUES:
        op.drop_index(name, table_name="case_file")
    for column in ("surge_at", "place_at", "waiting"):
        op.drop_column("case_file", column)
    op.drop_index(op.f("ix_buyer_person_merged_into"), table_name="buyer_person")
    op.drop_table("shop_surge")
    op.drop_table("person_shift")
