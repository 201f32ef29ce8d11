-- The audit log becomes a chain, and tells more.

-- +goose Up

ALTER TABLE audit ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN group_id TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN api_id TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN outcome TEXT NOT NULL DEFAULT 'ok';
ALTER TABLE audit ADD COLUMN state_before TEXT; -- JSON
ALTER TABLE audit ADD COLUMN state_after TEXT;  -- JSON
ALTER TABLE audit ADD COLUMN previous TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';

CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_target ON audit (target, id);
CREATE INDEX audit_group ON audit (group_id, id) WHERE group_id <> '';
CREATE INDEX audit_api ON audit (api_id, id) WHERE api_id <> '';

-- Where the chain ends, "head", and what it begins after, "anchor". An anchor
-- without a hash is the last entry that is older than the chain.
CREATE TABLE audit_chain (
    place TEXT    NOT NULL PRIMARY KEY,
    entry INTEGER NOT NULL,
    hash  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO audit_chain (place, entry, hash) SELECT 'head', COALESCE(MAX(id), 0), '' FROM audit;
INSERT INTO audit_chain (place, entry, hash) SELECT 'anchor', COALESCE(MAX(id), 0), '' FROM audit;
