"""People log in: passwords, one-time codes, sessions, devices, identities; keys have a scope and a last use.

The old api is still running while this runs: keys that it makes are as wide as their people.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030p"
down_revision = "0041c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "door_refusal",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hour", "kind", "subject", "address", name=op.f("pk_door_refusal")),
    )
    op.create_index("ix_door_refusal_last_at", "door_refusal", ["last_at"], unique=False)
    op.create_table(
        "login_attempts",
        sa.Column("count", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("count", "subject", name=op.f("pk_login_attempts")),
    )
    op.create_index("ix_login_attempts_since", "login_attempts", ["since"], unique=False)
    op.create_table(
        "provider_attempt",
        sa.Column("state", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_provider_attempt")),
    )
    op.create_index("ix_provider_attempt_made_at", "provider_attempt", ["made_at"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_identity_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
    )
    op.create_index("ix_identity_person", "identity", ["person"], unique=False)
    op.create_table(
        "known_device",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_known_device_person")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_known_device")),
    )
    op.create_index("ix_known_device_person_seen", "known_device", ["person", "seen_at"], unique=False)
    op.create_table(
        "login_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why_ended", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_login_session_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("hash", name=op.f("uq_login_session_hash")),
    )
    op.create_index("ix_login_session_person_made", "login_session", ["person", "made_at"], unique=False)
    op.create_table(
        "password_code",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_password_code_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_password_code")),
    )
    op.create_table(
        "person_password",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_person_password_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_person_password")),
    )
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("api_key", sa.Column("shops", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("api_key", sa.Column("routes", postgresql.ARRAY(sa.Text()), nullable=True))
    op.create_index("ix_api_key_person", "api_key", ["person"], unique=False)


def downgrade() -> None:

    op.drop_index("ix_api_key_person", table_name="api_key")
    op.drop_column("api_key", "routes")
    op.drop_column("api_key", "shops")
    op.drop_column("api_key", "roles")
    op.drop_column("api_key", "last_used_at")
    op.drop_table("person_password")
    op.drop_table("password_code")
    op.drop_index("ix_login_session_person_made", table_name="login_session")
    op.drop_table("login_session")
    op.drop_index("ix_known_device_person_seen", table_name="known_device")
    op.drop_table("known_device")
    op.drop_index("ix_identity_person", table_name="identity")
    op.drop_table("identity")
    op.drop_index("ix_provider_attempt_made_at", table_name="provider_attempt")
    op.drop_table("provider_attempt")
    op.drop_index("ix_login_attempts_since", table_name="login_attempts")
    op.drop_table("login_attempts")
    op.drop_index("ix_door_refusal_last_at", table_name="door_refusal")
    op.drop_table("door_refusal")
