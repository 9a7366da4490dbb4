"""Other systems are told of a shop's cases.

The old worker and api are still running while this runs: tables of their own; what the old worker records meanwhile is
told to nobody.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033w"
down_revision = "0031p"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhook_subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_until", MOMENT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("last_ok_at", MOMENT, nullable=True),
        sa.Column("last_failed_at", MOMENT, nullable=True),
        sa.Column("last_code", sa.Text(), nullable=True),
        sa.Column("switched_off_at", MOMENT, nullable=True),
        sa.CheckConstraint("NOT active OR switched_off_at IS NULL", name=op.f("ck_webhook_subscription_on_or_off")),
        sa.CheckConstraint(
            "(old_secret IS NULL) = (old_until IS NULL)", name=op.f("ck_webhook_subscription_old_secret_has_an_end")
        ),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_webhook_subscription_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_subscription")),
    )
    in_use = sa.text("removed_at IS NULL")
    op.create_index("ix_webhook_subscription_shop", "webhook_subscription", ["shop"], postgresql_where=in_use)
    _delivery()


def _delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subscription", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("case_seq", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'queued') = (next_try_at IS NOT NULL)", name=op.f("ck_webhook_delivery_queued_has_a_time")
        ),
        sa.ForeignKeyConstraint(
            ["subscription"], ["webhook_subscription.id"], name=op.f("fk_webhook_delivery_subscription")
        ),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_webhook_delivery_case_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("serial", name=op.f("uq_webhook_delivery_serial")),
        sa.UniqueConstraint("subscription", "case_number", "case_seq", name="uq_webhook_delivery_event"),
    )
    queued, sending = sa.text("state = 'queued'"), sa.text("state = 'sending'")
    op.create_index("ix_webhook_delivery_due", "webhook_delivery", ["next_try_at"], postgresql_where=queued)
    op.create_index("ix_webhook_delivery_claimed", "webhook_delivery", ["claimed_at"], postgresql_where=sending)
    still_open = sa.text("state IN ('queued', 'sending')")
    order = ["subscription", "case_number", "serial"]
    op.create_index("ix_webhook_delivery_order", "webhook_delivery", order, postgresql_where=still_open)
    op.create_index("ix_webhook_delivery_log", "webhook_delivery", ["subscription", "serial"])
    for table in ("webhook_delivery", "notice_delivery"):
        op.create_index(f"ix_{table}_ended", table, ["ended_at"])


def downgrade() -> None:
    op.drop_index("ix_notice_delivery_ended", table_name="notice_delivery")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_subscription")
