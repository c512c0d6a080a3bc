-- Times are microseconds since 1970, truth values 0 or 1, lists and records JSON text, ids UUID text. The
-- collation makes names sort by their bytes, as in SQLite.

CREATE TABLE installation (
    singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
    id TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    password_is_initial BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_name ON users (name);

CREATE TABLE sessions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret_hash TEXT COLLATE "C" NOT NULL,
    previous_hash TEXT COLLATE "C",
    csrf TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX sessions_secret ON sessions (secret_hash);
CREATE INDEX sessions_previous ON sessions (previous_hash);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE projects (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX projects_name ON projects (name);

CREATE TABLE tokens (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    secret_hash TEXT COLLATE "C" NOT NULL,
    hint TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    project_id TEXT COLLATE "C" REFERENCES projects (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX tokens_name ON tokens (user_id, name);
CREATE UNIQUE INDEX tokens_secret ON tokens (secret_hash);
CREATE INDEX tokens_project ON tokens (project_id);

CREATE TABLE bindings (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT COLLATE "C" NOT NULL,
    project_id TEXT COLLATE "C" REFERENCES projects (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX bindings_once ON bindings (user_id, role, COALESCE(project_id, ''));
CREATE INDEX bindings_project ON bindings (project_id);

CREATE TABLE environments (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    namespace TEXT COLLATE "C" NOT NULL,
    kubernetes_version TEXT COLLATE "C" NOT NULL,
    api_versions TEXT COLLATE "C" NOT NULL,
    branch TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX environments_name ON environments (name);

CREATE TABLE gitops_configs (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    host TEXT COLLATE "C" NOT NULL,
    organization TEXT COLLATE "C" NOT NULL,
    credential TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C" NOT NULL,
    ca_pem TEXT COLLATE "C",
    source TEXT COLLATE "C" NOT NULL,
    prefix TEXT COLLATE "C" NOT NULL,
    default_branch TEXT COLLATE "C",
    visibility TEXT COLLATE "C" NOT NULL,
    deletion TEXT COLLATE "C" NOT NULL,
    committer_name TEXT COLLATE "C" NOT NULL,
    committer_email TEXT COLLATE "C" NOT NULL,
    active BIGINT NOT NULL,
    check_id TEXT COLLATE "C",
    saved_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX gitops_configs_name ON gitops_configs (name);
CREATE UNIQUE INDEX gitops_configs_active ON gitops_configs (active) WHERE active = 1;

CREATE TABLE checks (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    config TEXT COLLATE "C" NOT NULL,
    requested_by TEXT COLLATE "C" NOT NULL,
    report TEXT COLLATE "C" NOT NULL,
    test_repository TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX checks_config ON checks (config, id);
CREATE INDEX checks_unfinished ON checks (id) WHERE finished_at IS NULL;
CREATE INDEX checks_leftover ON checks (id) WHERE test_repository IS NOT NULL;

CREATE TABLE applications (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL REFERENCES projects (id),
    template TEXT COLLATE "C" NOT NULL,
    template_version TEXT COLLATE "C" NOT NULL,
    gitops_config_id TEXT COLLATE "C" REFERENCES gitops_configs (id),
    repository_id TEXT COLLATE "C",
    repository_name TEXT COLLATE "C",
    clone_url TEXT COLLATE "C",
    web_url TEXT COLLATE "C",
    default_branch TEXT COLLATE "C",
    wanted_repository TEXT COLLATE "C",
    path TEXT COLLATE "C" NOT NULL,
    deployments BIGINT NOT NULL DEFAULT 0,
    deleting_at BIGINT,
    deletion TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX applications_name ON applications (name);
CREATE UNIQUE INDEX applications_repository ON applications (gitops_config_id, repository_id, path);
CREATE INDEX applications_project ON applications (project_id, name);

CREATE TABLE value_versions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    application_id TEXT COLLATE "C" NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    environment_id TEXT COLLATE "C" REFERENCES environments (id),
    number BIGINT NOT NULL,
    yaml TEXT COLLATE "C" NOT NULL,
    blob TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    author_email TEXT COLLATE "C" NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX value_versions_number
    ON value_versions (application_id, COALESCE(environment_id, ''), number);
CREATE INDEX value_versions_environment ON value_versions (environment_id);

CREATE TABLE deployments (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    application_id TEXT COLLATE "C" NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    environment_id TEXT COLLATE "C" NOT NULL REFERENCES environments (id),
    image TEXT COLLATE "C" NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    author_email TEXT COLLATE "C" NOT NULL,
    base_values TEXT COLLATE "C" NOT NULL REFERENCES value_versions (id),
    override_values TEXT COLLATE "C" REFERENCES value_versions (id),
    expected_digest TEXT COLLATE "C",
    stage TEXT COLLATE "C" NOT NULL,
    ending TEXT COLLATE "C",
    failure TEXT COLLATE "C",
    rendered TEXT COLLATE "C",
    attempt TEXT COLLATE "C",
    commit_id TEXT COLLATE "C",
    timeline TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX deployments_number ON deployments (application_id, number);
CREATE INDEX deployments_environment ON deployments (application_id, environment_id, number);
CREATE INDEX deployments_of_environment ON deployments (environment_id);
CREATE INDEX deployments_unfinished ON deployments (application_id, environment_id, number)
    WHERE ending IS NULL;

CREATE TABLE blobs (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    bytes BYTEA NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE deployment_blobs (
    deployment_id TEXT COLLATE "C" NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    blob_id TEXT COLLATE "C" NOT NULL REFERENCES blobs (id),
    PRIMARY KEY (deployment_id, blob_id)
);
CREATE INDEX deployment_blobs_blob ON deployment_blobs (blob_id);

CREATE TABLE secrets (
    kind TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (kind, owner)
);

CREATE TABLE audit (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    project_id TEXT COLLATE "C",
    changes TEXT COLLATE "C" NOT NULL,
    request TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, id);
CREATE INDEX audit_project ON audit (project_id, id);

CREATE TABLE leases (
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    until BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE idempotency_keys (
    actor TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    request_hash TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
