-- What opens sealed files in Git: the age identities of the installation, the newest of which is sealed to. The
-- identities themselves lie sealed among the secrets. And the key that takes the place of the one that seals
-- secrets at rest, while secrets are moved from the one to the other.

CREATE TABLE age_identities (
    id TEXT PRIMARY KEY,
    generation BIGINT NOT NULL,
    recipient TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    exported_at BIGINT
);
CREATE UNIQUE INDEX age_identities_generation ON age_identities (generation);

ALTER TABLE installation ADD COLUMN next_key_id TEXT;
