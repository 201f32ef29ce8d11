-- Which shared flows revisions call. No revision of before could call any.

-- +goose Up

-- The names of a revision's flows, as sorted JSON like its types: for counting.
ALTER TABLE revision_policies ADD COLUMN flows TEXT NOT NULL DEFAULT '[]';

-- The same names, one a row: to find who calls a flow.
CREATE TABLE revision_flows (
    flow        TEXT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    PRIMARY KEY (flow, revision_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX revision_flows_revision ON revision_flows (revision_id);
