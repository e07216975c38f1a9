"""Reads of the reminders room: everybody's certificates for planning, and pages within a Scope."""
