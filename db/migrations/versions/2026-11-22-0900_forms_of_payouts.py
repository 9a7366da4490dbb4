"""A payout says in which form it reaches the buyer; what is given by hand names its giver, its proof and who looked.

The old worker and api are still running while this runs: they pay cash by Alipay, which is what a row without a form is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004f"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payout", sa.Column("form", sa.Text(), server_default="cash_alipay", nullable=False))
    op.alter_column("payout", "payee", nullable=True)
    for name in ("given_by", "checked_by", "proof"):
        op.add_column("payout", sa.Column(name, sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_payout_transfer_has_a_payee"),
        "payout",
        "payee IS NOT NULL OR form NOT IN ('cash_alipay', 'cash_wechat')",
    )
    op.create_check_constraint(op.f("ck_payout_second_person"), "payout", "checked_by <> given_by")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_payout_second_person"), "payout")
    op.drop_constraint(op.f("ck_payout_transfer_has_a_payee"), "payout")
    for name in ("proof", "checked_by", "given_by"):
        op.drop_column("payout", name)
    op.alter_column("payout", "payee", nullable=False)
    op.drop_column("payout", "form")
