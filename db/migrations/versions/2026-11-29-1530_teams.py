"""Teams of people, and the secrets with which programs sign what they push.

The old api is still running while this runs: it gives roles without asking a team, of which there is none yet.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031p"
down_revision = "0033n"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("outsourced", sa.Boolean(), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,31}$'", name=op.f("ck_team_plain_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_team")),
    )
    op.create_table(
        "team_shop",
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_team_shop_shop")),
        sa.ForeignKeyConstraint(["team"], ["team.code"], name=op.f("fk_team_shop_team")),
        sa.PrimaryKeyConstraint("team", "shop", name=op.f("pk_team_shop")),
    )
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_signing_key_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
    )
    op.create_index("ix_signing_key_person", "signing_key", ["person"], unique=False)
    op.create_table(
        "used_nonce",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["signing_key.id"], name=op.f("fk_used_nonce_key")),
        sa.PrimaryKeyConstraint("key", "nonce", name=op.f("pk_used_nonce")),
    )
    op.create_index("ix_used_nonce_at", "used_nonce", ["at"], unique=False)
    op.add_column("person", sa.Column("team", sa.Text(), nullable=True))
    op.create_index(op.f("ix_person_team"), "person", ["team"], unique=False)
    op.create_foreign_key(op.f("fk_person_team"), "person", "team", ["team"], ["code"])


def downgrade() -> None:

    op.drop_constraint(op.f("fk_person_team"), "person", type_="foreignkey")
    op.drop_index(op.f("ix_person_team"), table_name="person")
    op.drop_column("person", "team")
    op.drop_index("ix_used_nonce_at", table_name="used_nonce")
    op.drop_table("used_nonce")
    op.drop_index("ix_signing_key_person", table_name="signing_key")
    op.drop_table("signing_key")
    op.drop_table("team_shop")
    op.drop_table("team")
