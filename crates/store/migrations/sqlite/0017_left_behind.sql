-- What applications left to itself in clusters that were away, by the name that its inventory has, with their projects.

CREATE TABLE left_behind (
    release_id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL,
    left_at BIGINT NOT NULL
);
