"""Where planned contacts stand, and the one way to take a place: counted and written under the shop's planning lock.

The old worker and api are still running while this runs: what they plan meanwhile is not counted until planned again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005p"
down_revision = "0010"
branch_labels = None
depends_on = None

# A function, because the lock must not be held while a busy worker gets round to its next statement: under load that
# would be the pace at which a whole shop is planned. Each statement in it sees what was committed before the lock was
# got; one statement of its own would not.
TAKE_PLACE = """
CREATE FUNCTION take_contact_place(
    of_case text, of_shop text, by_channel text, while_surging boolean, slot_length interval,
    moments timestamptz[], rooms float8[], OUT due timestamptz, OUT others_there bigint, OUT others_here bigint
) LANGUAGE plpgsql AS $$
BEGIN
    -- A place lost in a crash is a contact that is not counted; no other plan need wait for the disk because of it.
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM pg_advisory_xact_lock(hashtextextended('plan:' || of_shop, 0));
    -- A slot with ten times what the desk can handle is counted no further: where all are as full as that, one is as
    -- good as another, and counting thousands would hold everybody up.
    WITH weighed AS (
        SELECT at, room, nth, (
            SELECT count(*) FROM (
                SELECT FROM contact_place AS place
                WHERE place.shop = of_shop AND place.case_number <> of_case
                    AND place.due_at >= date_bin(slot_length, at, 'epoch')
                    AND place.due_at < date_bin(slot_length, at, 'epoch') + slot_length
                LIMIT greatest(50, 10 * room)
            ) AS counted
        ) AS others
        FROM unnest(moments, rooms) WITH ORDINALITY AS offer (at, room, nth)
    )
    SELECT best.at, (SELECT first.others FROM weighed AS first WHERE first.nth = 1), best.others
    INTO due, others_there, others_here
    FROM weighed AS best
    ORDER BY NOT (best.nth = 1 AND best.others < best.room), best.others / nullif(best.room, 0) NULLS LAST, best.nth
    LIMIT 1;
    INSERT INTO contact_place (case_number, shop, due_at, channel, in_surge)
    VALUES (of_case, of_shop, due, by_channel, while_surging)
    ON CONFLICT (case_number) DO UPDATE SET
        shop = excluded.shop, due_at = excluded.due_at, channel = excluded.channel, in_surge = excluded.in_surge;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "contact_place",
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("in_surge", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("case_number", name=op.f("pk_contact_place")),
    )
    op.create_index("ix_contact_place_shop_due", "contact_place", ["shop", "due_at", "case_number"])
    op.execute(TAKE_PLACE)


def downgrade() -> None:
    op.execute("DROP FUNCTION take_contact_place")
    op.drop_table("contact_place")
