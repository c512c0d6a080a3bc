-- Charts from chart repositories beside templates, secret values beside plain ones, and ways back: what an
-- application and its deployments are made from has more parts.

ALTER TABLE applications ADD COLUMN chart_repository TEXT;

ALTER TABLE value_versions ADD COLUMN slot TEXT NOT NULL DEFAULT 'base';
UPDATE value_versions SET slot = 'override' WHERE environment_id IS NOT NULL;
DROP INDEX value_versions_number;
CREATE UNIQUE INDEX value_versions_number
    ON value_versions (application_id, slot, COALESCE(environment_id, ''), number);

ALTER TABLE deployments ADD COLUMN chart TEXT NOT NULL DEFAULT '{}';
ALTER TABLE deployments ADD COLUMN secret_values TEXT REFERENCES value_versions (id);
ALTER TABLE deployments ADD COLUMN restores BIGINT;
ALTER TABLE deployments ADD COLUMN anew BIGINT NOT NULL DEFAULT 0;
UPDATE deployments SET chart =
    (SELECT '{"repository":null,"name":"' || a.template || '","version":"' || a.template_version || '","digest":null}'
     FROM applications a WHERE a.id = deployments.application_id);

ALTER TABLE environments ADD COLUMN crds TEXT NOT NULL DEFAULT 'apply';
ALTER TABLE environments ADD COLUMN recipients TEXT NOT NULL DEFAULT '[]';
