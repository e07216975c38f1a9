"""Forms of the courses room."""
