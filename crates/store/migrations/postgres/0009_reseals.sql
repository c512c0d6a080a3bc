-- Sealing anew what lies in Git for the recipients of today: one row for each environment of an application, and the
-- deployments that do it.

CREATE TABLE reseals (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    application_id TEXT COLLATE "C" NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    environment_id TEXT COLLATE "C" NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    requested_by TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    progress TEXT COLLATE "C" NOT NULL,
    deployment BIGINT,
    failure TEXT COLLATE "C",
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX reseals_place ON reseals (application_id, environment_id);
CREATE INDEX reseals_environment ON reseals (environment_id);

ALTER TABLE deployments ADD COLUMN reseals BIGINT NOT NULL DEFAULT 0;
