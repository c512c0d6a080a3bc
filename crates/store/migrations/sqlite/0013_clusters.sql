-- Clusters, what looks at them found, what applications have taken in them, and how releases into them go.

CREATE TABLE clusters (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    server TEXT NOT NULL,
    context TEXT,
    creates_namespaces BIGINT NOT NULL,
    saved_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX clusters_name ON clusters (name);

CREATE TABLE cluster_standings (
    cluster_id TEXT NOT NULL PRIMARY KEY REFERENCES clusters (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    since BIGINT,
    kubernetes_version TEXT,
    api_versions TEXT NOT NULL,
    report TEXT
);

ALTER TABLE environments ADD COLUMN cluster_id TEXT REFERENCES clusters (id);
CREATE INDEX environments_cluster ON environments (cluster_id);

CREATE TABLE places (
    id TEXT NOT NULL PRIMARY KEY,
    cluster_id TEXT NOT NULL REFERENCES clusters (id),
    namespace TEXT NOT NULL,
    release_name TEXT NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    environment_id TEXT NOT NULL REFERENCES environments (id),
    leaving_at BIGINT,
    abandoned_by TEXT,
    note TEXT NOT NULL,
    confirmed TEXT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX places_release ON places (cluster_id, namespace, release_name);
CREATE UNIQUE INDEX places_environment ON places (application_id, environment_id);
CREATE INDEX places_of_environment ON places (environment_id);

ALTER TABLE deployments ADD COLUMN release TEXT;
