-- The organisation's settings, and what deployment units are counted by.

-- +goose Up

CREATE TABLE organisation (
    id       INTEGER NOT NULL PRIMARY KEY, -- 1: there is one
    settings TEXT    NOT NULL,
    revised  INTEGER NOT NULL
) STRICT;

-- The types of a revision's policies, as sorted JSON, so that equal ones are
-- equal text. Revisions without policies, which are most, have no row.
CREATE TABLE revision_policies (
    revision_id TEXT NOT NULL PRIMARY KEY REFERENCES revisions (id) ON DELETE CASCADE,
    types       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- All that counting needs, so that it reads no row with its configuration.
CREATE INDEX slots_running ON slots (group_id, api_id, revision_id, canary_revision_id);
CREATE INDEX apis_kind ON apis (kind, id);
