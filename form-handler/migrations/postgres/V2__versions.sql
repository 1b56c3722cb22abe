-- How many times somebody locked a session to write about it, or changed it: who finds what it left knows that nobody did meanwhile, and need
-- not read the demands again. No number of places or of people is ever taken from it.
ALTER TABLE sessions ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
-- Each batch of sign-ups raises it: room for the row's next state beside it.
ALTER TABLE sessions SET (fillfactor = 50);
