"""Certificate reminders: which are due, for whom and when."""
