"""Connects people with the users they sign in as."""
