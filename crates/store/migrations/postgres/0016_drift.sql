-- What becomes of what differs in an environment's cluster from Git: 'show' or 'correct'.

ALTER TABLE environments ADD COLUMN drift TEXT NOT NULL DEFAULT 'show';
