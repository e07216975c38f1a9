"""The queue of applications, decisions, likely duplicates, merging two records."""
