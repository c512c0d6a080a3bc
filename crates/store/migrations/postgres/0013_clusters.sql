-- Clusters, what looks at them found, what applications have taken in them, and how releases into them go.

CREATE TABLE clusters (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    server TEXT COLLATE "C" NOT NULL,
    context TEXT COLLATE "C",
    creates_namespaces BIGINT NOT NULL,
    saved_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX clusters_name ON clusters (name);

CREATE TABLE cluster_standings (
    cluster_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES clusters (id) ON DELETE CASCADE,
    state TEXT COLLATE "C" NOT NULL,
    since BIGINT,
    kubernetes_version TEXT COLLATE "C",
    api_versions TEXT COLLATE "C" NOT NULL,
    report TEXT COLLATE "C"
);

ALTER TABLE environments ADD COLUMN cluster_id TEXT COLLATE "C" REFERENCES clusters (id);
CREATE INDEX environments_cluster ON environments (cluster_id);

CREATE TABLE places (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    cluster_id TEXT COLLATE "C" NOT NULL REFERENCES clusters (id),
    namespace TEXT COLLATE "C" NOT NULL,
    release_name TEXT COLLATE "C" NOT NULL,
    application_id TEXT COLLATE "C" NOT NULL REFERENCES applications (id),
    environment_id TEXT COLLATE "C" NOT NULL REFERENCES environments (id),
    leaving_at BIGINT,
    abandoned_by TEXT COLLATE "C",
    note TEXT COLLATE "C" NOT NULL,
    confirmed TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX places_release ON places (cluster_id, namespace, release_name);
CREATE UNIQUE INDEX places_environment ON places (application_id, environment_id);
CREATE INDEX places_of_environment ON places (environment_id);

ALTER TABLE deployments ADD COLUMN release TEXT COLLATE "C";
