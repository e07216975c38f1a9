"""The matching room against a real database."""
