-- The whole of the first schema. doc.go says how migrations are written.
--
-- Times are microseconds since 1970 in UTC; NULL is "not yet". JSON is TEXT;
-- NULL is "empty". Text compares byte by byte. seq columns give the order of
-- writing, which identifiers do not: two made in one millisecond sort at random.

-- +goose Up

-- "GWRT": tells this file from other programs' databases.
-- +sqlite PRAGMA application_id = 1196905044;

CREATE TABLE apis (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    kind          TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    settings      TEXT    NOT NULL,
    revised       INTEGER NOT NULL,
    last_revision INTEGER NOT NULL,
    created_at    INTEGER
) STRICT;

CREATE TABLE tracks (
    api_id    TEXT NOT NULL REFERENCES apis (id),
    name      TEXT NOT NULL,
    base_path TEXT NOT NULL,
    PRIMARY KEY (api_id, name),
    UNIQUE (api_id, base_path)
) STRICT, WITHOUT ROWID;

-- The definition is in three parts, so that a list need not read what it does
-- not show: the head here, the routes in the last column, the document's text
-- in a table of its own.
CREATE TABLE revisions (
    id         TEXT    NOT NULL PRIMARY KEY,
    api_id     TEXT    NOT NULL REFERENCES apis (id),
    number     INTEGER NOT NULL,
    version    TEXT    NOT NULL, -- '' for none
    config_id  TEXT    NOT NULL, -- '' for none
    track      TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    created_at INTEGER,
    created_by TEXT    NOT NULL,
    sealed_at  INTEGER,
    head       TEXT    NOT NULL,
    routes     TEXT    NOT NULL,
    UNIQUE (api_id, number)
) STRICT;
CREATE INDEX revisions_version ON revisions (api_id, version, number);
CREATE INDEX revisions_hash ON revisions (api_id, hash, number);

CREATE TABLE revision_documents (
    revision_id TEXT NOT NULL PRIMARY KEY REFERENCES revisions (id),
    body        BLOB NOT NULL
) STRICT;

CREATE TABLE version_bindings (
    api_id   TEXT NOT NULL REFERENCES apis (id),
    label    TEXT NOT NULL,
    hash     TEXT NOT NULL,
    bound_at INTEGER,
    PRIMARY KEY (api_id, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE gateway_groups (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    stage      TEXT    NOT NULL,
    labels     TEXT,
    hostnames  TEXT,
    settings   TEXT    NOT NULL,
    revised    INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    digest     TEXT    NOT NULL, -- of manifest_entries
    log_start  INTEGER NOT NULL, -- the oldest generation that manifest_log leads on from
    created_at INTEGER
) STRICT;

-- What a group has beside its slots.
CREATE TABLE group_resources (
    group_id TEXT NOT NULL REFERENCES gateway_groups (id),
    key      TEXT NOT NULL,
    kind     TEXT NOT NULL, -- of the key
    body     TEXT NOT NULL,
    PRIMARY KEY (group_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_resources_kind ON group_resources (group_id, kind, key);

CREATE TABLE slots (
    group_id           TEXT    NOT NULL REFERENCES gateway_groups (id),
    api_id             TEXT    NOT NULL REFERENCES apis (id),
    track              TEXT    NOT NULL,
    revision_id        TEXT REFERENCES revisions (id),
    canary_revision_id TEXT REFERENCES revisions (id), -- of canary: it protects its revision, too
    version            TEXT    NOT NULL, -- '' for none
    runtime            TEXT    NOT NULL,
    canary             TEXT,
    lifecycle          TEXT,
    config_id          TEXT    NOT NULL, -- '' for none
    change_id          TEXT,
    generation         INTEGER NOT NULL,
    since              INTEGER,
    PRIMARY KEY (group_id, api_id, track)
) STRICT, WITHOUT ROWID;
CREATE INDEX slots_api ON slots (api_id);
CREATE INDEX slots_revision ON slots (revision_id);
CREATE INDEX slots_canary_revision ON slots (canary_revision_id);
CREATE INDEX slots_canary ON slots (group_id, api_id, track) WHERE canary IS NOT NULL; -- the few that have one

-- With rows of its own: were the table its primary key, SQLite would take that
-- for the cheapest way to a slot's claims and read those of the whole group.
CREATE TABLE claims (
    group_id TEXT NOT NULL REFERENCES gateway_groups (id),
    host     TEXT NOT NULL,
    key      TEXT NOT NULL,
    api_id   TEXT NOT NULL REFERENCES apis (id),
    track    TEXT NOT NULL,
    head     TEXT NOT NULL,
    route    TEXT NOT NULL,
    path     TEXT NOT NULL,
    PRIMARY KEY (group_id, host, key)
) STRICT;
-- The head comes first, so that PostgreSQL, before it has statistics, does not
-- take this index for as good as the primary key.
CREATE INDEX claims_head ON claims (head, group_id, host, key);
CREATE INDEX claims_slot ON claims (group_id, api_id, track);
CREATE INDEX claims_api ON claims (api_id);

CREATE TABLE manifest_entries (
    group_id TEXT NOT NULL REFERENCES gateway_groups (id),
    key      TEXT NOT NULL,
    hash     TEXT NOT NULL,
    PRIMARY KEY (group_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX manifest_entries_hash ON manifest_entries (hash, group_id);

CREATE TABLE manifest_log (
    group_id   TEXT    NOT NULL REFERENCES gateway_groups (id),
    generation INTEGER NOT NULL,
    key        TEXT    NOT NULL,
    hash       TEXT, -- NULL for a deletion
    PRIMARY KEY (group_id, generation, key)
) STRICT, WITHOUT ROWID;

-- What the digest was in each generation that manifest_log leads on from: by it
-- an instance that is behind is told from one of another history.
CREATE TABLE manifest_digests (
    group_id   TEXT    NOT NULL REFERENCES gateway_groups (id),
    generation INTEGER NOT NULL,
    digest     TEXT    NOT NULL,
    PRIMARY KEY (group_id, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
    hash TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE staged (
    change_id TEXT NOT NULL PRIMARY KEY,
    group_id  TEXT NOT NULL REFERENCES gateway_groups (id)
) STRICT;

CREATE TABLE staged_entries (
    change_id TEXT NOT NULL REFERENCES staged (change_id),
    key       TEXT NOT NULL,
    group_id  TEXT NOT NULL,
    hash      TEXT, -- NULL for a deletion
    PRIMARY KEY (change_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX staged_entries_hash ON staged_entries (hash, group_id);

-- What is looked for has a column; the rest of a change is in detail, as JSON.
CREATE TABLE changes (
    seq          SEQUENCE,
    id           TEXT    NOT NULL UNIQUE,
    group_id     TEXT    NOT NULL REFERENCES gateway_groups (id),
    group_name   TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    settled      INTEGER NOT NULL, -- 1 when the state is an end
    author       TEXT    NOT NULL,
    client       TEXT    NOT NULL,
    created_at   INTEGER,
    prepared_at  INTEGER,
    activated_at INTEGER,
    settled_at   INTEGER,
    generation   INTEGER NOT NULL,
    detail       TEXT    NOT NULL,
    items        TEXT
) STRICT;
CREATE INDEX changes_group ON changes (group_id, seq);
-- The few that are under way, of one group and of all.
CREATE INDEX changes_unsettled_group ON changes (group_id, seq) WHERE settled = 0;
CREATE INDEX changes_unsettled ON changes (settled, seq) WHERE settled = 0;

-- Which slots a change is about, to find the history of one.
CREATE TABLE change_slots (
    api_id      TEXT    NOT NULL,
    track       TEXT    NOT NULL,
    group_id    TEXT    NOT NULL,
    change_seq  INTEGER NOT NULL, -- changes.seq
    kind        TEXT    NOT NULL, -- of the item
    revision_id TEXT,             -- that runs after it
    activated   INTEGER NOT NULL, -- 1 once the change reached the gateways
    PRIMARY KEY (api_id, change_seq, track)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_slots_group ON change_slots (api_id, group_id, change_seq);
CREATE INDEX change_slots_track ON change_slots (api_id, track, group_id, change_seq);
CREATE INDEX change_slots_ran ON change_slots (group_id, api_id, track, change_seq) WHERE activated = 1;
CREATE INDEX change_slots_revision ON change_slots (group_id, api_id, track, revision_id) WHERE activated = 1;

-- Which group resources a change is about.
CREATE TABLE change_resources (
    group_id   TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    change_seq INTEGER NOT NULL, -- changes.seq
    PRIMARY KEY (group_id, key, change_seq)
) STRICT, WITHOUT ROWID;

-- How many configuration IDs a day has given.
CREATE TABLE config_ids (
    day   TEXT    NOT NULL PRIMARY KEY, -- in UTC
    given INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outcomes (
    change_id   TEXT NOT NULL REFERENCES changes (id),
    instance_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    base        INTEGER NOT NULL, -- generation it was prepared on
    at          INTEGER,
    PRIMARY KEY (change_id, instance_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    actor     TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    request   TEXT    NOT NULL,
    change_id TEXT    NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_stored ON idempotency (stored_at);

CREATE TABLE instances (
    id          TEXT    NOT NULL PRIMARY KEY,
    group_id    TEXT    NOT NULL REFERENCES gateway_groups (id),
    name        TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    joined_at   INTEGER,
    last_seen   INTEGER,
    left_at     INTEGER,
    generation  INTEGER NOT NULL,
    digest      TEXT    NOT NULL,
    rejections  TEXT,
    unlisted    INTEGER NOT NULL, -- rejections beyond those
    warnings    TEXT,
    usage_batch INTEGER NOT NULL, -- the newest that is counted
    sequence    INTEGER NOT NULL, -- of the report this is from
    session_key TEXT    NOT NULL,
    prior_key   TEXT    NOT NULL
) STRICT;
CREATE INDEX instances_group ON instances (group_id, name, id);
CREATE INDEX instances_name ON instances (name, id);

CREATE TABLE tokens (
    seq        SEQUENCE,
    id         TEXT    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    group_id   TEXT REFERENCES gateway_groups (id),
    hash       TEXT    NOT NULL UNIQUE,
    created_at INTEGER,
    created_by TEXT    NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE TABLE audit (
    id      SEQUENCE,
    at      INTEGER,
    actor   TEXT    NOT NULL,
    client  TEXT    NOT NULL,
    address TEXT    NOT NULL,
    token   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    target  TEXT    NOT NULL,
    detail  TEXT    NOT NULL
) STRICT;

CREATE TABLE events (
    seq    SEQUENCE,
    origin TEXT NOT NULL,
    kind   TEXT NOT NULL,
    ref    TEXT NOT NULL
) STRICT;

CREATE TABLE usage_counts (
    bucket    INTEGER NOT NULL,
    group_id  TEXT    NOT NULL,
    api_id    TEXT    NOT NULL,
    track     TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    route     TEXT    NOT NULL,
    app_id    TEXT    NOT NULL, -- '' for callers without a key
    version   TEXT    NOT NULL,
    calls     INTEGER NOT NULL,
    errors    INTEGER NOT NULL,
    refused   INTEGER NOT NULL,
    last_call INTEGER,
    PRIMARY KEY (bucket, group_id, api_id, track, revision, route, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_counts_api ON usage_counts (api_id, bucket, group_id, track, revision, route, app_id);
CREATE INDEX usage_counts_app ON usage_counts (app_id, bucket, group_id, api_id, track, revision, route);
