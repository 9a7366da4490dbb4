-- Moments are whole seconds since 1970 by the business clock; columns named *_wall are wall-clock seconds.
-- Money is integer fen.
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE app (app_key TEXT PRIMARY KEY, app_secret TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE shop (
    seller_nick TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL UNIQUE,
    flavour TEXT NOT NULL CHECK (flavour IN ('taobao', 'tmall')),
    app_key TEXT NOT NULL REFERENCES app,
    session TEXT NOT NULL UNIQUE,
    permitted INTEGER NOT NULL DEFAULT 0,
    topics TEXT
);

CREATE TABLE buyer (
    nick TEXT PRIMARY KEY,
    open_uid TEXT NOT NULL UNIQUE,
    phone TEXT NOT NULL,
    alipay_account TEXT,
    online INTEGER NOT NULL DEFAULT 0,
    phone_behaviour TEXT NOT NULL DEFAULT 'answers'
);
CREATE INDEX buyer_phone ON buyer (phone);

CREATE TABLE trade (
    tid INTEGER PRIMARY KEY,
    seller_nick TEXT NOT NULL REFERENCES shop,
    buyer_nick TEXT NOT NULL REFERENCES buyer,
    status TEXT NOT NULL,
    payment INTEGER NOT NULL,
    post_fee INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    consign_time INTEGER,
    end_time INTEGER,
    oaid TEXT NOT NULL,
    receiver_name TEXT NOT NULL,
    receiver_mobile TEXT NOT NULL,
    receiver_state TEXT NOT NULL,
    receiver_city TEXT NOT NULL,
    receiver_district TEXT NOT NULL,
    receiver_town TEXT NOT NULL,
    receiver_address TEXT NOT NULL
);
CREATE INDEX trade_shop ON trade (seller_nick, created DESC, tid DESC);
CREATE INDEX trade_buyer ON trade (buyer_nick, created DESC, tid DESC);
CREATE INDEX trade_created ON trade (created DESC, tid DESC);
CREATE INDEX trade_mobile ON trade (receiver_mobile);

CREATE TABLE sub_order (
    oid INTEGER PRIMARY KEY,
    tid INTEGER NOT NULL REFERENCES trade,
    num_iid INTEGER NOT NULL,
    title TEXT NOT NULL,
    price INTEGER NOT NULL,
    num INTEGER NOT NULL,
    payment INTEGER NOT NULL
);
CREATE INDEX sub_order_trade ON sub_order (tid);

CREATE TABLE review (
    seq INTEGER PRIMARY KEY,
    oid INTEGER NOT NULL UNIQUE REFERENCES sub_order,
    tid INTEGER NOT NULL,
    seller_nick TEXT NOT NULL,
    buyer_nick TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('good', 'neutral', 'bad')),
    content TEXT NOT NULL,
    created INTEGER NOT NULL,
    reply TEXT,
    reply_time INTEGER,
    append_content TEXT,
    append_time INTEGER,
    append_negative INTEGER NOT NULL DEFAULT 0,
    amended_at INTEGER,
    deleted_at INTEGER
);
CREATE INDEX review_newest ON review (seller_nick, created DESC, seq DESC);
CREATE INDEX review_grade ON review (seller_nick, result, created DESC, seq DESC);
CREATE INDEX review_trade ON review (tid);
CREATE INDEX review_buyer ON review (buyer_nick, created DESC, seq DESC);
CREATE INDEX review_created ON review (created DESC, seq DESC);

CREATE TABLE refund (
    refund_id INTEGER PRIMARY KEY,
    tid INTEGER NOT NULL,
    oid INTEGER NOT NULL REFERENCES sub_order,
    seller_nick TEXT NOT NULL,
    buyer_nick TEXT NOT NULL,
    status TEXT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('onsale', 'aftersale')),
    version INTEGER NOT NULL,
    dispute_type TEXT NOT NULL,
    has_good_return INTEGER NOT NULL,
    good_status TEXT NOT NULL,
    refund_fee INTEGER NOT NULL,
    reason TEXT NOT NULL,
    explanation TEXT NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    deadline INTEGER,
    good_return_time INTEGER,
    company_name TEXT,
    sid TEXT,
    address TEXT,
    refuse_message TEXT,
    cannot_refuse INTEGER NOT NULL DEFAULT 0,
    cs_status INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX refund_shop ON refund (seller_nick, modified DESC, refund_id DESC);
CREATE INDEX refund_sub_order ON refund (oid);
CREATE INDEX refund_deadline ON refund (deadline) WHERE deadline IS NOT NULL;
-- A sub-order has at most one living application; a closed one may be followed by another.
CREATE UNIQUE INDEX refund_open ON refund (oid) WHERE status NOT IN ('CLOSED', 'SUCCESS');

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    seller_nick TEXT NOT NULL,
    app_key TEXT NOT NULL,
    topic TEXT NOT NULL,
    pub_time INTEGER NOT NULL,
    content TEXT NOT NULL,
    due_wall REAL NOT NULL DEFAULT 0,
    confirmed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX message_waiting ON message (app_key, id) WHERE confirmed = 0;

CREATE TABLE sms_key (access_key_id TEXT PRIMARY KEY, access_key_secret TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sms_sign (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE sms_template (
    code TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('code', 'notice', 'marketing')),
    text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sms (
    id INTEGER PRIMARY KEY,
    biz_id TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('aliyun', 'oaid')),
    phone TEXT NOT NULL,
    sign_name TEXT NOT NULL,
    template_code TEXT NOT NULL,
    text TEXT NOT NULL,
    out_id TEXT,
    tid INTEGER,
    created INTEGER NOT NULL,
    settle_wall REAL NOT NULL DEFAULT 0,
    err_code TEXT NOT NULL
);
CREATE INDEX sms_phone ON sms (phone, created DESC, id DESC);
CREATE INDEX sms_created ON sms (created DESC, id DESC);
CREATE INDEX sms_biz ON sms (biz_id);

CREATE TABLE alipay_app (app_id TEXT PRIMARY KEY, public_key TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE wallet_account (
    logon_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'normal' CHECK (status IN ('normal', 'unverified', 'frozen'))
) WITHOUT ROWID;
CREATE TABLE transfer (
    out_biz_no TEXT NOT NULL UNIQUE,
    order_id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    payee TEXT NOT NULL REFERENCES wallet_account,
    amount INTEGER NOT NULL,
    title TEXT NOT NULL,
    remark TEXT NOT NULL,
    scene TEXT NOT NULL,
    created INTEGER NOT NULL,
    settle_wall REAL NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL CHECK (outcome IN ('SUCCESS', 'FAIL'))
);
CREATE INDEX transfer_payee ON transfer (payee, created DESC);

CREATE TABLE fault (
    id INTEGER PRIMARY KEY,
    method TEXT NOT NULL,
    kind TEXT NOT NULL,
    remaining INTEGER,
    seconds REAL NOT NULL,
    probability REAL NOT NULL,
    after INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    hits INTEGER NOT NULL DEFAULT 0
);
