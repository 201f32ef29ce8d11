-- Folders and tags, and what APIs are searched by.

-- +goose Up

CREATE TABLE folders (
    id         TEXT    NOT NULL PRIMARY KEY,
    project    TEXT    NOT NULL,
    parent     TEXT    NOT NULL, -- '' for a folder of level 1
    name       TEXT    NOT NULL,
    revised    INTEGER NOT NULL,
    created_at INTEGER,
    created_by TEXT    NOT NULL,
    UNIQUE (project, parent, name)
) STRICT;
CREATE INDEX folders_parent ON folders (parent);

-- A group is read and altered with its tags, which are few: they are JSON in
-- body, with the rest of it.
CREATE TABLE tag_groups (
    id      TEXT    NOT NULL PRIMARY KEY,
    name    TEXT    NOT NULL UNIQUE,
    revised INTEGER NOT NULL,
    body    TEXT    NOT NULL
) STRICT;

-- What is in apis, in the form in which it is looked for. It is written with
-- every API and could be made anew from those at any time.
CREATE TABLE api_catalog (
    api_id     TEXT    NOT NULL PRIMARY KEY REFERENCES apis (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    words      TEXT    NOT NULL, -- name and description without the difference of case
    kind       TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    security   TEXT    NOT NULL,
    project    TEXT    NOT NULL,
    folder_id  TEXT    NOT NULL, -- '' for the root
    folder1    TEXT    NOT NULL, -- the folder of level 1 it is in or below; '' for none
    folder2    TEXT    NOT NULL,
    folder3    TEXT    NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX api_catalog_name ON api_catalog (name);
CREATE INDEX api_catalog_changed ON api_catalog (changed_at, api_id);
CREATE INDEX api_catalog_owner ON api_catalog (owner, name);
CREATE INDEX api_catalog_security ON api_catalog (security, name);
CREATE INDEX api_catalog_folder ON api_catalog (folder_id, name);
CREATE INDEX api_catalog_folder1 ON api_catalog (folder1, name);
CREATE INDEX api_catalog_folder2 ON api_catalog (folder2, name);
CREATE INDEX api_catalog_folder3 ON api_catalog (folder3, name);

CREATE TABLE api_tags (
    tag_id TEXT NOT NULL,
    name   TEXT NOT NULL, -- of the API
    api_id TEXT NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    PRIMARY KEY (tag_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_tags_api ON api_tags (api_id, tag_id);

INSERT INTO api_catalog (api_id, name, words, kind, owner, security, project, folder_id, folder1, folder2, folder3, changed_at)
SELECT id, name, lower(name), kind, owner, 'L1', 'prj_default', '', '', '', '', coalesce(created_at, 0) FROM apis;
