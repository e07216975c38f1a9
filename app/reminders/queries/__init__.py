"""Queries for reminders: all certificates for planning, and pages limited to a scope."""
