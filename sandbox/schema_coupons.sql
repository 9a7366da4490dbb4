-- Shop coupons: a kind is made once, and given to buyers one by one. Face value and condition are fen.
CREATE TABLE coupon_kind (
    coupon_id INTEGER PRIMARY KEY,
    seller_nick TEXT NOT NULL REFERENCES shop,
    denomination INTEGER NOT NULL,
    condition INTEGER NOT NULL DEFAULT 0,
    start_time INTEGER NOT NULL,
    end_time INTEGER NOT NULL,
    created INTEGER NOT NULL
);
CREATE INDEX coupon_kind_shop ON coupon_kind (seller_nick, end_time);
CREATE TABLE coupon (
    coupon_number INTEGER PRIMARY KEY,
    coupon_id INTEGER NOT NULL REFERENCES coupon_kind,
    buyer_nick TEXT NOT NULL REFERENCES buyer,
    state TEXT NOT NULL DEFAULT 'unused' CHECK (state IN ('unused', 'using', 'used')),
    created INTEGER NOT NULL,
    seen_wall REAL NOT NULL DEFAULT 0
);
CREATE INDEX coupon_of_buyer ON coupon (coupon_id, buyer_nick);
