"""The public registration form: its steps, saved drafts and email confirmation."""
