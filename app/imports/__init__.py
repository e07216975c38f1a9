"""Import partners' lists of people."""
