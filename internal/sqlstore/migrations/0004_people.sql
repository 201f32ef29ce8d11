-- People: users, projects, roles, sessions, and what tokens of people are.

-- +goose Up

CREATE TABLE users (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    name_key      TEXT    NOT NULL UNIQUE, -- as logins are compared
    display_name  TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    email_key     TEXT    NOT NULL,        -- as addresses are compared; '' for none
    password      TEXT    NOT NULL,        -- PHC string; '' for none
    oidc_issuer   TEXT    NOT NULL,
    oidc_subject  TEXT    NOT NULL,
    disabled      INTEGER NOT NULL,
    language      TEXT    NOT NULL,
    created_at    INTEGER,
    last_login    INTEGER
) STRICT;
CREATE INDEX users_email ON users (email_key, name_key) WHERE email_key <> '';
CREATE UNIQUE INDEX users_identity ON users (oidc_issuer, oidc_subject) WHERE oidc_subject <> '';

-- Logins that were ever given, so that none is given to another person.
CREATE TABLE user_names (
    name_key TEXT NOT NULL PRIMARY KEY,
    user_id  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE projects (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    created_at  INTEGER,
    created_by  TEXT NOT NULL
) STRICT;
INSERT INTO projects (id, name, description, created_by) VALUES ('prj_default', 'default', '', '');

CREATE INDEX api_catalog_project ON api_catalog (project, name);

-- '' is for none: no user or no token, all projects, all groups.
CREATE TABLE role_bindings (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL,
    token_id   TEXT NOT NULL,
    role       TEXT NOT NULL,
    project    TEXT NOT NULL,
    group_id   TEXT NOT NULL,
    source     TEXT NOT NULL,
    created_at INTEGER,
    created_by TEXT NOT NULL,
    UNIQUE (user_id, token_id, role, project, group_id)
) STRICT;
CREATE INDEX role_bindings_role ON role_bindings (role, id);
CREATE INDEX role_bindings_token ON role_bindings (token_id, id) WHERE token_id <> '';
CREATE INDEX role_bindings_project ON role_bindings (project, id) WHERE project <> '';
CREATE INDEX role_bindings_group ON role_bindings (group_id, id) WHERE group_id <> '';

CREATE TABLE sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    hash       TEXT    NOT NULL UNIQUE,
    created_at INTEGER,
    last_seen  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address    TEXT    NOT NULL,
    user_agent TEXT    NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_expires ON sessions (expires_at);
CREATE INDEX sessions_seen ON sessions (last_seen);

CREATE TABLE login_codes (
    hash       TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    challenge  TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_codes_user ON login_codes (user_id);
CREATE INDEX login_codes_expires ON login_codes (expires_at);

ALTER TABLE tokens ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN scope TEXT; -- JSON
ALTER TABLE tokens ADD COLUMN expires_at INTEGER;
ALTER TABLE tokens ADD COLUMN last_used_at INTEGER;
CREATE INDEX tokens_owner ON tokens (owner, seq) WHERE owner <> '';
