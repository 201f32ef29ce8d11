-- Who is told of what happens, and the outbox.

-- +goose Up

CREATE TABLE receivers (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    revised       INTEGER NOT NULL,
    body          TEXT    NOT NULL, -- JSON, without the address
    sealed_url    TEXT    NOT NULL, -- '' for none
    sealed_secret TEXT    NOT NULL  -- '' for none
) STRICT;

CREATE TABLE notifications (
    id        TEXT    NOT NULL PRIMARY KEY,
    event     TEXT    NOT NULL,
    change_id TEXT    NOT NULL, -- '' for none
    body      TEXT    NOT NULL  -- JSON
) STRICT;
CREATE INDEX notifications_change ON notifications (change_id, id) WHERE change_id <> '';
CREATE INDEX notifications_event ON notifications (event, id);

-- receiver_id may name one that was deleted.
CREATE TABLE deliveries (
    id              TEXT    NOT NULL PRIMARY KEY,
    notification_id TEXT    NOT NULL REFERENCES notifications (id),
    receiver_id     TEXT    NOT NULL,
    address         TEXT    NOT NULL,
    language        TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    attempts        INTEGER NOT NULL,
    next_at         INTEGER,
    last_error      TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    settled_at      INTEGER
) STRICT;
CREATE INDEX deliveries_due ON deliveries (receiver_id, next_at, id) WHERE state = 'pending';
CREATE INDEX deliveries_state ON deliveries (state, id);
CREATE INDEX deliveries_receiver ON deliveries (receiver_id, id);
CREATE INDEX deliveries_notification ON deliveries (notification_id, id);
CREATE INDEX deliveries_settled ON deliveries (settled_at, id) WHERE settled_at IS NOT NULL;

-- What is announced once: that a grant ends soon, that a sunset has come.
CREATE TABLE announced (
    what       TEXT    NOT NULL PRIMARY KEY,
    keep_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX announced_until ON announced (keep_until);

CREATE TABLE notification_templates (
    event      TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT    NOT NULL,
    PRIMARY KEY (event, language)
) STRICT, WITHOUT ROWID;
