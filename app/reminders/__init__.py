"""Which certificate reminder is due, for whom, when."""
