-- Text messages, to who asked for some and gave a telephone. The message is a row of the outbox like
-- any letter, with the telephone as its recipient.
ALTER TABLE demands ADD COLUMN sms INTEGER NOT NULL DEFAULT 0 CHECK (sms IN (0, 1));
ALTER TABLE outbox ADD COLUMN channel TEXT NOT NULL DEFAULT 'courriel' CHECK (channel = 'courriel' OR channel = 'sms');
-- Letters may wait by the thousand, and text messages are found without reading them.
CREATE INDEX outbox_texts ON outbox (not_before) WHERE state = 'pending' AND channel = 'sms';
