"""Queries of the reminders room: all certificates for planning, and pages limited by a scope."""
