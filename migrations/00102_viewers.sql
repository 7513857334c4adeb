-- Lists ask first which definitions somebody may view: most people none.

-- +goose Up

CREATE INDEX definitions_viewer_users ON definitions USING gin (viewer_users);
CREATE INDEX definitions_viewer_groups ON definitions USING gin (viewer_groups);

-- +goose Down

DROP INDEX definitions_viewer_users, definitions_viewer_groups;
