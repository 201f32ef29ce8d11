-- Gateways that are pinned to a configuration ID.

-- +goose Up

ALTER TABLE instances ADD COLUMN config_id TEXT NOT NULL DEFAULT ''; -- '' for none

ALTER TABLE change_slots ADD COLUMN config_id TEXT NOT NULL DEFAULT ''; -- of what runs after it
UPDATE change_slots SET config_id = COALESCE((SELECT r.config_id FROM revisions r WHERE r.id = change_slots.revision_id), '');
CREATE INDEX change_slots_config ON change_slots (config_id, group_id) WHERE config_id <> '' AND activated = 1;

CREATE TABLE instance_pins (
    instance_id TEXT    NOT NULL REFERENCES instances (id),
    group_id    TEXT    NOT NULL,
    api_id      TEXT    NOT NULL,
    track       TEXT    NOT NULL,
    revision_id TEXT    NOT NULL REFERENCES revisions (id),
    number      INTEGER NOT NULL,
    version     TEXT    NOT NULL, -- '' for none
    hash        TEXT    NOT NULL,
    PRIMARY KEY (instance_id, api_id, track)
) STRICT, WITHOUT ROWID;
CREATE INDEX instance_pins_group ON instance_pins (group_id);
CREATE INDEX instance_pins_api ON instance_pins (api_id);
CREATE INDEX instance_pins_revision ON instance_pins (revision_id);
CREATE INDEX instance_pins_hash ON instance_pins (hash);
