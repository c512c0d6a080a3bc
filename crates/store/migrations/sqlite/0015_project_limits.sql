-- What the applications of a project may touch in clusters; nothing noted means anything.

ALTER TABLE projects ADD COLUMN limits TEXT;
