"""The house: every table of the review story, the record's guards, and the app role's rights.

The old worker and api are still running while this runs: add first, drop in a later release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = ("case_event", "office_event", "ledger_entry", "policy")

# The record can't be edited, not even by the role that the app runs as; the owner's triggers say so to everybody.
RECORD = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END $$
    """,
    *(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in APPEND_ONLY
    ),
    """
    CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT sum(amount_fen) FROM ledger_entry WHERE posting = NEW.posting) <> 0 THEN
            RAISE EXCEPTION 'posting % does not balance', NEW.posting USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    "CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced()",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO amends_app",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO amends_app",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO amends_app",
    *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM amends_app" for table in APPEND_ONLY),
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM amends_app",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO amends_app",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO amends_app",
)


def upgrade() -> None:
    op.create_table(
        "buyer_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["buyer_person.id"], name=op.f("fk_buyer_person_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_person")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "office_event",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_office_event")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.Column("away_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_person_capacity_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
    )
    op.create_table(
        "refused_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_step")),
    )
    op.create_index(op.f("ix_refused_step_case_number"), "refused_step", ["case_number"], unique=False)
    op.create_table(
        "sealed_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_text")),
    )
    op.create_table(
        "shop",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("seller_nick", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("gate_mode", sa.Text(), nullable=False),
        sa.Column("cut_off_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("intake", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,31}$'", name=op.f("ck_shop_plain_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_shop")),
        sa.UniqueConstraint("serial", name=op.f("uq_shop_serial")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_api_key_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_key_hash")),
    )
    op.create_table(
        "budget",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("limit_fen", sa.BigInteger(), nullable=False),
        sa.Column("reserved_fen", sa.BigInteger(), nullable=False),
        sa.Column("spent_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("reserved_fen + spent_fen <= limit_fen", name=op.f("ck_budget_within_limit")),
        sa.CheckConstraint("reserved_fen >= 0 AND spent_fen >= 0", name=op.f("ck_budget_not_negative")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_budget_shop")),
        sa.PrimaryKeyConstraint("shop", "month", name=op.f("pk_budget")),
    )
    op.create_table(
        "buyer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("blind", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.LargeBinary(), nullable=True),
        sa.Column("nick", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_kind", sa.Text(), nullable=True),
        sa.Column("occupation", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["buyer_person.id"], name=op.f("fk_buyer_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer")),
        sa.UniqueConstraint("platform", "blind", name=op.f("uq_buyer_platform_blind")),
    )
    op.create_index(op.f("ix_buyer_person"), "buyer", ["person"], unique=False)
    op.create_table(
        "buyer_link",
        sa.Column("blind", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["buyer_person.id"], name=op.f("fk_buyer_link_person")),
        sa.PrimaryKeyConstraint("blind", name=op.f("pk_buyer_link")),
    )
    op.create_index(op.f("ix_buyer_link_person"), "buyer_link", ["person"], unique=False)
    op.create_table(
        "case_file",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("source_row", sa.Uuid(), nullable=False),
        sa.Column("buyer_person", sa.Uuid(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("cause_confirmed", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.BigInteger(), nullable=False),
        sa.Column("assignee", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_what", sa.Text(), nullable=False),
        sa.Column("review_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("person_step", sa.BigInteger(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome IS NULL) OR (closed_at IS NULL) OR (stage = 'closed')",
            name=op.f("ck_case_file_closed_is_a_stage"),
        ),
        sa.ForeignKeyConstraint(["assignee"], ["person.id"], name=op.f("fk_case_file_assignee")),
        sa.ForeignKeyConstraint(["buyer_person"], ["buyer_person.id"], name=op.f("fk_case_file_buyer_person")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_case_file_shop")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_case_file")),
        sa.UniqueConstraint("serial", name=op.f("uq_case_file_serial")),
    )
    op.create_index("ix_case_file_buyer_person", "case_file", ["buyer_person"], unique=False)
    op.create_index(
        "ix_case_file_open_assignee_due",
        "case_file",
        ["assignee", "due_at", "number"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_case_file_open_due",
        "case_file",
        ["due_at", "number"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_case_file_open_shop_due",
        "case_file",
        ["shop", "due_at", "number"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_case_file_opened", "case_file", ["opened_at", "number"], unique=False)
    op.create_table(
        "gate_acknowledgement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_gate_acknowledgement_person")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_gate_acknowledgement_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_acknowledgement")),
    )
    op.create_table(
        "inbox",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_inbox_shop")),
        sa.PrimaryKeyConstraint("source", "message", name=op.f("pk_inbox")),
    )
    op.create_index(
        "ix_inbox_open", "inbox", ["shop", "received_at"], unique=False, postgresql_where=sa.text("acted_at IS NULL")
    )
    op.create_table(
        "intake_cursor",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("read_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_intake_cursor_shop")),
        sa.PrimaryKeyConstraint("shop", name=op.f("pk_intake_cursor")),
    )
    op.create_table(
        "person_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_person_role_person")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_person_role_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
        sa.UniqueConstraint("person", "shop", "role", name="uq_person_role_once", postgresql_nulls_not_distinct=True),
    )
    op.create_index("ix_person_role_shop_role", "person_role", ["shop", "role"], unique=False)
    op.create_table(
        "policy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_policy_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("kind", "shop", "version", name="uq_policy_version", postgresql_nulls_not_distinct=True),
    )
    op.create_table(
        "assignment",
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_assignment_case_number")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_assignment_person")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_assignment_shop")),
        sa.PrimaryKeyConstraint("case_number", name=op.f("pk_assignment")),
    )
    op.create_index(
        "ix_assignment_open", "assignment", ["person"], unique=False, postgresql_where=sa.text("released_at IS NULL")
    )
    op.create_table(
        "case_event",
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_case_event_case_number")),
        sa.PrimaryKeyConstraint("case_number", "seq", name=op.f("pk_case_event")),
    )
    op.create_table(
        "case_key",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_case_key_case_number")),
        sa.ForeignKeyConstraint(["merged_into"], ["case_file.number"], name=op.f("fk_case_key_merged_into")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_case_key_shop")),
        sa.PrimaryKeyConstraint("kind", "platform", "shop", "external_id", name=op.f("pk_case_key")),
    )
    op.create_index(op.f("ix_case_key_case_number"), "case_key", ["case_number"], unique=False)
    op.create_table(
        "contact_stop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer_person", sa.Uuid(), nullable=True),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["buyer_person"], ["buyer_person.id"], name=op.f("fk_contact_stop_buyer_person")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_contact_stop_case_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_stop")),
        sa.UniqueConstraint("case_number", "step", name=op.f("uq_contact_stop_case_number_step")),
    )
    op.create_index(op.f("ix_contact_stop_buyer_person"), "contact_stop", ["buyer_person"], unique=False)
    op.create_table(
        "contact_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("buyer_person", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outbound", sa.Boolean(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("talk", sa.Text(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("asked_to_amend", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["buyer_person"], ["buyer_person.id"], name=op.f("fk_contact_attempt_buyer_person")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_contact_attempt_case_number")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_contact_attempt_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_attempt")),
    )
    op.create_index("ix_contact_attempt_buyer", "contact_attempt", ["buyer_person", "taken_at"], unique=False)
    op.create_index("ix_contact_attempt_case", "contact_attempt", ["case_number", "number"], unique=True)
    op.create_table(
        "history_archive",
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("engine_run", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_history_archive_case_number")),
        sa.PrimaryKeyConstraint("workflow", "engine_run", name=op.f("pk_history_archive")),
    )
    op.create_index(op.f("ix_history_archive_case_number"), "history_archive", ["case_number"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("posting", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_ledger_entry_not_zero")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_ledger_entry_case_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("posting", "account", name=op.f("uq_ledger_entry_posting_account")),
    )
    op.create_index(op.f("ix_ledger_entry_case_number"), "ledger_entry", ["case_number"], unique=False)
    op.create_index(op.f("ix_ledger_entry_posting"), "ledger_entry", ["posting"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=True),
        sa.Column("outside_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_message_case_number")),
        sa.ForeignKeyConstraint(["text_id"], ["sealed_text.id"], name=op.f("fk_message_text_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
    )
    op.create_index("ix_message_case", "message", ["case_number"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("case_seq", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_notice_case_number")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_notice_person")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_notice_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_once", "notice", ["case_number", "case_seq", "person"], unique=True)
    op.create_index("ix_notice_person_at", "notice", ["person", "at"], unique=False)
    op.create_index(
        "ix_notice_unsent", "notice", ["shop", "at"], unique=False, postgresql_where=sa.text("sent_at IS NULL")
    )
    op.create_table(
        "payee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("blind", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.id"], name=op.f("fk_payee_buyer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee")),
        sa.UniqueConstraint("buyer", "blind", name=op.f("uq_payee_buyer_blind")),
    )
    op.create_table(
        "reservation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("offer", sa.BigInteger(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("buyer_person", sa.Uuid(), nullable=True),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('reserved', 'spent', 'released')", name=op.f("ck_reservation_status")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_reservation_positive")),
        sa.ForeignKeyConstraint(["buyer_person"], ["buyer_person.id"], name=op.f("fk_reservation_buyer_person")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_reservation_case_number")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_reservation_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint("case_number", "offer", name=op.f("uq_reservation_case_number_offer")),
    )
    op.create_index("ix_reservation_buyer", "reservation", ["buyer_person", "at"], unique=False)
    op.create_index("ix_reservation_maker", "reservation", ["maker", "at"], unique=False)
    op.create_table(
        "shop_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Text(), nullable=True),
        sa.Column("item_title", sa.Text(), nullable=True),
        sa.Column("paid_fen", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("address_type", sa.Text(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("oaid", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.id"], name=op.f("fk_shop_order_buyer")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_shop_order_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_order")),
        sa.UniqueConstraint("shop", "external_id", name=op.f("uq_shop_order_shop_external_id")),
    )
    op.create_index(op.f("ix_shop_order_buyer"), "shop_order", ["buyer"], unique=False)
    op.create_index(op.f("ix_shop_order_item_id"), "shop_order", ["item_id"], unique=False)
    op.create_table(
        "payout",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("offer", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payee", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("wire", sa.LargeBinary(), nullable=True),
        sa.Column("wire_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("provider_order", sa.Text(), nullable=True),
        sa.Column("sends", sa.BigInteger(), nullable=False),
        sa.Column("queries", sa.BigInteger(), nullable=False),
        sa.Column("alarm", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_payout_paid_has_a_time")),
        sa.CheckConstraint(
            "status IN ('draft', 'approved', 'sending', 'unknown', 'paid', 'failed', 'cancelled')",
            name=op.f("ck_payout_status"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payout_positive")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_payout_case_number")),
        sa.ForeignKeyConstraint(["payee"], ["payee.id"], name=op.f("fk_payout_payee")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_payout_shop")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_payout")),
        sa.UniqueConstraint("case_number", "offer", "attempt", name=op.f("uq_payout_case_number_offer_attempt")),
    )
    op.create_index(
        "ix_payout_one_per_offer",
        "payout",
        ["case_number", "offer"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('failed', 'cancelled')"),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("order_external_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("buyer", sa.Uuid(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("has_photo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.id"], name=op.f("fk_review_buyer")),
        sa.ForeignKeyConstraint(["order_id"], ["shop_order.id"], name=op.f("fk_review_order_id")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_review_shop")),
        sa.ForeignKeyConstraint(["text_id"], ["sealed_text.id"], name=op.f("fk_review_text_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("shop", "external_id", name=op.f("uq_review_shop_external_id")),
    )
    op.create_index(op.f("ix_review_buyer"), "review", ["buyer"], unique=False)
    op.create_index("ix_review_item_created", "review", ["item_id", "created_at"], unique=False)
    op.create_index(op.f("ix_review_order_id"), "review", ["order_id"], unique=False)
    op.create_index(
        "ix_case_file_closed",
        "case_file",
        ["shop", "closed_at", "number"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_case_file_unassigned",
        "case_file",
        ["shop", "due_at", "number"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND assignee IS NULL"),
    )
    op.create_index("ix_payout_shop_made", "payout", ["shop", "made_at", "key"], unique=False)
    for statement in RECORD:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_payout_shop_made", table_name="payout")
    op.drop_index("ix_case_file_unassigned", table_name="case_file")
    op.drop_index("ix_case_file_closed", table_name="case_file")
    op.drop_index(op.f("ix_review_order_id"), table_name="review")
    op.drop_index("ix_review_item_created", table_name="review")
    op.drop_index(op.f("ix_review_buyer"), table_name="review")
    op.drop_table("review")
    op.drop_index(
        "ix_payout_one_per_offer",
        table_name="payout",
        postgresql_where=sa.text("status NOT IN ('failed', 'cancelled')"),
    )
    op.drop_table("payout")
    op.drop_index(op.f("ix_shop_order_item_id"), table_name="shop_order")
    op.drop_index(op.f("ix_shop_order_buyer"), table_name="shop_order")
    op.drop_table("shop_order")
    op.drop_index("ix_reservation_maker", table_name="reservation")
    op.drop_index("ix_reservation_buyer", table_name="reservation")
    op.drop_table("reservation")
    op.drop_table("payee")
    op.drop_index("ix_notice_unsent", table_name="notice", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_index("ix_notice_person_at", table_name="notice")
    op.drop_index("ix_notice_once", table_name="notice")
    op.drop_table("notice")
    op.drop_index("ix_message_case", table_name="message")
    op.drop_table("message")
    op.drop_index(op.f("ix_ledger_entry_posting"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_case_number"), table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_index(op.f("ix_history_archive_case_number"), table_name="history_archive")
    op.drop_table("history_archive")
    op.drop_table("contact_stop")
    op.drop_index("ix_contact_attempt_case", table_name="contact_attempt")
    op.drop_index("ix_contact_attempt_buyer", table_name="contact_attempt")
    op.drop_table("contact_attempt")
    op.drop_index(op.f("ix_case_key_case_number"), table_name="case_key")
    op.drop_table("case_key")
    op.drop_table("case_event")
    op.drop_index("ix_assignment_open", table_name="assignment", postgresql_where=sa.text("released_at IS NULL"))
    op.drop_table("assignment")
    op.drop_table("policy")
    op.drop_index("ix_person_role_shop_role", table_name="person_role")
    op.drop_table("person_role")
    op.drop_table("intake_cursor")
    op.drop_index("ix_inbox_open", table_name="inbox", postgresql_where=sa.text("acted_at IS NULL"))
    op.drop_table("inbox")
    op.drop_table("gate_acknowledgement")
    op.drop_index("ix_case_file_opened", table_name="case_file")
    op.drop_index("ix_case_file_open_shop_due", table_name="case_file", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index("ix_case_file_open_due", table_name="case_file", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index(
        "ix_case_file_open_assignee_due", table_name="case_file", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_index("ix_case_file_buyer_person", table_name="case_file")
    op.drop_table("case_file")
    op.drop_index(op.f("ix_buyer_link_person"), table_name="buyer_link")
    op.drop_table("buyer_link")
    op.drop_index(op.f("ix_buyer_person"), table_name="buyer")
    op.drop_table("buyer")
    op.drop_table("budget")
    op.drop_table("api_key")
    op.drop_table("shop")
    op.drop_table("sealed_text")
    op.drop_index(op.f("ix_refused_step_case_number"), table_name="refused_step")
    op.drop_table("refused_step")
    op.drop_table("person")
    op.drop_table("office_event")
    op.drop_table("installation")
    op.drop_table("buyer_person")
    op.execute("DROP FUNCTION refuse_change, refuse_unbalanced CASCADE")
