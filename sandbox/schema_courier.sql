-- Couriers: waybills with what was scanned, who asks about them and who is pushed, and claims for damage and loss.
-- `purpose` is whose way the parcel is on: of an order, back to its seller, or none of this marketplace's.
-- `auto`: the parcel goes its way by the business clock; it stands still for ever once an operator has touched it.
CREATE TABLE courier_customer (customer TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE courier_partner (partner_id TEXT PRIMARY KEY, checkword TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE waybill (
    num TEXT PRIMARY KEY,
    com TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('order', 'back', 'other')),
    tid INTEGER,
    refund_id INTEGER,
    created INTEGER NOT NULL,
    auto INTEGER NOT NULL DEFAULT 1,
    went INTEGER NOT NULL DEFAULT 0,
    fate TEXT CHECK (fate IN ('damaged', 'lost'))
) WITHOUT ROWID;
CREATE INDEX waybill_order ON waybill (tid);
CREATE INDEX waybill_refund ON waybill (refund_id);
CREATE TABLE scan (
    id INTEGER PRIMARY KEY,
    num TEXT NOT NULL REFERENCES waybill,
    at INTEGER NOT NULL,
    code TEXT NOT NULL,
    context TEXT NOT NULL
);
CREATE INDEX scan_waybill ON scan (num, at DESC, id DESC);
CREATE TABLE courier_subscription (
    num TEXT NOT NULL,
    com TEXT NOT NULL,
    key TEXT NOT NULL,
    url TEXT NOT NULL,
    salt TEXT NOT NULL,
    told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (num, key)
) WITHOUT ROWID;
CREATE TABLE courier_push (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    param TEXT NOT NULL,
    sign TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE courier_claim (
    claim_id TEXT PRIMARY KEY,
    partner_id TEXT NOT NULL,
    out_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    num TEXT NOT NULL REFERENCES waybill,
    kind TEXT NOT NULL CHECK (kind IN ('DAMAGE', 'LOSS')),
    fee INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    created INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'PROCESSING',
    agreed INTEGER NOT NULL DEFAULT 0,
    remark TEXT NOT NULL DEFAULT '',
    pay_no TEXT,
    paid_at INTEGER,
    UNIQUE (partner_id, out_id)
) WITHOUT ROWID;
