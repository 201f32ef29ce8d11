-- Data APIs: what revisions read, and the secrets of data sources.

-- +goose Up

-- The keys of the group resources a revision reads: source/NAME, table/NAME.
CREATE TABLE revision_reads (
    key         TEXT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    PRIMARY KEY (key, revision_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX revision_reads_revision ON revision_reads (revision_id);

-- Sealed values. A value never changes: another one is another row.
CREATE TABLE secrets (
    id       TEXT NOT NULL PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES gateway_groups (id),
    key      TEXT NOT NULL, -- of the group resource it belongs to
    sealed   TEXT NOT NULL
) STRICT;
