-- Stops on an environment of an application: nothing is deployed there until someone releases it.

CREATE TABLE holds (
    application_id TEXT COLLATE "C" NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    environment_id TEXT COLLATE "C" NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    held_by TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    deployment BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (application_id, environment_id)
);
CREATE INDEX holds_environment ON holds (environment_id);
