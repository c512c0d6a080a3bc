-- What owns the repositories has another word at every host; accounts gain what other hosts and networks ask for.

ALTER TABLE gitops_configs RENAME COLUMN organization TO scope;
ALTER TABLE gitops_configs ADD COLUMN project_key TEXT;
ALTER TABLE gitops_configs ADD COLUMN client_certificate_pem TEXT;
ALTER TABLE gitops_configs ADD COLUMN proxy TEXT;
