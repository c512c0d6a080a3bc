-- How objects of a kind are, as the people of an installation say it: one rule for a kind, which is its name.

CREATE TABLE health_rules (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    current_when TEXT COLLATE "C" NOT NULL,
    in_progress_when TEXT COLLATE "C",
    failed_when TEXT COLLATE "C",
    message TEXT COLLATE "C",
    saved_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX health_rules_name ON health_rules (name);
