-- Sealing anew what lies in Git for the recipients of today: one row for each environment of an application, and the
-- deployments that do it.

CREATE TABLE reseals (
    id TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    requested_by TEXT NOT NULL,
    email TEXT NOT NULL,
    progress TEXT NOT NULL,
    deployment BIGINT,
    failure TEXT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX reseals_place ON reseals (application_id, environment_id);
CREATE INDEX reseals_environment ON reseals (environment_id);

ALTER TABLE deployments ADD COLUMN reseals BIGINT NOT NULL DEFAULT 0;
