-- What waits for a receiver goes out in the order in which it happened, however often some of it was tried.
CREATE INDEX _webhook_message_next ON _webhook_message (webhook, seq NULLS FIRST) WHERE state = 'waiting';
