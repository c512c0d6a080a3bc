-- How objects of a kind are, as the people of an installation say it: one rule for a kind, which is its name.

CREATE TABLE health_rules (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    current_when TEXT NOT NULL,
    in_progress_when TEXT,
    failed_when TEXT,
    message TEXT,
    saved_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX health_rules_name ON health_rules (name);
