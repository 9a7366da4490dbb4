-- Exchanges share the table of refund applications under status codes of their own; goods that go out have a waybill.
ALTER TABLE refund ADD COLUMN out_company TEXT;
ALTER TABLE refund ADD COLUMN out_sid TEXT;
ALTER TABLE refund ADD COLUMN refuse_reason INTEGER;
ALTER TABLE refund ADD COLUMN proof_bytes INTEGER;
DROP INDEX refund_open;
CREATE UNIQUE INDEX refund_open ON refund (oid) WHERE status NOT IN ('CLOSED', 'SUCCESS', '4', '5', '14');
CREATE INDEX refund_exchange ON refund (seller_nick, modified DESC, refund_id DESC) WHERE dispute_type = 'TMALL_EXCHANGE';
-- What buyer, seller and the platform's own service write to an application. `owner`: 1 buyer, 2 seller, 3 platform.
CREATE TABLE refund_message (
    id INTEGER PRIMARY KEY,
    refund_id INTEGER NOT NULL REFERENCES refund ON DELETE CASCADE,
    owner INTEGER NOT NULL CHECK (owner IN (1, 2, 3)),
    content TEXT NOT NULL,
    picture_bytes INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL
);
CREATE INDEX refund_message_refund ON refund_message (refund_id, id);
