"""The queue of applications, decisions, possible duplicates and merging records."""
