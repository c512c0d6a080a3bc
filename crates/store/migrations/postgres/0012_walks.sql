-- Indexes under what is looked for while others wait to write, and under references: whoever deletes what is referred
-- to has the database look for those that refer to it.

DROP INDEX chart_archives_used;
CREATE INDEX chart_archives_age ON chart_archives (used_at, digest, size);
CREATE INDEX blobs_age ON blobs (created_at, id);
CREATE INDEX deployments_committed ON deployments (application_id, environment_id, number, commit_id)
    WHERE commit_id IS NOT NULL;
CREATE INDEX deployments_base_values ON deployments (base_values);
CREATE INDEX deployments_override_values ON deployments (override_values);
CREATE INDEX deployments_secret_values ON deployments (secret_values);
CREATE INDEX applications_repository_name ON applications (repository_name);

-- Plain hashes of requests, which may hold passwords, go; keyed ones take their place. A text of the same length is
-- written over the old one where that lies.
UPDATE idempotency_keys SET request_hash = '0000000000000000000000000000000000000000000000000000000000000000';
