-- What the database knows of those who write into it.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The fingerprint of the key that signs people's links, from the first start. Links were given out
-- before fingerprints were kept: '' stands for the key that signed them, whichever it is.
INSERT INTO settings (name, value) SELECT 'key_fingerprint', '' WHERE EXISTS (SELECT 1 FROM demands);
