-- What a cluster is known by, whatever its address: so that another one under the same name is told from it. And how
-- often what an application runs was put right: so that a quarrel with another program has an end.

ALTER TABLE clusters ADD COLUMN identity TEXT;
ALTER TABLE places ADD COLUMN corrected_at BIGINT;
ALTER TABLE places ADD COLUMN corrections BIGINT NOT NULL DEFAULT 0;
