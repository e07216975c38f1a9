"""Connecting people on record with the users they sign in as."""
