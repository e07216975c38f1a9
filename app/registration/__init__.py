"""The public form: steps, saved drafts, confirming the address."""
