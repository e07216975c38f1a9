"""Letters, the channels that carry them, and the outbox."""
