-- What differs in clusters from Git, as the last look found it, and why it is not put right: a row only while something
-- does.

CREATE TABLE place_drifts (
    place_id TEXT NOT NULL PRIMARY KEY REFERENCES places (id) ON DELETE CASCADE,
    objects BIGINT NOT NULL,
    since BIGINT NOT NULL,
    refused TEXT
);
