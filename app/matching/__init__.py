"""Needs, matching runs, proposals and assignments."""
