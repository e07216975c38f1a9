"""Attendance, sign-off, class sheets, and attendees who were added by name."""
