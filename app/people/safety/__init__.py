"""Safe contact: how somebody may be reached, and changes that wait for a call."""
