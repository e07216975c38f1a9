"""Plans, sends and records reminders to renew certificates."""
