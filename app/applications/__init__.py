"""The queue of applications, decisions, likely duplicates, joining two records."""
