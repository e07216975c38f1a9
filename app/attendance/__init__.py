"""Marks, sign-off, class sheets and records for attendees who were only named."""
