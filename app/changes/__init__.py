"""Every change to a person's record, and changes that wait."""
