-- An id that opens nothing any more: its link was written to an address that was mistyped. It is
-- kept so that what is erased is found, and noted, by each id that it had.
ALTER TABLE links ADD COLUMN closed BOOLEAN NOT NULL DEFAULT FALSE;
