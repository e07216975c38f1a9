"""Signing in with links, passwords and second factors, and changing how to sign in."""
