-- Why something is still there that is to go, as a stable word beside the sentence for people.

ALTER TABLE applications ADD COLUMN deletion_failure_code TEXT;
ALTER TABLE places ADD COLUMN note_code TEXT NOT NULL DEFAULT '';
