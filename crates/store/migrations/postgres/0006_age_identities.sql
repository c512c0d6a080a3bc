-- What opens sealed files in Git: the age identities of the installation, the newest of which is sealed to. The
-- identities themselves lie sealed among the secrets.

CREATE TABLE age_identities (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    exported_at BIGINT
);
CREATE UNIQUE INDEX age_identities_generation ON age_identities (generation);
