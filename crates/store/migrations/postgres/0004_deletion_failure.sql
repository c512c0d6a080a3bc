-- Why the repository of an application that is to go could not be removed or archived yet, for people.

ALTER TABLE applications ADD COLUMN deletion_failure TEXT;
