"""Letters, channels, the outbox."""
