"""Targets, needs, optimal runs, proposals, assignments."""
