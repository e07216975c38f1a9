"""The safeguarding room."""
