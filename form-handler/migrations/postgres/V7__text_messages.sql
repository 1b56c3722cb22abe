-- Text messages, to who asked for some and gave a telephone. The message is a row of the outbox like
-- any letter, with the telephone as its recipient.
ALTER TABLE demands ADD COLUMN sms BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE outbox ADD COLUMN channel TEXT NOT NULL DEFAULT 'courriel' CHECK (channel IN ('courriel', 'sms'));
-- Letters may wait by the thousand, and text messages are found without reading them.
CREATE INDEX outbox_texts ON outbox (not_before) WHERE state = 'pending' AND channel = 'sms';
