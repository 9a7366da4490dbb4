"""A contact history of many buyers, made inside the database: each with an order, a review, a case, its contacts, and
the next one planned into an evening of the ten days to come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

CONTACTS_A_BUYER = 6

_ROWS = """
CREATE TEMP TABLE many AS
SELECT n, gen_random_uuid() AS person, gen_random_uuid() AS buyer, gen_random_uuid() AS review,
       gen_random_uuid() AS ordered, gen_random_uuid() AS words, 'A26-' || lpad(n::text, 9, '0') AS number,
       %(now)s::timestamptz - random() * interval '20 days' AS created
FROM generate_series(1, %(count)s) AS n;
INSERT INTO buyer_person (id) SELECT person FROM many;
INSERT INTO buyer (id, platform, blind, person, phone_kind, occupation)
SELECT buyer, 'sandbox', sha256(n::text::bytea), person, (ARRAY['mobile','mobile','fixed_line','masked'])[1 + n %% 4],
       (ARRAY[NULL, 'office_worker', 'teacher', 'night_shift'])[1 + n %% 4] FROM many;
INSERT INTO shop_order (id, shop, external_id, buyer, paid_fen, province, address_type)
SELECT ordered, %(shop)s, 'order-' || n, buyer, 8900, (ARRAY['浙江省','新疆','广东省'])[1 + n %% 3],
       (ARRAY['office','residential','school','factory','unknown'])[1 + n %% 5] FROM many;
INSERT INTO sealed_text (id, kind, digest, written_at) SELECT words, 'review', md5(n::text), created FROM many;
INSERT INTO review (id, shop, platform, external_id, order_external_id, order_id, buyer, grade, has_photo, created_at,
                    text_id, fingerprint, source, first_seen_at)
SELECT review, %(shop)s, 'sandbox', 'review-' || n, 'order-' || n, ordered, buyer, 'bad', false, created, words,
       sha256(n::text::bytea), 'api', created FROM many;
INSERT INTO case_file (number, kind, workflow, run, shop, platform, external_id, source_row, buyer_person, stage, grade,
                       cause_confirmed, severity, due_at, due_what, review_created_at, opened_at, paid_fen, version,
                       person_step, state, written_at)
SELECT number, 'review', 'review:' || n, 1, %(shop)s, 'sandbox', 'review-' || n, review, person, 'contacting', 'bad',
       false, 1, created, '', created, created, 0, 1, 0, '{}', created FROM many;
INSERT INTO contact_attempt (id, case_number, number, shop, buyer_person, channel, outbound, taken_by, taken_at,
                             ended_at, result, counted, asked_to_amend)
SELECT gen_random_uuid(), number, k, %(shop)s, person, (ARRAY['call','call','im'])[1 + k %% 3], true, 'bench',
       created + k * interval '1 day', created + k * interval '1 day' + interval '2 minutes',
       CASE WHEN k %% 3 = 2 THEN 'sent' ELSE (ARRAY['no_answer','busy','declined','connected'])[1 + (n + k) %% 4] END,
       true, false
FROM many, generate_series(1, %(contacts)s) AS k
WHERE k <= (n %% %(contacts)s) + 1 AND created + k * interval '1 day' < %(now)s;
INSERT INTO contact_place (case_number, shop, due_at, channel, in_surge)
SELECT number, %(shop)s, date_trunc('day', %(now)s::timestamptz) + (n %% 10) * interval '1 day' + interval '10 hours'
       + random() * interval '2 hours', 'call', false FROM many;
ANALYZE
"""


@dataclass(frozen=True)
class ContactCase:
    case: str
    review: UUID
    created_at: datetime


async def fill(conninfo: str, shop: str, count: int, now: datetime) -> list[ContactCase]:
    """Adds the rows and answers the cases, in no order."""
    given = {"count": count, "shop": shop, "now": now, "contacts": CONTACTS_A_BUYER}
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        client = psycopg.AsyncClientCursor(connection)
        for statement in _ROWS.split(";\n"):
            await client.execute(statement, given)
        found = await connection.execute("SELECT number, review, created FROM many ORDER BY random() LIMIT 20000")
        return [ContactCase(*row) for row in await found.fetchall()]
