"""The queue of applications, decisions, possible duplicates and merges of records."""
