"""Forms for the courses room."""
