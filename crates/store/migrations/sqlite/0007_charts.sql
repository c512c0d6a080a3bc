-- Where charts come from, what is listed there, and the archives that were pulled.

CREATE TABLE chart_repositories (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    username TEXT NOT NULL,
    ca_pem TEXT,
    client_certificate_pem TEXT,
    proxy TEXT,
    charts TEXT NOT NULL,
    saved_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX chart_repositories_name ON chart_repositories (name);

CREATE TABLE chart_refreshes (
    repository_id TEXT NOT NULL PRIMARY KEY REFERENCES chart_repositories (id) ON DELETE CASCADE,
    tried_at BIGINT,
    refreshed_at BIGINT,
    failure_code TEXT,
    failure TEXT,
    failures BIGINT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    digest TEXT,
    left_out TEXT NOT NULL
);

CREATE TABLE charts (
    repository_id TEXT NOT NULL REFERENCES chart_repositories (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    app_version TEXT NOT NULL,
    description TEXT NOT NULL,
    keywords TEXT NOT NULL,
    deprecated BIGINT NOT NULL,
    versions BIGINT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (repository_id, name)
);

CREATE TABLE chart_versions (
    repository_id TEXT NOT NULL REFERENCES chart_repositories (id) ON DELETE CASCADE,
    chart TEXT NOT NULL,
    version TEXT NOT NULL,
    app_version TEXT NOT NULL,
    created TEXT NOT NULL,
    digest TEXT,
    trusted_digest TEXT,
    urls TEXT NOT NULL,
    deprecated BIGINT NOT NULL,
    listed BIGINT NOT NULL,
    PRIMARY KEY (repository_id, chart, version)
);

CREATE TABLE chart_archives (
    digest TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL,
    size BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX chart_archives_used ON chart_archives (used_at);
