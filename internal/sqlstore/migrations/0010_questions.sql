-- Questions to gateways, and what may be sealed to each of them alone.

-- +goose Up

ALTER TABLE instances ADD COLUMN answers TEXT; -- kinds of question, as JSON; NULL for none
ALTER TABLE instances ADD COLUMN public_key BLOB; -- NULL for none

-- What is asked and answered is sealed: to the gateway, and to who asks.
CREATE TABLE questions (
    id          TEXT    NOT NULL PRIMARY KEY,
    group_id    TEXT    NOT NULL,
    instance_id TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    body        BLOB    NOT NULL,
    reply_to    BLOB    NOT NULL,
    asked_at    INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL, -- also when it was withdrawn
    answered_at INTEGER, -- NULL while it is not
    answer      BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX questions_group ON questions (group_id, expires_at);
CREATE INDEX questions_expiry ON questions (expires_at);
