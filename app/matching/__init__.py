"""Needs, runs, proposals, assignments."""
