"""Safe contact: people's contact wishes, and the rule for how to contact each person."""
