"""Integration tests of the matching room."""
