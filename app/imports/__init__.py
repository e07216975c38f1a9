"""Reading a partner's list of people."""
