"""Every change to a person's record, and pending changes."""
