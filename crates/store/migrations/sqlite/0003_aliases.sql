-- What clients of another system know a configuration by: a small number that is never given to another one, and
-- words of theirs that they want back. There is no reference: the number of a deleted configuration stays taken.

CREATE TABLE gitops_config_aliases (
    number BIGINT NOT NULL PRIMARY KEY,
    gitops_config_id TEXT NOT NULL,
    kept TEXT NOT NULL
);
CREATE UNIQUE INDEX gitops_config_aliases_config ON gitops_config_aliases (gitops_config_id);
