-- Where charts come from, what is listed there, and the archives that were pulled.

CREATE TABLE chart_repositories (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C" NOT NULL,
    ca_pem TEXT COLLATE "C",
    client_certificate_pem TEXT COLLATE "C",
    proxy TEXT COLLATE "C",
    charts TEXT COLLATE "C" NOT NULL,
    saved_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX chart_repositories_name ON chart_repositories (name);

CREATE TABLE chart_refreshes (
    repository_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES chart_repositories (id) ON DELETE CASCADE,
    tried_at BIGINT,
    refreshed_at BIGINT,
    failure_code TEXT COLLATE "C",
    failure TEXT COLLATE "C",
    failures BIGINT NOT NULL,
    etag TEXT COLLATE "C",
    last_modified TEXT COLLATE "C",
    digest TEXT COLLATE "C",
    left_out TEXT COLLATE "C" NOT NULL
);

CREATE TABLE charts (
    repository_id TEXT COLLATE "C" NOT NULL REFERENCES chart_repositories (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    app_version TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    keywords TEXT COLLATE "C" NOT NULL,
    deprecated BIGINT NOT NULL,
    versions BIGINT NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (repository_id, name)
);

CREATE TABLE chart_versions (
    repository_id TEXT COLLATE "C" NOT NULL REFERENCES chart_repositories (id) ON DELETE CASCADE,
    chart TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    app_version TEXT COLLATE "C" NOT NULL,
    created TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C",
    trusted_digest TEXT COLLATE "C",
    urls TEXT COLLATE "C" NOT NULL,
    deprecated BIGINT NOT NULL,
    listed BIGINT NOT NULL,
    PRIMARY KEY (repository_id, chart, version)
);

CREATE TABLE chart_archives (
    digest TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    bytes BYTEA NOT NULL,
    size BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX chart_archives_used ON chart_archives (used_at);
