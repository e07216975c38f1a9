"""Changes to people's records, and pending changes."""
