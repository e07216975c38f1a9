"""Safe contact: people's wishes, and the one rule for how each person is contacted."""
