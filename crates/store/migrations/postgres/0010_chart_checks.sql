-- Chart repositories are saved by a check that is stored; versions of charts in registries know their manifests.

CREATE TABLE chart_repository_checks (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    repository TEXT COLLATE "C" NOT NULL,
    requested_by TEXT COLLATE "C" NOT NULL,
    stages TEXT COLLATE "C" NOT NULL,
    suggestion TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX chart_repository_checks_repository ON chart_repository_checks (repository, id);
CREATE INDEX chart_repository_checks_unfinished ON chart_repository_checks (id) WHERE finished_at IS NULL;

ALTER TABLE chart_versions ADD COLUMN manifest TEXT COLLATE "C";
