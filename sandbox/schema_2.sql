-- WeChat Pay's merchant transfer. `confirms`: whether the buyer confirms at once or by hand; `state` is what was decided
-- so far, and what time alone decides is worked out when somebody looks.
CREATE TABLE wechat_merchant (
    mch_id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    serial TEXT NOT NULL,
    public_key TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE wechat_account (
    openid TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'normal' CHECK (status IN ('normal', 'frozen')),
    confirms TEXT NOT NULL DEFAULT 'at_once' CHECK (confirms IN ('at_once', 'by_hand'))
) WITHOUT ROWID;
CREATE TABLE wechat_transfer (
    out_bill_no TEXT NOT NULL UNIQUE,
    transfer_bill_no TEXT PRIMARY KEY,
    mch_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    openid TEXT NOT NULL,
    amount INTEGER NOT NULL,
    remark TEXT NOT NULL,
    scene TEXT NOT NULL,
    state TEXT NOT NULL,
    fail_reason TEXT,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    settle_wall REAL NOT NULL DEFAULT 0
);
CREATE INDEX wechat_transfer_openid ON wechat_transfer (openid, created DESC);
