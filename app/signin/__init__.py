"""Signing in: links, passwords, second factors, sessions, and how users change them."""
