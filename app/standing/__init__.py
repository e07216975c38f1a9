"""Assignments of people who no longer meet the rules."""
