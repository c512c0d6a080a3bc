-- Times are microseconds since 1970, truth values 0 or 1, lists and records JSON text, ids UUID text.

CREATE TABLE installation (
    singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
    id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    password_is_initial BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_name ON users (name);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret_hash TEXT NOT NULL,
    previous_hash TEXT,
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX sessions_secret ON sessions (secret_hash);
CREATE INDEX sessions_previous ON sessions (previous_hash);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX projects_name ON projects (name);

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    hint TEXT NOT NULL,
    role TEXT NOT NULL,
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX tokens_name ON tokens (user_id, name);
CREATE UNIQUE INDEX tokens_secret ON tokens (secret_hash);
CREATE INDEX tokens_project ON tokens (project_id);

CREATE TABLE bindings (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX bindings_once ON bindings (user_id, role, COALESCE(project_id, ''));
CREATE INDEX bindings_project ON bindings (project_id);

CREATE TABLE environments (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    namespace TEXT NOT NULL,
    kubernetes_version TEXT NOT NULL,
    api_versions TEXT NOT NULL,
    branch TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX environments_name ON environments (name);

CREATE TABLE gitops_configs (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    host TEXT NOT NULL,
    organization TEXT NOT NULL,
    credential TEXT NOT NULL,
    username TEXT NOT NULL,
    ca_pem TEXT,
    source TEXT NOT NULL,
    prefix TEXT NOT NULL,
    default_branch TEXT,
    visibility TEXT NOT NULL,
    deletion TEXT NOT NULL,
    committer_name TEXT NOT NULL,
    committer_email TEXT NOT NULL,
    active BIGINT NOT NULL,
    check_id TEXT,
    saved_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX gitops_configs_name ON gitops_configs (name);
CREATE UNIQUE INDEX gitops_configs_active ON gitops_configs (active) WHERE active = 1;

CREATE TABLE checks (
    id TEXT NOT NULL PRIMARY KEY,
    config TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    report TEXT NOT NULL,
    test_repository TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX checks_config ON checks (config, id);
CREATE INDEX checks_unfinished ON checks (id) WHERE finished_at IS NULL;
CREATE INDEX checks_leftover ON checks (id) WHERE test_repository IS NOT NULL;

CREATE TABLE applications (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id),
    template TEXT NOT NULL,
    template_version TEXT NOT NULL,
    gitops_config_id TEXT REFERENCES gitops_configs (id),
    repository_id TEXT,
    repository_name TEXT,
    clone_url TEXT,
    web_url TEXT,
    default_branch TEXT,
    wanted_repository TEXT,
    path TEXT NOT NULL,
    deployments BIGINT NOT NULL DEFAULT 0,
    deleting_at BIGINT,
    deletion TEXT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX applications_name ON applications (name);
CREATE UNIQUE INDEX applications_repository ON applications (gitops_config_id, repository_id, path);
CREATE INDEX applications_project ON applications (project_id, name);

CREATE TABLE value_versions (
    id TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    environment_id TEXT REFERENCES environments (id),
    number BIGINT NOT NULL,
    yaml TEXT NOT NULL,
    blob TEXT NOT NULL,
    author TEXT NOT NULL,
    author_email TEXT NOT NULL,
    message TEXT NOT NULL,
    origin TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX value_versions_number
    ON value_versions (application_id, COALESCE(environment_id, ''), number);
CREATE INDEX value_versions_environment ON value_versions (environment_id);

CREATE TABLE deployments (
    id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    environment_id TEXT NOT NULL REFERENCES environments (id),
    image TEXT NOT NULL,
    message TEXT NOT NULL,
    author TEXT NOT NULL,
    author_email TEXT NOT NULL,
    base_values TEXT NOT NULL REFERENCES value_versions (id),
    override_values TEXT REFERENCES value_versions (id),
    expected_digest TEXT,
    stage TEXT NOT NULL,
    ending TEXT,
    failure TEXT,
    rendered TEXT,
    attempt TEXT,
    commit_id TEXT,
    timeline TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX deployments_number ON deployments (application_id, number);
CREATE INDEX deployments_environment ON deployments (application_id, environment_id, number);
CREATE INDEX deployments_of_environment ON deployments (environment_id);
CREATE INDEX deployments_unfinished ON deployments (application_id, environment_id, number)
    WHERE ending IS NULL;

CREATE TABLE blobs (
    id TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE deployment_blobs (
    deployment_id TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    blob_id TEXT NOT NULL REFERENCES blobs (id),
    PRIMARY KEY (deployment_id, blob_id)
);
CREATE INDEX deployment_blobs_blob ON deployment_blobs (blob_id);

CREATE TABLE secrets (
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (kind, owner)
);

CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    identity TEXT NOT NULL,
    origin TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    project_id TEXT,
    changes TEXT NOT NULL,
    request TEXT NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, id);
CREATE INDEX audit_project ON audit (project_id, id);

CREATE TABLE leases (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    owner TEXT NOT NULL,
    until BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE idempotency_keys (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
