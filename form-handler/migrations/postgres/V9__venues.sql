-- What helps to find the way to a session, as the content's record of its venue says it: what is
-- not known there is NULL. The name of the venue is `place`.
ALTER TABLE sessions ADD COLUMN street TEXT;
ALTER TABLE sessions ADD COLUMN town TEXT;
ALTER TABLE sessions ADD COLUMN door TEXT;
-- Degrees north and east, as calendars have them: `43.635;1.39`.
ALTER TABLE sessions ADD COLUMN coordinates TEXT;
