"""Budgets become a ledger of double entry; reservations move onto it.

The old worker and api are still running while this runs: what they reserve, release or spend while it does waits for its
locks, then fails for want of the old tables, and is tried again by the new worker. Nothing is lost, nothing is doubled.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004b"
down_revision = "0004f"
branch_labels = None
depends_on = None

ACCOUNTS = ("granted", "raised", "left", "reserved", "spent")
FIGURES = [f"{account}_{unit}" for account in ACCOUNTS for unit in ("fen", "coupons")]
RECORD = ("budget_posting", "budget_line")


def _zero(unit: str) -> str:
    return " + ".join(f"{account}_{unit}" for account in ACCOUNTS) + " = 0"


# A statement of lines balances as a whole, and moves the accounts of every budget that it touches.
POST_LINES = f"""
    CREATE FUNCTION post_budget_lines() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE odd uuid;
    BEGIN
        SELECT posting INTO odd FROM new_lines GROUP BY posting, budget
        HAVING sum(fen) <> 0 OR sum(coupons) <> 0 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'posting % does not balance', odd USING ERRCODE = 'check_violation';
        END IF;
        UPDATE budget SET {", ".join(f"{name} = budget.{name} + moved.{name}" for name in FIGURES)}
        FROM (
            SELECT budget AS key, {
    ", ".join(
        f"coalesce(sum({unit}) FILTER (WHERE account = '{account}'), 0) AS {account}_{unit}"
        for account in ACCOUNTS
        for unit in ("fen", "coupons")
    )
}
            FROM new_lines GROUP BY budget
        ) moved
        WHERE budget.key = moved.key;
        RETURN NULL;
    END $$
"""  # noqa: S608 - made of this module's own names

GUARDS = (
    POST_LINES,
    "CREATE TRIGGER post AFTER INSERT ON budget_line REFERENCING NEW TABLE AS new_lines "
    "FOR EACH STATEMENT EXECUTE FUNCTION post_budget_lines()",
    # Whoever writes a budget's figures by hand is refused; the trigger above writes them one level deeper.
    "CREATE TRIGGER only_by_lines BEFORE UPDATE OR DELETE ON budget "
    "FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER append_only BEFORE TRUNCATE ON budget FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    *(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in RECORD
    ),
    *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM amends_app" for table in RECORD),
    # A budget begins with nothing. UPDATE stays, since the lock of a row asks for it.
    "REVOKE INSERT, DELETE, TRUNCATE ON budget FROM amends_app",
    "GRANT INSERT (key, kind, scope, subject, period) ON budget TO amends_app",
)

# Every reservation with the budgets that it drew on.
OLD_DRAWS = """
    CREATE TEMPORARY TABLE old_draw ON COMMIT DROP AS
    SELECT r.id AS reservation, r.amount_fen, r.status, r.at, scope, subject, period,
        'cash/' || scope || '/' || subject || CASE WHEN period = '' THEN '' ELSE '/' || period END AS key
    FROM old_reservation r
    JOIN shop ON shop.code = r.shop
    LEFT JOIN buyer_person p ON p.id = r.buyer_person
    CROSS JOIN LATERAL (
        VALUES ('shop', r.shop, r.month),
            ('agent', r.maker, to_char(r.at AT TIME ZONE shop.zone, 'YYYY-MM-DD')),
            ('buyer', coalesce(p.merged_into, p.id)::text, '')
    ) AS drawn (scope, subject, period)
    WHERE subject IS NOT NULL
"""

# What each budget was granted: the month's old ceiling, elsewhere what is in use.
OLD_GRANTS = """
    CREATE TEMPORARY TABLE old_grant ON COMMIT DROP AS
    SELECT gen_random_uuid() AS posting, u.*, greatest(u.in_use, coalesce(b.limit_fen, 0)) AS fen
    FROM (
        SELECT d.key, d.scope, d.subject, d.period, min(r.shop) AS shop, min(d.at) AS at,
            coalesce(sum(d.amount_fen) FILTER (WHERE d.status <> 'released'), 0) AS in_use
        FROM old_draw d JOIN old_reservation r ON r.id = d.reservation
        GROUP BY d.key, d.scope, d.subject, d.period
    ) u
    LEFT JOIN old_budget b ON u.scope = 'shop' AND b.shop = u.subject AND b.month = u.period
"""

MOVE = (
    "LOCK TABLE budget, reservation IN ACCESS EXCLUSIVE MODE",
    "CREATE TEMPORARY TABLE old_budget ON COMMIT DROP AS TABLE budget",
    "CREATE TEMPORARY TABLE old_reservation ON COMMIT DROP AS "
    "SELECT *, gen_random_uuid() AS reserved, gen_random_uuid() AS settled FROM reservation",
    OLD_DRAWS,
    OLD_GRANTS,
    "DROP TABLE reservation",
    "DROP TABLE budget",
)

POST = (
    "INSERT INTO budget (key, kind, scope, subject, period) SELECT key, 'cash', scope, subject, period FROM old_grant",
    'INSERT INTO budget_posting (id, kind, shop, at, "by", why) '
    "SELECT posting, 'grant', shop, at, 'amends', 'moved onto the ledger' FROM old_grant WHERE fen > 0",
    'INSERT INTO budget_posting (id, kind, shop, case_number, offer, nth, form, month, amount_fen, at, "by") '
    "SELECT reserved, 'reserve', shop, case_number, offer, 1, 'cash_alipay', month, amount_fen, at, maker "
    "FROM old_reservation ORDER BY id",
    'INSERT INTO budget_posting (id, kind, shop, case_number, offer, settles, at, "by") '
    "SELECT settled, CASE status WHEN 'spent' THEN 'spend' ELSE 'release' END, shop, case_number, offer, reserved, "
    "coalesce(settled_at, at), 'amends' FROM old_reservation WHERE status <> 'reserved' ORDER BY id",
    """
    INSERT INTO budget_line (posting, budget, account, fen, coupons)
    SELECT posting, key, account, sign * fen, 0
    FROM old_grant CROSS JOIN (VALUES ('granted', -1), ('left', 1)) AS side (account, sign) WHERE fen > 0
    UNION ALL
    SELECT r.reserved, d.key, account, sign * d.amount_fen, 0
    FROM old_draw d JOIN old_reservation r ON r.id = d.reservation
    CROSS JOIN (VALUES ('left', -1), ('reserved', 1)) AS side (account, sign)
    UNION ALL
    SELECT r.settled, d.key, CASE WHEN sign < 0 THEN 'reserved' WHEN r.status = 'spent' THEN 'spent' ELSE 'left' END,
        sign * d.amount_fen, 0
    FROM old_draw d JOIN old_reservation r ON r.id = d.reservation CROSS JOIN (VALUES (-1), (1)) AS side (sign)
    WHERE r.status <> 'reserved'
    """,
)


def upgrade() -> None:
    _office()
    for statement in MOVE:
        op.execute(statement)
    _ledger()
    for statement in (*GUARDS, *POST):
        op.execute(statement)


def _office() -> None:
    op.add_column("shop", sa.Column("team", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_shop_plain_team"), "shop", "team ~ '^[a-z0-9][a-z0-9-]{0,31}$'")
    op.create_index("ix_shop_team", "shop", ["team"])
    op.add_column("person", sa.Column("human", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_person_human"), "person", ["human"])
    op.create_table(
        "shop_sales",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("fen >= 0", name=op.f("ck_shop_sales_not_negative")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_shop_sales_shop")),
        sa.PrimaryKeyConstraint("shop", "month", name=op.f("pk_shop_sales")),
    )


def _ledger() -> None:
    op.create_table(
        "budget",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("key", "kind", "scope", "subject", "period")),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in FIGURES),
        sa.CheckConstraint(f"{_zero('fen')} AND {_zero('coupons')}", name=op.f("ck_budget_balances")),
        sa.CheckConstraint("left_fen >= 0 AND left_coupons >= 0", name=op.f("ck_budget_within_its_ceiling")),
        sa.CheckConstraint(
            "least(reserved_fen, reserved_coupons, spent_fen, spent_coupons) >= 0", name=op.f("ck_budget_not_negative")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_budget")),
    )
    op.create_index("ix_budget_subject", "budget", ["scope", "subject", "period"])
    op.create_table(
        "budget_posting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("offer", sa.BigInteger(), nullable=True),
        sa.Column("nth", sa.BigInteger(), nullable=True),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("month", sa.Text(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("settles", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('grant', 'raise', 'reserve', 'release', 'spend', 'lapse')", name=op.f("ck_budget_posting_kind")
        ),
        sa.CheckConstraint(
            "(kind IN ('release', 'spend')) = (settles IS NOT NULL)",
            name=op.f("ck_budget_posting_settles_a_reservation"),
        ),
        sa.CheckConstraint(
            "kind <> 'reserve' OR num_nulls(case_number, offer, nth, form, month, amount_fen) = 0",
            name=op.f("ck_budget_posting_of_an_offer"),
        ),
        sa.CheckConstraint("kind <> 'raise' OR why IS NOT NULL", name=op.f("ck_budget_posting_raised_with_a_reason")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_budget_posting_shop")),
        sa.ForeignKeyConstraint(["case_number"], ["case_file.number"], name=op.f("fk_budget_posting_case_number")),
        sa.ForeignKeyConstraint(["settles"], ["budget_posting.id"], name=op.f("fk_budget_posting_settles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_posting")),
        sa.UniqueConstraint("serial", name=op.f("uq_budget_posting_serial")),
        sa.UniqueConstraint("settles", name=op.f("uq_budget_posting_settles")),
    )
    op.create_index(
        "ix_budget_posting_offer",
        "budget_posting",
        ["case_number", "offer", "nth"],
        unique=True,
        postgresql_where=sa.text("kind = 'reserve'"),
    )
    op.create_index("ix_budget_posting_shop", "budget_posting", ["shop", "serial"])
    op.create_table(
        "budget_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("posting", sa.Uuid(), nullable=False),
        sa.Column("budget", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("coupons", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("fen <> 0 OR coupons <> 0", name=op.f("ck_budget_line_not_zero")),
        sa.CheckConstraint(
            "account IN ('granted', 'raised', 'left', 'reserved', 'spent')", name=op.f("ck_budget_line_account")
        ),
        sa.ForeignKeyConstraint(["posting"], ["budget_posting.id"], name=op.f("fk_budget_line_posting")),
        sa.ForeignKeyConstraint(["budget"], ["budget.key"], name=op.f("fk_budget_line_budget")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_line")),
        sa.UniqueConstraint("posting", "budget", "account", name=op.f("uq_budget_line_posting_budget_account")),
    )
    op.create_index("ix_budget_line_budget", "budget_line", ["budget", "account"])


# Back to the two tables as they were, with what they can hold: a month's cash and the last reservation of each offer.
BACK = (
    "CREATE TEMPORARY TABLE new_month ON COMMIT DROP AS SELECT * FROM budget WHERE kind = 'cash' AND scope = 'shop'",
    """
    CREATE TEMPORARY TABLE new_reservation ON COMMIT DROP AS
    SELECT DISTINCT ON (r.case_number, r.offer) r.case_number, r.offer, r.shop, r.month, r.amount_fen, r.at,
        r."by" AS maker, s.at AS settled_at,
        CASE s.kind WHEN 'spend' THEN 'spent' WHEN 'release' THEN 'released' ELSE 'reserved' END AS status,
        (SELECT b.subject::uuid FROM budget_line l JOIN budget b ON b.key = l.budget
            WHERE l.posting = r.id AND b.scope = 'buyer' LIMIT 1) AS buyer_person
    FROM budget_posting r LEFT JOIN budget_posting s ON s.settles = r.id
    WHERE r.kind = 'reserve' AND r.amount_fen > 0 ORDER BY r.case_number, r.offer, r.nth DESC
    """,
    "DROP TABLE budget_line",
    "DROP TABLE budget_posting",
    "DROP TABLE budget",
    "DROP FUNCTION post_budget_lines",
)
REFILL = (
    "INSERT INTO budget (shop, month, limit_fen, reserved_fen, spent_fen) "
    "SELECT subject, period, -granted_fen - raised_fen, reserved_fen, spent_fen FROM new_month",
    "INSERT INTO reservation (case_number, offer, shop, month, buyer_person, maker, amount_fen, status, at, settled_at) "
    "SELECT case_number, offer, shop, month, buyer_person, maker, amount_fen, status, at, settled_at FROM new_reservation",
)


def downgrade() -> None:
    for statement in BACK:
        op.execute(statement)
    op.create_table(
        "budget",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("limit_fen", "reserved_fen", "spent_fen")),
        sa.CheckConstraint("reserved_fen + spent_fen <= limit_fen", name=op.f("ck_budget_within_limit")),
        sa.CheckConstraint("reserved_fen >= 0 AND spent_fen >= 0", name=op.f("ck_budget_not_negative")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_budget_shop")),
        sa.PrimaryKeyConstraint("shop", "month", name=op.f("pk_budget")),
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
    op.create_index("ix_reservation_buyer", "reservation", ["buyer_person", "at"])
    op.create_index("ix_reservation_maker", "reservation", ["maker", "at"])
    for statement in REFILL:
        op.execute(statement)
    op.drop_table("shop_sales")
    op.drop_index(op.f("ix_person_human"), table_name="person")
    op.drop_column("person", "human")
    op.drop_index("ix_shop_team", table_name="shop")
    op.drop_column("shop", "team")
