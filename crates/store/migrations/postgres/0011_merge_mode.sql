-- How an override lies over the base values: 'merge', or 'replace' instead of them.

ALTER TABLE value_versions ADD COLUMN merge_mode TEXT COLLATE "C" NOT NULL DEFAULT 'merge';
