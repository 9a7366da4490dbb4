-- Group robots of DingTalk, WeCom and Feishu, the post office, and a listener for webhooks. `secret` NULL: unsigned.
CREATE TABLE robot (
    kind TEXT NOT NULL CHECK (kind IN ('dingtalk', 'wecom', 'feishu')),
    token TEXT NOT NULL,
    secret TEXT,
    keyword TEXT,
    PRIMARY KEY (kind, token)
) WITHOUT ROWID;
CREATE TABLE robot_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    token TEXT NOT NULL,
    text TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX robot_message_token ON robot_message (kind, token, at);
CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    message_id TEXT NOT NULL,
    secured TEXT NOT NULL,
    login TEXT,
    at REAL NOT NULL
);
CREATE TABLE hook (
    name TEXT PRIMARY KEY,
    secret TEXT
) WITHOUT ROWID;
CREATE TABLE hook_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hook TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    signatures INTEGER NOT NULL,
    at REAL NOT NULL
);
