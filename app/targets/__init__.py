"""Targets, bands and awards: what the programme promised."""
